"""Reads one year of COTAHIST: this project beside pandas' read_fwf, DuckDB and, where installed, Polars.

    python -m bench.cotahist [--quotes 2000000] [--rounds 3] [--read-fwf-quotes 200000] [--json]

Every contender reads the same made-up year of real size from a text file, in a process of its own, the
contenders taking turns. Each gives all fields with the right types: texts trimmed, dates, exact decimals
with the quotation factor applied (read_fwf: what its users get, floats and ints). The wall clock runs from
the opened file to the last batch; the peak is the process's resident memory. read_fwf is slow, so that it
reads a part of the file unless asked otherwise; lines per second are compared.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from functions.b3.cotahist.layout import NUMBERS, QUOTE_SCHEMA, TEXTS, Number, Text

FIELDS: list[Text | Number] = sorted([*TEXTS, *NUMBERS], key=lambda field: field.start)
PRICES = [field for field in NUMBERS if field.quoted]
DATES = ("data_pregao", "data_vencimento")


def bovespa(path: Path) -> int:
    """All checks included; batches are let go as they come."""
    from tests.cotahist_files import batches

    with path.open("rb") as file:
        return sum(batch.num_rows for batch in batches(file))


def read_fwf(path: Path) -> int:
    """As the many readers of these files on GitHub do it."""
    import pandas as pd

    frame = pd.read_fwf(
        path,
        colspecs=[(field.start, field.end) for field in FIELDS],
        names=[field.column for field in FIELDS],
        skiprows=1,
        skipfooter=0,
        encoding="latin-1",
        dtype={text.column: str for text in TEXTS},
    )
    frame = frame[frame["codbdi"].notna() & (frame["data_pregao"] != 0)].iloc[:-1]
    for field in PRICES:
        frame[field.column] = frame[field.column] / 100 / frame["fator_cotacao"]
    frame["data_pregao"] = pd.to_datetime(frame["data_pregao"].astype(str), format="%Y%m%d", errors="coerce")
    return len(frame)


def duckdb_sql(path: Path) -> int:
    """One text column, cut with substring; streamed as Arrow batches."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    batches: Iterable[Any] = connection.sql(_duckdb_query(path)).to_arrow_reader(100_000)
    return sum(batch.num_rows for batch in batches)


def _duckdb_query(path: Path) -> str:
    def cut(start: int, end: int) -> str:
        return f"substring(line, {start + 1}, {end - start})"

    columns = [f"rtrim({cut(text.start, text.end)}) AS {text.column}" for text in TEXTS]
    factor = "CAST(substring(line, 211, 7) AS BIGINT)"
    for field in NUMBERS:
        digits = cut(field.start, field.end)
        if field.column in DATES:
            value = f"CAST(strptime({digits}, '%Y%m%d') AS DATE)"
        elif field.quoted:
            value = f"CAST(CAST({digits} AS BIGINT) * (1000000 // {factor}) AS DECIMAL(26, 0))"
            value = f"CAST({value} * 0.00000001::DECIMAL(9, 8) AS DECIMAL(18, 8))"
        elif field.decimals is not None:
            kind = QUOTE_SCHEMA.field(field.column).type
            whole = field.digits - field.decimals
            value = f"CAST({cut(field.start, field.start + whole)} || '.' || {cut(field.start + whole, field.end)}"
            value += f" AS DECIMAL({kind.precision}, {kind.scale}))"
        else:
            value = f"CAST({digits} AS BIGINT)"
        columns.append(f"{value} AS {field.column}")
    reader = (
        f"read_csv('{path}', columns = {{'line': 'VARCHAR'}}, delim = '\\t', quote = '', escape = '', header = false,"
        " auto_detect = false, new_line = '\\r\\n', ignore_errors = false)"
    )
    return f"SELECT {', '.join(columns)} FROM {reader} WHERE line[1:2] = '01'"


