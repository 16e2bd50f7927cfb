"""A guarded command never outlives whoever started its guard."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
SLEEP = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups and signals of POSIX")


def guard(
    command: Sequence[str], *, grace: float = 5.0, folder: Path = Path("no-such-folder")
) -> subprocess.Popen[str]:
    code = (
        f"import sys, bovespa.local.guard as g; g.GRACE_SECONDS = {grace}; "
        f"sys.exit(g.main({str(folder)!r}, {list(command)!r}))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def first_number(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{process_id}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def await_true(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not within the time"
        time.sleep(0.02)


def end(process: subprocess.Popen[str]) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    return process.wait(15)


@pytest.mark.parametrize("status", [0, 7])
def test_the_commands_status_is_the_guards(status: int) -> None:
    process = guard(python(f"raise SystemExit({status})"))

    assert process.wait(15) == status
    end(process)


def test_a_command_that_a_signal_ended_has_a_shells_status() -> None:
    process = guard(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))

    assert process.wait(15) == 128 + signal.SIGKILL
    end(process)


def test_closing_the_pipe_ends_the_command() -> None:
    process = guard(python(SLEEP))
    command = first_number(process)
    assert not gone(command)

    status = end(process)

    assert status == 128 + signal.SIGTERM
    assert gone(command)


def test_a_term_signal_ends_the_command() -> None:
    process = guard(python(SLEEP), grace=0.5)
    command = first_number(process)

    process.terminate()

    assert process.wait(15) == 128 + signal.SIGTERM
    assert gone(command)
    end(process)


def test_ctrl_c_is_left_to_the_owner() -> None:
    process = guard(python(SLEEP))
    command = first_number(process)

    process.send_signal(signal.SIGINT)
    time.sleep(0.2)

    assert process.poll() is None
    assert not gone(command)
    end(process)


def test_a_command_that_does_not_listen_is_killed_after_the_grace() -> None:
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
    process = guard(python(deaf), grace=0.2)
    command = first_number(process)

    assert end(process) == 128 + signal.SIGKILL
    assert gone(command)


def test_the_owner_says_how_long_the_command_may_take() -> None:
    slow = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.6), sys.exit(3)))\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(60)"
    )
    outcomes = []
    for grace in ("0.1", "10"):
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bovespa.local.guard",
                f"--grace={grace}",
                "no-such-folder",
                *python(slow),
            ],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        first_number(process)
        process.terminate()
        outcomes.append(process.wait(15))
        end(process)

    assert outcomes == [128 + signal.SIGKILL, 3]


def test_what_the_command_started_ends_too() -> None:
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).wait()"
    process = guard(python(parent))
    grandchild = first_number(process)

    end(process)

    await_true(lambda: gone(grandchild))


def test_an_owner_that_is_killed_takes_the_command_and_its_folder_along(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    (folder / "deep").mkdir(parents=True)
    owner_code = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-m', 'bovespa.local.guard', {str(folder)!r}, sys.executable, '-c', {SLEEP!r}],"
        " stdin=subprocess.PIPE).wait()"
    )
    owner = subprocess.Popen(python(owner_code), cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    command = first_number(owner)

    owner.kill()
    owner.wait(15)

    await_true(lambda: gone(command))
    await_true(lambda: not folder.exists())
    assert owner.stdout is not None
    owner.stdout.close()


def test_a_guard_that_is_killed_takes_the_command_and_its_folder_along(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).wait()"
    process = guard(python(parent), folder=folder)
    grandchild = first_number(process)

    process.kill()
    process.wait(15)

    await_true(lambda: gone(grandchild))
    await_true(lambda: not folder.exists())
    end(process)
