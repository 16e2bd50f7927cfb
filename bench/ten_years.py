"""Ten years of made-up quotes the whole way: back-fill into raw, then the visual job, one run for each year.

    python -m bench.ten_years [--first 2016] [--years 10] [--quotes-per-session 8000] [--keep DIR]

Files of real size in B3's format go through `bovespa backfill`, a process for each; the job then takes what is
new by its state, as the event of each finished file has it do on AWS. Seconds are wall clock, the peak is
the back-fill's resident memory as the kernel counts it (wait4). The figures depend on the machine; that all
rows arrive does not, and is checked at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from bench.job_history import confirm
from bovespa.glue.folder_run import run_definition
from bovespa.glue.runtime.gateway import Gateway
from functions.b3.cotahist.period import of_year
from glue.definition import fill, load
from tests.cotahist_files import sessions_of, write

PROJECT = Path(__file__).resolve().parent.parent
JOB = PROJECT / "glue" / "jobs" / "negociacao.json"
JOB_SECONDS = 1800.0


def main() -> None:
    """Take the years one after another, and print a line for each."""
    options = _options()
    with _folder(options.keep) as folder, Gateway(memory="2g") as gateway:
        lake = folder / "lake"
        definition = fill(load(JOB), {"lake_bucket": "lake"})
        print("year     quotes  back-fill s  quotes/s  peak MB    job s     rows    files")
        for year in range(options.first, options.first + options.years):
            file = folder / of_year(year).zip_name
            quotes = write(file, of_year(year), quotes_per_session=options.quotes_per_session, seed=year)
            seconds, peak = _backfill(file, lake)
            file.unlink()
            started = time.monotonic()
            result = run_definition(definition, folder, gateway=gateway, timeout=JOB_SECONDS)
            took = time.monotonic() - started
            if confirm(folder, "negociacao") != len(sessions_of(of_year(year))):
                raise SystemExit(f"the job of {year} took other sessions than that year's")
            (target,) = result.report.targets
            print(
                f"{year} {quotes:>10,} {seconds:>12.1f} {quotes / seconds:>9,.0f} {peak:>8.0f} "
                f"{took:>8.1f} {target.rows:>8,} {target.files:>8,}",
                flush=True,
            )
        _check(folder, options.first, options.years)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--first", type=int, default=2016)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--quotes-per-session", type=int, default=8_000)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it")
    return parser.parse_args()


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    folder = keep or Path(tempfile.mkdtemp(prefix="ten-years-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder.resolve()
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _backfill(file: Path, lake: Path) -> tuple[float, float]:
    """Seconds and peak MB of one `bovespa backfill --file`."""
    started = time.monotonic()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "bovespa.main",
            "backfill",
            "--file",
            str(file),
            "--lake",
            str(lake),
            "--json",
        ],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the back-fill of {file.name} failed with status {process.returncode}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


def _check(folder: Path, first: int, years: int) -> None:
    """Every session of every year is a partition of REFINED with rows in it."""
    refined = folder / "lake" / "REFINED" / "negociacao"
    wanted = {str(day) for year in range(first, first + years) for day in sessions_of(of_year(year))}
    found = {path.name.removeprefix("data_pregao=") for path in refined.iterdir()}
    rows = sum(pq.read_metadata(path).num_rows for path in refined.rglob("*.parquet"))
    if found != wanted:
        raise SystemExit(f"{len(wanted - found)} sessions missing, {len(found - wanted)} not expected")
    print(f"{len(found):,} sessions, {rows:,} rows in REFINED: every session arrived")


if __name__ == "__main__":
    main()