def polars(path: Path) -> int:
    """One text column, cut with str.slice; collected with the streaming engine."""
    import polars as pl  # type: ignore[import-not-found,unused-ignore]

    line = pl.col("line")

    def digits(start: int, end: int) -> Any:
        return line.str.slice(start, end - start)

    factor = digits(210, 217).cast(pl.Int64)
    columns = [digits(text.start, text.end).str.strip_chars_end(" ").alias(text.column) for text in TEXTS]
    for field in NUMBERS:
        text = digits(field.start, field.end)
        if field.column in DATES:
            value = text.str.to_date("%Y%m%d")
        elif field.quoted:
            value = (text.cast(pl.Int64) * (1_000_000 // factor)).cast(pl.Decimal(26, 0)) / 100_000_000
        elif field.decimals is not None:
            value = text.cast(pl.Int64).cast(pl.Decimal(26, 0)) / 10**field.decimals
        else:
            value = text.cast(pl.Int64)
        columns.append(value.alias(field.column))
    lazy = pl.scan_csv(
        path, has_header=False, new_columns=["line"], separator="\t", quote_char=None, encoding="utf8-lossy"
    )
    frame = lazy.filter(line.str.starts_with("01")).select(columns).collect(engine="streaming")
    return int(frame.height)


CONTENDERS: dict[str, Callable[[Path], int]] = {
    "bovespa": bovespa,
    "duckdb": duckdb_sql,
    "polars": polars,
    "read_fwf": read_fwf,
}
MODULES = {
    "bovespa": "functions.b3.cotahist.parse",
    "duckdb": "duckdb",
    "polars": "polars",
    "read_fwf": "pandas",
}


def measure(name: str, path: Path) -> None:
    """In the child: read once, and print what it took; imports don't count."""
    importlib.import_module(MODULES[name])
    started = time.perf_counter()
    rows = CONTENDERS[name](path)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_mb": peak}))


def compare(quotes: int, fwf_quotes: int, rounds: int) -> list[dict[str, Any]]:
    """One document for each contender: median lines per second, the highest peak, ratio to this project."""
    from functions.b3.cotahist.period import of_year
    from tests.cotahist_files import sessions_of, write

    names = [name for name in CONTENDERS if name != "polars" or importlib.util.find_spec("polars")]
    with tempfile.TemporaryDirectory() as folder:
        period = of_year(2020)
        days = sessions_of(period)
        files = {}
        for size in {quotes, fwf_quotes}:
            files[size] = Path(folder, f"{size}.TXT")
            write(files[size], period, quotes_per_session=size // len(days), days=days)
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                file = files[fwf_quotes if name == "read_fwf" else quotes]
                command = [sys.executable, "-m", "bench.cotahist", "--child", name, str(file)]
                done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800)
                found[name].append(json.loads(done.stdout.splitlines()[-1]))
    speed = {name: statistics.median(run["rows"] / run["seconds"] for run in found[name]) for name in names}
    return [
        {
            "reader": name,
            "lines": found[name][0]["rows"],
            "lines_per_second": round(speed[name]),
            "peak_mb": round(max(run["peak_mb"] for run in found[name])),
            "bovespa_is_faster_by": round(speed["bovespa"] / speed[name], 2),
        }
        for name in names
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quotes", type=int, default=2_000_000)
    parser.add_argument("--read-fwf-quotes", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        measure(given.child[0], Path(given.child[1]))
        return
    results = compare(given.quotes, given.read_fwf_quotes, given.rounds)
    if given.json:
        print(json.dumps(results, indent=2))
        return
    print(f"{'reader':10} {'lines':>10} {'lines/s':>12} {'peak MB':>8} {'bovespa is faster by':>21}")
    for row in results:
        print(
            f"{row['reader']:10} {row['lines']:>10,} {row['lines_per_second']:>12,} {row['peak_mb']:>8,}"
            f" {row['bovespa_is_faster_by']:>21}"
        )


if __name__ == "__main__":
    main()
