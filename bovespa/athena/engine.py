"""The engine of the embedded Athena: ministack's, asked in Athena's own dialect.

ministack gives the text of a query to DuckDB. Here it is translated first, UNLOAD writes its files, and ``"$path"``
is the object that a row lies in. This module replaces functions of ``ministack.services.athena`` by name, whose
version ``requirements/dev.in`` pins; it runs in the emulator's process only (:mod:`bovespa.local.ministack`).
"""

from __future__ import annotations

import re
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bovespa.athena.admission import bare, require_reading
from bovespa.athena.catalogue import Catalogue
from bovespa.athena.dialect import to_duckdb
from bovespa.athena.metadata import answer, is_metadata
from bovespa.athena.unload import Unload, is_unload, read_unload
from lake.athena import QueryFailed

_PATH = '"$path"'
_COPIES = re.compile(r".*?/ministack-athena-[^/]+/")  # where ministack puts a table's objects for one query
_EXPLAIN = re.compile(r"EXPLAIN\s+(.*)", re.IGNORECASE | re.DOTALL)
_NO_COLUMN = re.compile(r'Referenced column "([^"]+)" not found')
_with_path: ContextVar[bool] = ContextVar("with_path", default=False)
Answer = dict[str, Any]


def install() -> None:
    """Put the translation in front of ministack's engine."""
    import duckdb
    from ministack.core.responses import error_response_json
    from ministack.services import athena, s3

    run, relation, start = athena._run_duckdb, athena._table_relation, athena._start_query_execution

    async def run_trino(query: str, database: str, catalog: str | None = None) -> Answer:
        require_reading(query)
        known, text = _catalogue(), bare(query)
        if is_metadata(text):
            lines = answer(text, known, database)
            return _lines(lines.columns, lines.rows)
        if is_unload(text):
            return await _unload(read_unload(text), known, database, catalog)
        _with_path.set(_PATH in text)
        if explained := _EXPLAIN.fullmatch(text):
            plan = await _run(f"EXPLAIN {to_duckdb(explained[1], known, database)}", database, catalog)
            return _lines(("Query Plan",), [(line,) for line in plan["rows"][0][-1].splitlines()])
        return await _run(to_duckdb(text, known, database), database, catalog)

    async def _run(translated: str, database: str, catalog: str | None) -> Answer:
        try:
            found: Answer = await run(translated, database, catalog)
        except duckdb.Error as error:
            raise QueryFailed(_as_athena(str(error))) from None
        return found

    def start_in_a_workgroup(data: Answer) -> Any:
        if data.get("WorkGroup", "primary") not in athena._workgroups:
            return error_response_json("InvalidRequestException", "WorkGroup is not found.", 400)
        return start(data)

    async def _unload(wanted: Unload, known: Catalogue, database: str, catalog: str | None) -> Answer:
        if (bucket := s3._buckets.get(wanted.bucket)) is None:
            raise QueryFailed(f"s3://{wanted.bucket}: the bucket does not exist")
        if any(key.startswith(wanted.prefix) for key in list(bucket["objects"])):
            raise QueryFailed(
                f"HIVE_PATH_ALREADY_EXISTS: s3://{wanted.bucket}/{wanted.prefix} holds objects already"
            )
        _with_path.set(_PATH in wanted.select)
        with tempfile.TemporaryDirectory(prefix="unload-") as folder:
            file = Path(folder) / "rows"
            select = to_duckdb(wanted.select, known, database)
            written = await _run(
                f"COPY ({select}) TO '{file}' (FORMAT parquet, COMPRESSION {wanted.codec})", database, catalog
            )
            body = file.read_bytes()
        if written["rows"][0][0]:
            key = f"{wanted.prefix}{datetime.now(UTC):%Y%m%d_%H%M%S}_00000_{uuid.uuid4().hex[:5]}_{uuid.uuid4()}"
            put = s3._put_object(wanted.bucket, key, body, {"content-length": str(len(body))})
            if put[0] >= 300:
                raise QueryFailed(f"s3://{wanted.bucket}/{key} could not be written: status {put[0]}")
        return {"columns": [], "column_types": [], "rows": []}

    def relation_with_path(table: Mapping[str, Any], files: Sequence[str]) -> str:
        found: str = relation(table, files)
        return path_beside(found, table["StorageDescriptor"]["Location"]) if _with_path.get() else found

    athena._run_duckdb = run_trino
    athena._start_query_execution = start_in_a_workgroup
    # It would make and drop tables, whoever asks.
    athena._parse_ddl = _no_ddl
    athena._table_relation = relation_with_path
    # It would make a path of this machine of every text that looks like an object's address.
    athena._rewrite_s3_paths = str


def _no_ddl(_query: str) -> None:
    return None


def _catalogue() -> Catalogue:
    """What the embedded Glue holds now, in the account that asks."""
    from ministack.services import glue

    tables: dict[str, dict[str, Any]] = {name: {} for name in list(glue._databases)}
    for key, table in list(glue._tables.items()):
        database, _, name = key.partition("/")
        tables.setdefault(database, {})[name] = table
    partitions = {key: [found["Values"] for found in each] for key, each in list(glue._partitions.items())}
    return Catalogue(tables=tables, partitions=partitions)


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Answer:
    return {
        "columns": list(columns),
        "column_types": ["string"] * len(columns),
        "rows": [list(row) for row in rows],
    }


def _as_athena(message: str) -> str:
    """DuckDB's reason in one line, without the paths of this machine that the rest has."""
    if column := _NO_COLUMN.search(message):
        return f"COLUMN_NOT_FOUND: Column '{column[1]}' cannot be resolved"
    return message.strip().splitlines()[0]


def path_beside(relation: str, location: str) -> str:
    """ministack's ``read_parquet(…)`` of a table at ``location``, with each row's address as ``"$path"``.

    Raises:
        QueryFailed: the table is not of parquet files.
    """
    if not relation.startswith("read_parquet("):
        raise QueryFailed('the embedded Athena knows "$path" of parquet tables only')
    root = _COPIES.match(relation.partition("['")[2])
    if root is None:
        raise QueryFailed('the embedded Athena does not know where the files of "$path" lie')
    named = relation.removesuffix(")") + ", filename = true)"
    folder = location.rstrip("/").replace("'", "''")
    return (
        f"(SELECT * EXCLUDE (filename), '{folder}/' || substr(filename, {len(root[0]) + 1}) AS {_PATH}"  # noqa: S608
        f" FROM {named})"
    )
