"""What a query costs: the bytes that Athena bills it by, what it reads of which table, and its plan.

On AWS the bytes are Athena's own count of the query's run, the plan is its ``EXPLAIN`` (which is free), and what is
read of each table is its ``EXPLAIN (TYPE IO)``. The embedded Athena counts the characters of the answer as
scanned bytes, so there they are worked out from the files: see :mod:`bovespa.athena.parquet_tables`.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from lake.athena import Athena, QueryFailed

if TYPE_CHECKING:
    from bovespa.athena.parquet_tables import ParquetTable, Scan

MAX_OBJECTS = 20_000  # of a table, where its files have to be copied to be planned over
_NAME = re.compile(r"[a-z0-9_]+")


class Measure(StrEnum):
    """How the bytes are known."""

    ATHENA = "athena"
    FILES = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """One reading of a table. What isn't known is None; ``conditions`` are those on partitions, as planned.

    ``files`` of ``files_total`` are opened; ``files_planned`` would be, if the values that joined rows bring
    were not used to leave files out. ``column_bytes`` are those of the named columns alone.
    """

    table: str
    columns: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    files: int | None = None
    files_planned: int | None = None
    files_total: int | None = None
    partitions: int | None = None
    partitions_total: int | None = None
    bytes: int | None = None
    bytes_planned: int | None = None
    column_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer to ``--explain``; ``scanned_bytes`` is counted by ``measure``."""

    measure: Measure
    scanned_bytes: int
    tables: tuple[TableRead, ...]
    plan: str

    @property
    def files(self) -> int | None:
        """Files opened in all, or None where that isn't known."""
        counts = [table.files for table in self.tables]
        return None if None in counts else sum(count or 0 for count in counts)


def explain_on_aws(athena: Athena, sql: str) -> Explanation:
    """Run ``sql`` once and say what Athena counted.

    Raises:
        QueryFailed: Athena refuses the statement.
    """
    plan = _text(athena, f"EXPLAIN {sql}")
    reads = reads_of_io_plan(_text(athena, f"EXPLAIN (TYPE IO, FORMAT JSON) {sql}"))
    return Explanation(
        measure=Measure.ATHENA, scanned_bytes=athena.run(sql).scanned_bytes or 0, tables=reads, plan=plan
    )


def explain_embedded(athena: Athena, sql: str, *, glue: Any, s3: Any) -> Explanation:
    """Plan and run ``sql`` over copies of its tables' files, and count what that opens.

    ``glue`` and ``s3`` are clients of the same stack as ``athena``'s.

    Raises:
        QueryFailed: the statement can't be run, or a table has more objects than are copied.
    """
    # Only where there is an embedded stack is there DuckDB.
    from bovespa.athena.dialect import to_duckdb
    from bovespa.athena.parquet_tables import PlanUnreadable, opened, plan, run, without_metadata_tables

    statement = to_duckdb(without_metadata_tables(sql))
    with tempfile.TemporaryDirectory(prefix="bovespa-explain-") as folder:
        tables = [
            _copy(s3, description, Path(folder) / description["Name"])
            for description in _tables(glue, athena.database, statement)
        ]
        present = [table for table in tables if table.files]
        try:
            with opened(present, union_by_name=True) as connection:
                text = plan(connection, statement)
                found, _ = run(connection, statement, present)
        except PlanUnreadable as error:
            raise QueryFailed(str(error)) from error
        reads = tuple(read_of_scan(scan) for scan in found)
    return Explanation(
        measure=Measure.FILES, scanned_bytes=sum(read.bytes or 0 for read in reads), tables=reads, plan=text
    )


def read_of_scan(scan: Scan) -> TableRead:
    """A scan in numbers."""
    from bovespa.athena.parquet_tables import bytes_read, column_bytes

    return TableRead(
        table=scan.table.name,
        columns=scan.columns,
        files=len(scan.read),
        files_planned=len(scan.planned),
        files_total=len(scan.table.files),
        partitions=len({file.values for file in scan.read}) if scan.table.keys else None,
        partitions_total=len({file.values for file in scan.table.files}) if scan.table.keys else None,
        bytes=bytes_read(scan.read, scan.columns),
        bytes_planned=bytes_read(scan.planned, scan.columns),
        column_bytes=column_bytes(scan.read, scan.columns),
    )


