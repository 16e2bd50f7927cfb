"""`bovespa demo` as a user runs it: a process of its own, and what is left of it however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cotahist_files import quote, text
from tests.portfolios import ibov

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PROJECT = Path(__file__).resolve().parents[2]
_linux_only = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")


@contextmanager
def demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A demo without Java and Docker on PATH; killed if a test leaves it running."""
    bin_folder = str(Path(sys.executable).parent)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "JAVA", "PYSPARK"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "bovespa.main", "demo", *arguments],
        cwd=PROJECT,
        env={**env, "PATH": os.pathsep.join([bin_folder, "/usr/bin", "/bin"])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def descendants(process_id: int) -> set[int]:
    """Every process that came from this one and is alive."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
    found: set[int] = set()
    while new := {pid for pid, parent in parents.items() if parent in found | {process_id}} - found:
        found |= new
    return found


def alive(processes: set[int]) -> set[int]:
    def runs(process_id: int) -> bool:
        try:
            return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return {process_id for process_id in processes if runs(process_id)}


def await_line(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"the demo ended before it said {text!r}")


def all_gone(processes: set[int], *, within: float) -> bool:
    deadline = time.monotonic() + within
    while alive(processes) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not alive(processes)


def test_a_folder_of_captures_is_replayed_in_date_order(tmp_path: Path) -> None:
    payloads = tmp_path / "payloads"
    payloads.mkdir()
    late, early = ibov(day=date(2025, 7, 15)), ibov(day=date(2025, 7, 14), language="en-us")
    (payloads / "a_IBOV_late.json").write_bytes(late.json())
    (payloads / "b_IBOV_early.json").write_bytes(early.json())
    (payloads / "IBOVDia_16-07-25.csv").write_bytes(ibov(day=date(2025, 7, 16)).csv())
    wrong = ibov(day=date(2025, 7, 17))
    total = sum(row.quantidade for row in wrong.rows)
    (payloads / "IBOV_wrong.json").write_bytes(wrong.but(total=total - 1).json())
    (payloads / "error_2025-08-02.html").write_bytes(b"<html>520</html>")
    line = quote(data="20250716", totneg=12, quatot=300, voltot=987_654_321)
    (payloads / "COTAHIST_D16072025.TXT").write_bytes(text(line, year=2025, generated_on=date(2025, 7, 16)))
    (payloads / "COTAHIST_D17072025.ZIP").write_bytes(b"PK, cut")
    page = tmp_path / "report.html"
    with demo("--payloads", str(payloads), "--page", str(page), "--json") as process:
        output, progress = process.communicate()
    assert process.returncode == 0, progress
    document = json.loads(output)
    seen = [(s["date"], s["members"], s["status"], s["rows"], s["quantity"]) for s in document["sessions"]]
    assert seen == [
        ("2025-07-14", 6, "stored", 6, total),
        ("2025-07-15", 6, "stored", 6, total),
        ("2025-07-16", 6, "stored", 6, total),
        ("2025-07-17", None, "refused", None, None),
        (None, None, "refused", None, None),
    ]
    assert [(q["file"], q["status"], q["quotes"]) for q in document["quotes"]] == [
        ("COTAHIST_D16072025.TXT", "stored", 1),
        ("COTAHIST_D17072025.ZIP", "refused", 0),
    ]
    assert "a damaged ZIP" in document["quotes"][1]["reason"]
    assert document["traded"] == [
        {
            "data_pregao": "2025-07-16",
            "codigos": 1,
            "valor_total": "9876543.21",
            "quantidade": 12,
            "qtd_titulos": 300,
        }
    ]
    reasons = [s["reason"] for s in document["sessions"]]
    assert reasons[:3] == [None, None, None]
    assert "total_quantity" in reasons[3]
    assert str(total - 1) in reasons[3]
    assert "HTTP 520" in reasons[4]
    assert document["report"] == str(page)
    assert document["seconds"]["total"] > 0
    assert Decimal(str(document["seconds"]["deploy the program"])) > 0
    html = page.read_text(encoding="utf-8")
    assert "VALE3" in html
    assert "<svg" in html


@_linux_only
def test_the_demo_says_that_the_emulator_was_killed() -> None:
    with demo("--json") as process:
        await_line(process, "deploy the program")
        children = descendants(process.pid)
        emulators = [
            pid
            for pid in children
            if b"ministack" in (command := Path(f"/proc/{pid}/cmdline").read_bytes())
            and b"guard" not in command
        ]
        assert emulators
        os.kill(min(emulators), signal.SIGKILL)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Traceback" not in errors
    last = errors.strip().splitlines()[-1]
    assert last.startswith("error: the emulator ended")
    log = Path(last.rpartition(" ")[2])
    assert log.read_text(encoding="utf-8")  # kept, since the message names it
    log.unlink()
    assert all_gone(children, within=10)


@_linux_only
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_running(how: signal.Signals) -> None:
    with demo("--json") as process:
        await_line(process, "deploy the program")
        children = descendants(process.pid)
        assert children
        process.send_signal(how)
        _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Traceback" not in errors
    assert all_gone(children, within=15)
