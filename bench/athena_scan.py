"""What the saved queries read of ten years, in the product's layout and without partitions.

    python -m bench.athena_scan [--years 10] [--tickers 1150] [--members 90] [--tables indice_membro …]

Made-up sessions in the layout of `glue/jobs/`, in a temporary folder that is deleted afterwards. To write ten years
in minutes, the files of a week of quotes and of a month of portfolios are written once and linked (hard links) into
the folders of its other sessions: number, names and sizes of the files are those of ten years, the rows repeat
within the week or month. Files are written to have the size of Spark's.

With ``--tables`` only these are written, and only what reads no other is measured: the gold tables of ten years are
written in a minute, the others take most of an hour.

Without partitions means one file a year in the order of the sessions, the partition keys as columns: the best that a
layout without partitions can be.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from bovespa.athena.dialect import to_duckdb
from bovespa.athena.parquet_tables import (
    ParquetTable,
    PlanUnreadable,
    bytes_read,
    opened,
    run,
    without_metadata_tables,
)
from bovespa.costs.model import athena_query, s3_gets
from bovespa.local.aws import Clients
from bovespa.local.emulator import emulator
from lake.saved_queries import saved_queries
from tests.market_lake import GOLD, TABLES, Market, weekday_sessions, write_as_spark

FIRST = date(2016, 1, 4)
SESSIONS_A_YEAR = 250
# How often each initial occurs among the tickers of B3's cash market, roughly.
_INITIALS = "AAAABBBBBBCCCCCDEEEFGGHHIJKLMMMNOPPPQRRSSSTTTUVVWX"
_HISTORIES = ("atributos",)
_REPEATED = {"negociacao": 5, "carteira": 21, "carteira_setor": 21}  # sessions that share their files


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A query on one layout: what Athena would fetch, what DuckDB did, how long that took."""

    files: int
    planned: int
    trino_bytes: int
    planned_bytes: int
    duckdb_bytes: int
    seconds: float


def main() -> None:
    """Write, measure, print, delete."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--tickers", type=int, default=1150)
    parser.add_argument("--members", type=int, default=90)
    parser.add_argument("--tables", nargs="+", choices=list(TABLES), default=list(TABLES))
    chosen = parser.parse_args()
    market = Market(
        sessions=weekday_sessions(FIRST, SESSIONS_A_YEAR * chosen.years),
        tickers=tickers(chosen.tickers),
        members=chosen.members,
        idle=0.05,
    )
    folder = Path(tempfile.mkdtemp(prefix="athena-scan-"))
    try:
        measure(market, folder, chosen.tables)
    finally:
        shutil.rmtree(folder)


def measure(market: Market, folder: Path, chosen: Sequence[str]) -> None:
    started = time.monotonic()
    for table in chosen:
        write_partitioned(market, table, folder / "partitioned" / table)
        write_flat(market, table, folder / "flat" / table)
    print(f"{len(market.sessions)} sessions written in {time.monotonic() - started:.0f} s\n")
    partitioned = [
        ParquetTable(name=table, root=folder / "partitioned" / table, keys=dict(keys))
        for table, (_, keys) in TABLES.items()
        if table in chosen
    ]
    flat = [ParquetTable(name=table, root=folder / "flat" / table, keys={}) for table in chosen]
    print("| table | partitions | files | MB | listing, s | without partitions: files | MB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for one, other in zip(partitioned, flat, strict=True):
        started = time.monotonic()
        files = one.files
        listing = time.monotonic() - started
        print(
            f"| `{one.name}` | {len({f.values for f in files}):,} | {len(files):,} | {_mb(sum(f.size for f in files))} "
            f"| {listing:.1f} | {len(other.files)} | {_mb(sum(f.size for f in other.files))} |"
        )
    print(
        "\n| query | files opened | planned for | MB by Trino's rule | as planned | GETs, USD | Athena, USD "
        "| DuckDB: MB | s | flat, DuckDB: MB | s | bytes, times |"
    )
    print("|---|" + "---:|" * 11)
    with opened(partitioned) as ours, opened(flat) as theirs:
        for connection in (ours, theirs):
            connection.execute("SET memory_limit = '6GB'")
        for name, sql in questions(market):
            if named(sql) - set(chosen):
                continue
            try:
                own = cost(ours, to_duckdb(without_metadata_tables(sql)), partitioned)
                print(line(name, own, cost(theirs, to_duckdb(sql), flat)), flush=True)
            except PlanUnreadable as error:
                print(f"| {name} | not measured: {error} |", flush=True)
    if "carteira" in chosen:
        print("\nThe catalogue of one year, in the embedded Glue:")
        for text in catalogue_times(market):
            print(f"- {text}")


def named(sql: str) -> set[str]:
    """The tables that a statement reads; a view's are those of its SQL."""
    found = set(re.findall(r"\b(?:FROM|JOIN)\s+\"?(\w+)", sql))
    views = {"negociacao_continua": "negociacao"}
    return {views.get(name, name) for name in found} & {*TABLES, "negociacao", "carteira_teorica"}


