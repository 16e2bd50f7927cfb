"""Tables as parquet files on this machine: what DuckDB opens of them for a statement, and how much that is.

Athena's engine (Trino) reads a parquet file below 3 MB whole, whatever columns are asked for (Trino's
documentation, `parquet.small-file-threshold`); of larger ones it reads the footer and the columns of the row
groups. That is the rule for the bytes here. Whether AWS runs Athena with that threshold is not documented, so
the bytes of the columns alone are counted beside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

SMALL_FILE_BYTES = 3 * 1024 * 1024
_PARTITIONS = re.compile(r'"([a-z0-9_]+)\$partitions"', re.IGNORECASE)
_FOOTERS = 400  # looked at; with more files than that, every n-th
_TYPES = {"string": "VARCHAR", "date": "DATE", "int": "INTEGER", "bigint": "BIGINT"}
# Trino shares no work between equal parts of a plan, and doesn't answer from a footer's statistics.
_AS_TRINO = "SET disabled_optimizers = 'common_subplan,statistics_propagation'"


class PlanUnreadable(Exception):
    """DuckDB could not plan or run the statement; the message is its reason, on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A parquet file of ``size`` bytes; ``values`` are its partition's, as in the path."""

    path: Path
    size: int
    values: tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class ParquetTable:
    """A table whose files are somewhere under ``root``, in ``key=value`` folders for its partition ``keys``.

    ``keys`` maps each key to its Glue type.
    """

    name: str
    root: Path
    keys: Mapping[str, str]

    @cached_property
    def files(self) -> tuple[DataFile, ...]:
        found = []
        for folder, _, names in os.walk(self.root):
            values = self._values(Path(folder)) if names else ()
            found += [
                DataFile(path=Path(folder, name), size=Path(folder, name).stat().st_size, values=values)
                for name in names
                if name.endswith(".parquet")
            ]
        return tuple(sorted(found, key=lambda file: file.path))

    def create(self, connection: duckdb.DuckDBPyConnection, *, union_by_name: bool) -> None:
        """The table as a view, over the files that :attr:`files` lists and not over a pattern.

        DuckDB then knows the files at once, as Athena does from the catalogue, and lists no folders.
        """
        variable = f"files_of_{self.name}"
        listed = pa.table({"path": pa.array([str(file.path) for file in self.files], pa.string())})
        connection.from_arrow(listed).create_view("listed")
        connection.execute("SET VARIABLE listed = (SELECT list(path) FROM listed)")
        connection.execute(f"SET VARIABLE {variable} = getvariable('listed')")
        connection.execute("DROP VIEW listed")
        types = ", ".join(f"'{key}': {_TYPES.get(kind, 'VARCHAR')}" for key, kind in self.keys.items())
        hive = f"hive_partitioning = true, hive_types = {{{types}}}" if types else "hive_partitioning = false"
        connection.execute(
            f"CREATE VIEW \"{self.name}\" AS FROM read_parquet(getvariable('{variable}'), {hive}, "
            f"union_by_name = {union_by_name})"
        )

    def _values(self, folder: Path) -> tuple[str | None, ...]:
        folders = dict(
            part.split("=", 1) for part in folder.relative_to(self.root).parts if part.count("=") == 1
        )
        return tuple(unquote(folders[key]) if key in folders else None for key in self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One reading of a table by a statement.

    ``planned`` are the files that the statement's constants leave; ``read`` those that were opened once the
    values of joined rows were known too. ``exact`` is false where it could not be told which files those are
    and only their number is known; then ``read`` holds as many of ``planned``, evenly spread.
    """

    table: ParquetTable
    columns: tuple[str, ...]
    planned: tuple[DataFile, ...]
    read: tuple[DataFile, ...]
    exact: bool


def without_metadata_tables(sql: str) -> str:
    """Athena's ``"table$partitions"``, which reads the catalogue and no file, by the name it has in :func:`opened`."""
    return _PARTITIONS.sub(r'"\1__partitions"', sql)


@contextlib.contextmanager
def opened(
    tables: Sequence[ParquetTable], *, union_by_name: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB that has ``tables`` under their names, and their partitions as ``<table>__partitions``.

    Raises:
        PlanUnreadable: a table's files can't be read.
    """
    with duckdb.connect() as connection, _one_line():
        connection.execute(_AS_TRINO)
        connection.execute('CREATE SCHEMA IF NOT EXISTS "default"; USE "default"')
        for table in tables:
            table.create(connection, union_by_name=union_by_name)
            if table.keys:
                _create_partitions(connection, table)
        yield connection


def plan(connection: duckdb.DuckDBPyConnection, statement: str) -> str:
    """DuckDB's plan of ``statement``, as text.

    Raises:
        PlanUnreadable: there is none.
    """
    with _one_line():
        return _explain(connection, f"EXPLAIN {_inline_with(statement)}")


def run(
    connection: duckdb.DuckDBPyConnection, statement: str, tables: Sequence[ParquetTable]
) -> tuple[tuple[Scan, ...], int]:
    """Run ``statement`` (DuckDB's dialect); what it read of ``tables``, and the bytes that DuckDB itself fetched.

    DuckDB's own bytes have the footers in them, and leave out row groups whose statistics tell that they hold
    nothing; of a small file it fetches no more than it needs.

    Raises:
        PlanUnreadable: it can't be run on these tables.
    """
    with _one_line():
        text = _explain(connection, f"EXPLAIN (ANALYZE, FORMAT JSON) {_inline_with(statement)}")
    document = json.loads(text)
    found = [_scan(node, tables) for node in _nodes(document["operator"])]
    return tuple(scan for scan in found if scan is not None), int(document["io"]["total_bytes_read"])


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise PlanUnreadable(str(error).strip().splitlines()[0]) from error


def bytes_read(files: Sequence[DataFile], columns: Sequence[str]) -> int:
    """Bytes that Trino fetches of ``files`` for ``columns``: all of a small file, parts of a large one."""
    small = sum(file.size for file in files if file.size < SMALL_FILE_BYTES)
    return small + column_bytes([file for file in files if file.size >= SMALL_FILE_BYTES], columns)


def column_bytes(files: Sequence[DataFile], columns: Sequence[str]) -> int:
    """Compressed bytes of ``columns`` in all row groups of ``files``, from their footers.

    Of more than 400 files every n-th footer is read, and the sum scaled up.
    """
    if not files or not columns:
        return 0
    step = -(-len(files) // _FOOTERS)
    looked_at = files[::step]
    wanted = set(columns)
    total = 0
    for file in looked_at:
        metadata = pq.read_metadata(file.path)
        for group in range(metadata.num_row_groups):
            row_group = metadata.row_group(group)
            chunks = (row_group.column(place) for place in range(metadata.num_columns))
            total += sum(
                chunk.total_compressed_size
                for chunk in chunks
                if chunk.path_in_schema.split(".")[0] in wanted
            )
    return round(total * len(files) / len(looked_at))


def _inline_with(statement: str) -> str:
    try:
        tree = sqlglot.parse_one(statement, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise PlanUnreadable(str(error).splitlines()[0]) from error
    for query in tree.find_all(exp.CTE):
        query.set("materialized", False)
    return tree.sql("duckdb")


def _explain(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    rows = connection.execute(sql).fetchall()
    return "\n".join(row[-1] for row in rows)


def _nodes(operators: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for operator in operators:
        if str(operator.get("extra_info", {}).get("Function", "")).endswith("PARQUET"):
            yield operator
        yield from _nodes(operator.get("children", []))


def _scan(node: Mapping[str, Any], tables: Sequence[ParquetTable]) -> Scan | None:
    info = node["extra_info"]
    names = info.get("Filename(s)", "")
    table = next((table for table in tables if names.startswith(f"{table.root}/")), None)
    if table is None:
        return None  # nothing was opened
    columns = info.get("Projections") or []
    columns = [columns] if isinstance(columns, str) else columns
    static = _conjuncts(info.get("File Filters"))
    planned = _matching(table, table.files, static)
    stated = info.get("Scanning Files", "").partition("/")[0]
    if stated and len(planned) != int(stated):
        planned = _spread(table.files, int(stated))
    count = int(info["Total Files Read"])
    read = _matching(table, planned, _conjuncts(info.get("Dynamic Filters")))
    exact = len(read) == count
    return Scan(
        table=table,
        columns=tuple(name for name in columns if name not in table.keys),
        planned=planned,
        read=read if exact else _spread(planned, count),
        exact=exact,
    )


def _conjuncts(filters: str | Sequence[str] | None) -> list[str]:
    """The conditions of a plan's filter; `(a)(b)`, `(a AND b)` and a list all mean that all hold."""
    if not filters:
        return []
    text = filters if isinstance(filters, str) else "".join(f"({one})" for one in filters)
    plain = text.replace("optional: ", "").replace(")(", ") AND (")
    try:
        tree = sqlglot.parse_one(plain, read="duckdb")
    except sqlglot.errors.SqlglotError:
        return []
    found = []
    stack = [tree]
    while stack:
        part = stack.pop().unnest()
        if isinstance(part, exp.And):
            stack += [part.left, part.right]
        else:
            found.append(part.sql("duckdb"))
    return found


def _matching(
    table: ParquetTable, files: Sequence[DataFile], conditions: Sequence[str]
) -> tuple[DataFile, ...]:
    """The files whose partition fulfils the conditions; one on other columns says nothing about files."""
    if not conditions or not table.keys or not files:
        return tuple(files)
    distinct = {values: number for number, values in enumerate(dict.fromkeys(f.values for f in table.files))}
    kept = set(distinct.values())
    with duckdb.connect() as connection:
        _create_partitions(connection, table)
        for condition in conditions:
            try:
                rows = connection.table(f"{table.name}__partitions").filter(condition).fetchall()
            except duckdb.Error:
                continue
            kept &= {row[-1] for row in rows}
    return tuple(file for file in files if distinct[file.values] in kept)


def _create_partitions(connection: duckdb.DuckDBPyConnection, table: ParquetTable) -> None:
    distinct = list(dict.fromkeys(file.values for file in table.files))
    texts = [
        pa.array([values[place] for values in distinct], pa.string()) for place in range(len(table.keys))
    ]
    listed = pa.Table.from_arrays([*texts, pa.array(range(len(distinct)))], names=[*table.keys, "place"])
    columns = ", ".join(
        f'CAST("{key}" AS {_TYPES.get(kind, "VARCHAR")}) AS "{key}"' for key, kind in table.keys.items()
    )
    connection.from_arrow(listed).project(f"{columns}, place").create(f"{table.name}__partitions")


def _spread(files: Sequence[DataFile], count: int) -> tuple[DataFile, ...]:
    count = min(count, len(files))
    return tuple(files[place * len(files) // count] for place in range(count))
