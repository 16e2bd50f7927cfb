"""Fetch to parquet of one session: this project's scraper beside the way peers do it with pandas.

    python bench/fetch_to_parquet.py [ROUNDS]

Both are whole processes, started in turn, against the same stand-in of B3's host on this machine; what is
compared is the time from start to end and the peak memory, as the kernel counts them (wait4).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bovespa.stand_ins.b3_site import b3_site  # noqa: E402
from tests.wire import Row, Wire, weights  # noqa: E402

MEMBERS = 87
OURS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from functions.b3.client import B3Client
from functions.scraper.collect import collect
from functions.scraper.raw import rows_of, to_parquet
now = datetime(2025, 7, 14, 18, tzinfo=UTC)
attempt = collect(B3Client(sys.argv[1]), "IBOV", captured_at=now, archive=lambda payload: None)
Path(sys.argv[2]).write_bytes(to_parquet(rows_of(attempt.collected, captured_at=now)))
"""
PEERS = """
import base64, io, sys
import pandas as pd
import requests
url = sys.argv[1] + "/indexProxy/indexCall/GetDownloadPortfolioDay/"
url += base64.b64encode(b'{"index":"IBOV","language":"pt-br"}').decode()
text = base64.b64decode(requests.get(url, timeout=20).content).decode("latin-1")
frame = pd.read_csv(io.StringIO(text), sep=";", skiprows=1, skipfooter=2, engine="python", index_col=False,
                    thousands=".", decimal=",")
frame["data"] = "2025-07-14"
frame.to_parquet(sys.argv[2], index=False)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of wall clock and MiB of peak resident memory of a whole process."""

    seconds: float
    memory: float


def measure(program: str, url: str, target: Path) -> Run:
    """Run a program as a process of its own."""
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", program, url, str(target)], cwd=PROJECT)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the program failed with status {status}")
    return Run(time.monotonic() - started, usage.ru_maxrss / 1024)


def main(rounds: int) -> None:
    """Print the medians and their ratio."""
    peso = weights([Decimal(n + 1) for n in range(MEMBERS)])
    rows = [
        Row(
            f"AB{chr(65 + n // 26)}{chr(65 + n % 26)}3",
            f"EMPRESA {n}",
            "ON      NM",
            f"Setor {n % 20}",
            10**8 + n,
            w,
        )
        for n, w in enumerate(peso)
    ]
    portfolio = Wire(rows=rows, day=date(2025, 7, 14))
    ours: list[Run] = []
    peers: list[Run] = []
    with b3_site() as site, tempfile.TemporaryDirectory() as folder:
        site.show_page("IBOV", portfolio.json())
        site.show_download("IBOV", portfolio.csv())
        for _ in range(rounds):
            ours.append(measure(OURS, site.url, Path(folder) / "ours.parquet"))
            peers.append(measure(PEERS, site.url, Path(folder) / "peers.parquet"))
    print(
        f"fetch to parquet, one session of {MEMBERS} members, whole process, median of {rounds} rounds in turn"
    )
    for name, runs in (
        ("this project (JSON, every check)", ours),
        ("pandas read_csv/to_parquet (no check)", peers),
    ):
        seconds = statistics.median(run.seconds for run in runs)
        memory = statistics.median(run.memory for run in runs)
        print(f"  {name:40} {seconds:6.2f} s  {memory:6.0f} MiB")
    time_ratio = statistics.median(p.seconds / o.seconds for o, p in zip(ours, peers, strict=True))
    memory_ratio = statistics.median(p.memory / o.memory for o, p in zip(ours, peers, strict=True))
    print(f"  pandas takes {time_ratio:.2f} times as long and {memory_ratio:.2f} times the memory")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