def questions(market: Market) -> Iterator[tuple[str, str]]:
    """The saved queries as they are and with their dates written in, histories for a year; what partitions are for."""
    last, code = market.sessions[-1], market.tickers[0]
    for query in saved_queries():
        if query.name in _HISTORIES:
            yield f"`{query.name}`, one year", query.since(last - timedelta(days=364)).sql
            continue
        yield f"`{query.name}`", query.sql
        if query.has_start:
            dated = query.until(last).since(last - timedelta(days=10))
            yield f"`{query.name}`, dated", dated.sql
    session = f"DATE '{last.isoformat()}'"
    yield "one session's quotes", f"SELECT codigo, valor_total FROM negociacao WHERE data_pregao = {session}"
    yield (
        "one ticker's closes",
        f"SELECT data_pregao, preco_fechamento FROM negociacao WHERE inicial = '{code[0]}' AND codigo = '{code}'",
    )
    yield "one ticker's weights", f"SELECT data_pregao, participacao FROM carteira WHERE codigo = '{code}'"


def line(name: str, ours: Cost, theirs: Cost) -> str:
    """The query's row of the report."""
    cells = (
        f"{ours.files:,}",
        f"{ours.planned:,}",
        _mb(ours.trino_bytes),
        _mb(ours.planned_bytes),
        f"{s3_gets(ours.files):.4f}",
        f"{athena_query(ours.trino_bytes):.5f}",
        _mb(ours.duckdb_bytes),
        f"{ours.seconds:.1f}",
        _mb(theirs.duckdb_bytes),
        f"{theirs.seconds:.1f}",
        f"{theirs.duckdb_bytes / max(1, ours.duckdb_bytes):.2g}",
    )
    return f"| {name} | " + " | ".join(cells) + " |"


def cost(connection: duckdb.DuckDBPyConnection, statement: str, tables: Sequence[ParquetTable]) -> Cost:
    """Run one statement."""
    started = time.monotonic()
    scans, fetched = run(connection, statement, tables)
    seconds = time.monotonic() - started
    return Cost(
        files=sum(len(scan.read) for scan in scans),
        planned=sum(len(scan.planned) for scan in scans),
        trino_bytes=sum(bytes_read(scan.read, scan.columns) for scan in scans),
        planned_bytes=sum(bytes_read(scan.planned, scan.columns) for scan in scans),
        duckdb_bytes=fetched,
        seconds=seconds,
    )


