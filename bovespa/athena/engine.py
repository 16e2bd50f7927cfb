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

from bovespa.athena.dialect import to_duckdb
from bovespa.athena.unload import Unload, is_unload, read_unload
from lake.athena import QueryFailed

_PATH = '"$path"'
_COPIES = re.compile(r".*?/ministack-athena-[^/]+/")  # where ministack puts a table's objects for one query
_with_path: ContextVar[bool] = ContextVar("with_path", default=False)
Answer = dict[str, Any]


def install() -> None:
    """Put the translation in front of ministack's engine."""
    from ministack.services import athena, s3

    run, relation = athena._run_duckdb, athena._table_relation

    async def run_trino(query: str, database: str, catalog: str | None = None) -> Answer:
        if is_unload(query):
            return await _unload(read_unload(query), database, catalog)
        _with_path.set(_PATH in query)
        answer: Answer = await run(to_duckdb(query), database, catalog)
        return answer

    async def _unload(wanted: Unload, database: str, catalog: str | None) -> Answer:
        if (bucket := s3._buckets.get(wanted.bucket)) is None:
            raise QueryFailed(f"s3://{wanted.bucket}: the bucket does not exist")
        if any(key.startswith(wanted.prefix) for key in list(bucket["objects"])):
            raise QueryFailed(
                f"HIVE_PATH_ALREADY_EXISTS: s3://{wanted.bucket}/{wanted.prefix} holds objects already"
            )
        _with_path.set(_PATH in wanted.select)
        with tempfile.TemporaryDirectory(prefix="unload-") as folder:
            file = Path(folder) / "rows"
            copy = (
                f"COPY ({to_duckdb(wanted.select)}) TO '{file}' (FORMAT parquet, COMPRESSION {wanted.codec})"
            )
            written = await run(copy, database, catalog)
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
    athena._table_relation = relation_with_path
    # It would make a path of this machine of every text that looks like an object's address.
    athena._rewrite_s3_paths = str


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
