"""Athena's API over Trino: the calls of boto3's client that the project makes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bovespa.athena.unload import is_unload, read_unload
from lake.athena import QueryFailed
from tests.trino.server import CATALOG, Answer, Trino, TrinoFailed


@dataclass(frozen=True, kw_only=True)
class TrinoAthena:
    """A client for :class:`lake.athena.Athena` and for the compaction's; each statement runs at once."""

    trino: Trino
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _answers: dict[str, Answer | str] = field(default_factory=dict)

    def start_query_execution(
        self,
        *,
        QueryString: str,  # noqa: N803 (boto3's name)
        QueryExecutionContext: dict[str, str],  # noqa: N803
        **_: Any,
    ) -> dict[str, str]:
        query_id = str(next(self._numbers))
        database = QueryExecutionContext["Database"]
        try:
            if is_unload(QueryString):
                self._answers[query_id] = self._unload(QueryString, database, query_id)
            else:
                self._answers[query_id] = self.trino.run(QueryString, database=database)
        except (TrinoFailed, QueryFailed) as refused:
            self._answers[query_id] = str(refused)
        return {"QueryExecutionId": query_id}

    def get_query_execution(self, *, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803
        answer = self._answers[QueryExecutionId]
        if isinstance(answer, str):
            return {"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": answer}}}
        return {"QueryExecution": {"Status": {"State": "SUCCEEDED"}, "Statistics": {}}}

    def get_paginator(self, _operation: str) -> TrinoAthena:
        return self

    def paginate(self, *, QueryExecutionId: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        answer = self._answers[QueryExecutionId]
        assert isinstance(answer, Answer)
        info = [{"Name": name, "Type": kind} for name, kind in answer.columns]
        rows = [[name for name, _ in answer.columns], *answer.rows]
        data = [
            {"Data": [{} if value is None else {"VarCharValue": _text(value)} for value in row]}
            for row in rows
        ]
        yield {"ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": info}}}

    def _unload(self, sql: str, database: str, query_id: str) -> Answer:
        """UNLOAD is Athena's own; Trino writes the same rows as the files of a table, which is then forgotten."""
        wanted = read_unload(sql)
        self.trino.run(
            f"CREATE TABLE unloaded_{query_id} WITH (format = 'PARQUET', "
            f"external_location = 's3://{wanted.bucket}/{wanted.prefix}') AS {wanted.select}",
            database=database,
            # Of a table's rows Trino drops the order; Athena keeps it in each file that UNLOAD writes.
            properties=f"{CATALOG}.compression_codec={wanted.codec.upper()},skip_redundant_sort=false",
        )
        return self.trino.run(f"DROP TABLE unloaded_{query_id}", database=database)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