def tickers(count: int) -> list[str]:
    """Made-up codes, their initials spread as B3's are."""
    found = []
    for number in range(count):
        initial = _INITIALS[number % len(_INITIALS)]
        rest = "".join(chr(65 + number // 26**place % 26) for place in range(3))
        found.append(f"{initial}{rest}{(3, 4, 11, 34, 39)[number % 5]}")
    return found


def write_partitioned(market: Market, table: str, folder: Path) -> None:
    """Every session's folders; see the module for what is written and what is linked. Of a gold table, every year's."""
    if table in GOLD:
        for year in sorted({day.year for day in market.sessions}):
            (folder / f"ano={year}").mkdir(parents=True)
            write_as_spark(market.year(table, year), folder / f"ano={year}" / "part-00000.snappy.parquet")
        return
    for place, day in enumerate(market.sessions):
        source = place - place % _REPEATED[table]
        if place == source:
            written = []
            for name, rows in market.partitions(table, place):
                target = folder / name
                target.mkdir(parents=True)
                file = target / "part-00000-0f2c7e5a-6d34-4c1e-9b7a-5f0f0c2d9e11.c000.snappy.parquet"
                write_as_spark(rows, file)
                written.append((name.partition("/")[2], file))
            continue
        for rest, file in written:
            target = folder / f"data_pregao={day.isoformat()}" / rest
            target.mkdir(parents=True)
            os.link(file, target / file.name)


def write_flat(market: Market, table: str, folder: Path) -> None:
    """One file a year; of quotes a week's sessions have the same rows here too."""
    folder.mkdir(parents=True)
    if table in GOLD:
        for year in sorted({day.year for day in market.sessions}):
            write_as_spark(market.year(table, year), folder / f"{year}.snappy.parquet")
        return
    rows = {"negociacao": market.quotes, "carteira": market.portfolio, "carteira_setor": market.sectors}[
        table
    ]
    for year in sorted({day.year for day in market.sessions}):
        parts: list[pa.Table] = []
        for place, day in enumerate(market.sessions):
            if day.year == year:
                if table != "negociacao" or place % _REPEATED[table] == 0 or not parts:
                    found = rows(place - place % _REPEATED[table] if table == "negociacao" else place)
                parts.append(found.append_column("data_pregao", pa.array([day] * len(found), pa.date32())))
        write_as_spark(pa.concat_tables(parts), folder / f"{year}.snappy.parquet")


def catalogue_times(market: Market) -> Iterator[str]:
    """How long the embedded Glue takes for a year of `carteira`; AWS's own times are not known by this."""
    days = market.sessions[:SESSIONS_A_YEAR]
    columns, keys = TABLES["carteira"]
    storage = {
        "Columns": [{"Name": n, "Type": t} for n, t in columns],
        "Location": "s3://lake/REFINED/carteira/",
    }
    inputs = [
        {"Values": [day.isoformat(), code], "StorageDescriptor": {**storage, "Columns": []}}
        for day in days
        for code in market.tickers[: market.members]
    ]
    with tempfile.TemporaryDirectory() as folder, emulator(Path(folder)) as running:
        glue = Clients(running.environment)["glue"]
        glue.create_database(DatabaseInput={"Name": "scan"})
        table = {"DatabaseName": "scan", "TableName": "carteira"}
        glue.create_table(
            DatabaseName="scan",
            TableInput={
                "Name": "carteira",
                "StorageDescriptor": storage,
                "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in keys],
            },
        )
        started = time.monotonic()
        for place in range(0, len(inputs), 100):
            glue.batch_create_partition(**table, PartitionInputList=inputs[place : place + 100])
        yield f"{len(inputs):,} partitions created, 100 a call: {time.monotonic() - started:.1f} s"
        started = time.monotonic()
        pages = [page["Partitions"] for page in glue.get_paginator("get_partitions").paginate(**table)]
        found = sum(map(len, pages))
        yield f"GetPartitions, all {found:,}: {time.monotonic() - started:.1f} s (it does not heed an Expression)"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.2f}" if size < 10e6 else f"{size / 1e6:,.0f}"


if __name__ == "__main__":
    main()
