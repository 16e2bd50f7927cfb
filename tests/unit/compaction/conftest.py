"""S3 by moto, and Athena's part played by DuckDB: it runs the very statements on the very objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pyarrow as pa
import pytest
from moto import mock_aws

from bovespa.athena.dialect import to_duckdb
from functions.compaction.athena import Athena
from functions.compaction.objects import Bucket
from tests.duck import connection
from tests.trades_bucket import TradesBucket

_UNLOAD = re.compile(r"UNLOAD \((?P<select>.+)\)\nTO '(?P<target>[^']+)'\nWITH .+", re.DOTALL)


@dataclass
class DuckAthena:
    """The calls of boto3's Athena client that the compaction makes."""

    trades: TradesBucket
    parts: int = 1  # files that an UNLOAD writes
    broken: str = ""  # a statement with this text fails
    lose_rows: bool = False
    statements: list[str] = field(default_factory=list)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def start_query_execution(self, **call: Any) -> dict[str, str]:
        sql = call["QueryString"]
        self.statements.append(sql)
        query_id = str(len(self.statements))
        if self.broken and self.broken in sql:
            self.failures[query_id] = "INTERNAL_ERROR: no luck today"
            return {"QueryExecutionId": query_id}
        unload = _UNLOAD.fullmatch(sql)
        with connection() as engine:
            engine.register("bitcoin_trades", self.trades.table())
            answer = engine.sql(to_duckdb(unload["select"] if unload else sql))
            if unload:
                self._write(answer.to_arrow_table(), unload["target"].removeprefix("s3://trades/"))
            else:
                self.columns[query_id] = answer.columns
                self.rows[query_id] = answer.fetchall()
        return {"QueryExecutionId": query_id}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        failure = self.failures.get(QueryExecutionId)
        status = {"State": "FAILED", "StateChangeReason": failure} if failure else {"State": "SUCCEEDED"}
        return {"QueryExecution": {"Status": status}}

    def get_paginator(self, _operation: str) -> DuckAthena:
        return self

    def paginate(self, QueryExecutionId: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        for row in [self.columns[QueryExecutionId], *self.rows[QueryExecutionId]]:
            data = [{} if value is None else {"VarCharValue": str(value)} for value in row]
            info = [{"Name": name, "Type": "varchar"} for name in self.columns[QueryExecutionId]]
            yield {"ResultSet": {"Rows": [{"Data": data}], "ResultSetMetadata": {"ColumnInfo": info}}}

    def _write(self, table: pa.Table, prefix: str) -> None:
        assert not self.trades.listed(prefix), "HIVE_PATH_ALREADY_EXISTS"
        rows = table.num_rows - 1 if self.lose_rows else table.num_rows
        size = -(-rows // self.parts)
        for part in range(self.parts):
            piece = table.slice(part * size, min(size, rows - part * size))
            self.trades.put(f"{prefix}2026_{part:05d}_abcde", piece)


@pytest.fixture
def trades(monkeypatch: pytest.MonkeyPatch) -> Iterator[TradesBucket]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="trades")
        yield TradesBucket(s3)


@pytest.fixture
def duck(trades: TradesBucket) -> DuckAthena:
    return DuckAthena(trades)


@pytest.fixture
def athena(duck: DuckAthena) -> Athena:
    return Athena(client=duck, workgroup="w", database="default", seconds_left=lambda: 60.0)


@pytest.fixture
def bucket(trades: TradesBucket) -> Bucket:
    return Bucket(client=trades.s3, name=trades.name)