def reads_of_io_plan(text: str) -> tuple[TableRead, ...]:
    """The tables of Trino's ``EXPLAIN (TYPE IO, FORMAT JSON)`` with the conditions on their partitions.

    Raises:
        QueryFailed: the text is no such plan.
    """
    try:
        inputs = json.loads(text)["inputTableColumnInfos"]
        return tuple(
            TableRead(
                table=entry["table"]["schemaTable"]["table"],
                conditions=tuple(_condition(part) for part in _constraints(entry)),
            )
            for entry in inputs
        )
    except (ValueError, KeyError, TypeError) as error:
        raise QueryFailed(f"Athena's IO plan has another form than Trino documents: {error!r}") from error


def _constraints(entry: dict[str, Any]) -> list[dict[str, Any]]:
    # Older releases have the list beside the table, newer ones inside of `constraint`.
    found: list[dict[str, Any]] = entry.get("columnConstraints") or entry.get("constraint", {}).get(
        "columnConstraints", []
    )
    return found


def _condition(part: dict[str, Any]) -> str:
    ranges = [_range(part["columnName"], span) for span in part["domain"]["ranges"]]
    return " or ".join(ranges) or f"{part['columnName']} is null"


def _range(column: str, span: dict[str, Any]) -> str:
    low, high = span.get("low", {}), span.get("high", {})
    if low.get("value") is not None and low.get("value") == high.get("value"):
        return f"{column} = {low['value']}"
    bounds = []
    if low.get("value") is not None:
        bounds.append(f"{column} {'>=' if low['bound'] == 'EXACTLY' else '>'} {low['value']}")
    if high.get("value") is not None:
        bounds.append(f"{column} {'<=' if high['bound'] == 'EXACTLY' else '<'} {high['value']}")
    return " and ".join(bounds) or f"any {column}"


def _text(athena: Athena, sql: str) -> str:
    return "\n".join(str(row[0]) for row in athena.run(sql).rows)


def _tables(glue: Any, database: str, statement: str) -> Iterator[dict[str, Any]]:
    """The Glue tables that ``statement`` names."""
    words = {word.removesuffix("__partitions") for word in _NAME.findall(statement.lower())}
    for page in glue.get_paginator("get_tables").paginate(DatabaseName=database):
        for table in page["TableList"]:
            if table["Name"] in words and table.get("StorageDescriptor", {}).get("Location"):
                yield table


def _copy(s3: Any, table: dict[str, Any], folder: Path) -> ParquetTable:
    from bovespa.athena.parquet_tables import ParquetTable

    location = urlparse(table["StorageDescriptor"]["Location"])
    prefix = f"{location.path.strip('/')}/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=location.netloc, Prefix=prefix)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    if len(keys) > MAX_OBJECTS:
        raise QueryFailed(
            f"{table['Name']} has {len(keys)} objects; up to {MAX_OBJECTS} are copied to explain a query here"
        )
    folder.mkdir()
    for number, key in enumerate(keys):
        parts = key.removeprefix(prefix).split("/")
        if any(part.startswith(("_", ".")) for part in parts):
            continue  # as Trino's Hive reader does
        target = folder.joinpath(*_partition_folders(parts[:-1]), f"{number}.parquet")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(s3.get_object(Bucket=location.netloc, Key=key)["Body"].read())
    return ParquetTable(
        name=table["Name"],
        root=folder,
        keys={key["Name"]: key["Type"] for key in table.get("PartitionKeys", [])},
    )


def _partition_folders(parts: Sequence[str]) -> list[str]:
    # A key's text becomes a path here: only `name=value` folders are kept, and none leads elsewhere.
    return [part for part in parts if "=" in part]
