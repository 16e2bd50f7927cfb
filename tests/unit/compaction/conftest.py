"""S3 by moto, and Athena's part played by DuckDB: it runs the very statements on the very objects."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from bovespa.athena.dialect import to_duckdb
from functions.compaction.athena import Athena
from functions.compaction.objects import Bucket
from lake.tables.bitcoin_trades import TRADES_PREFIX

DAY = date(2026, 11, 21)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_PRICE = pa.decimal128(18, 8)
_TIME = pa.timestamp("us")
SCHEMA = pa.schema(
    [
        ("exchange", pa.string()), ("symbol", pa.string()), ("trade_id", pa.int64()), ("price", _PRICE),
        ("quantity", _PRICE), ("side", pa.string()), ("traded_at", _TIME), ("received_at", _TIME),
        ("via", pa.string()), ("gap_first_id", pa.int64()), ("gap_last_id", pa.int64()), ("gap_from", _TIME),
        ("gap_reason", pa.string()),
    ]
)  # fmt: skip
_UNLOAD = re.compile(r"UNLOAD \((?P<select>.+)\)\nTO '(?P<target>[^']+)'\nWITH .+", re.DOTALL)


def trade(
    trade_id: int, *, exchange: str = "binance", symbol: str = "BTC-USDT", **changes: Any
) -> dict[str, Any]:
    """A trade; its time and price follow from its id."""
    at = (NOON + timedelta(seconds=trade_id)).replace(tzinfo=None)
    return {
        "exchange": exchange,
        "symbol": symbol,
        "trade_id": trade_id,
        "price": Decimal(60_000) + Decimal(trade_id) / 100,
        "quantity": Decimal("0.00000001") * trade_id,
        "side": "buy" if trade_id % 2 else "sell",
        "traded_at": at,
        "received_at": at + timedelta(milliseconds=80),
        "via": "live",
        **changes,
    }


def gap(first: int, last: int, **changes: Any) -> dict[str, Any]:
    at = (NOON + timedelta(seconds=last + 1)).replace(tzinfo=None)
    return {
        "exchange": "binance",
        "symbol": "BTC-USDT",
        "traded_at": at,
        "received_at": at,
        "via": "gap",
        "gap_first_id": first,
        "gap_last_id": last,
        "gap_from": at - timedelta(minutes=1),
        "gap_reason": "the exchange's history does not reach back",
        **changes,
    }


@dataclass
class TradesBucket:
    """The stream's bucket, written as Firehose does and read as a query does."""

    s3: Any
    name: str = "trades"
    written: int = 0

    def deliver(self, hour: int, rows: list[dict[str, Any]], day: date = DAY) -> str:
        """One of Firehose's files."""
        self.written += 1
        key = f"{TRADES_PREFIX}dt={day}/hour={hour:02d}/firehose-{self.written:04d}.parquet"
        self.put(key, pa.Table.from_pylist(rows, schema=SCHEMA))
        return key

    def put(self, key: str, table: pa.Table) -> None:
        body = io.BytesIO()
        pq.write_table(table, body)
        self.s3.put_object(Bucket=self.name, Key=key, Body=body.getvalue())

    def listed(self, prefix: str = TRADES_PREFIX) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])
        return [found["Key"] for found in listed]

    def read(self, key: str) -> pa.Table:
        body = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return pq.read_table(io.BytesIO(body))

    def table(self) -> pa.Table:
        """`bitcoin_trades` as Athena sees it now: every file, with its partition and its path."""
        parts = []
        for key in self.listed():
            found = self.read(key)
            dt, hour = key.split("/")[2:4]
            for name, value in (
                ("dt", dt.removeprefix("dt=")),
                ("hour", hour.removeprefix("hour=")),
                ("$path", f"s3://{self.name}/{key}"),
            ):
                found = found.append_column(name, pa.array([value] * found.num_rows, pa.string()))
            parts.append(found)
        empty = pa.schema([*SCHEMA, ("dt", pa.string()), ("hour", pa.string()), ("$path", pa.string())])
        return pa.concat_tables(parts) if parts else empty.empty_table()

    def seen(self) -> list[tuple[Any, ...]]:
        """What a reader who drops duplicates by (exchange, symbol, trade_id) gets, in order."""
        with duckdb.connect() as engine:
            engine.register("bitcoin_trades", self.table())
            rows: list[tuple[Any, ...]] = engine.execute(
                "SELECT DISTINCT exchange, symbol, trade_id, price, quantity, side, traded_at, via, gap_first_id "
                "FROM bitcoin_trades ORDER BY ALL"
            ).fetchall()
        return rows


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
        with duckdb.connect() as engine:
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
            yield {"ResultSet": {"Rows": [{"Data": data}]}}

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
    return Athena(
        client=duck, workgroup="w", database="default", seconds_left=lambda: 60.0, poll_seconds=0.001
    )


@pytest.fixture
def bucket(trades: TradesBucket) -> Bucket:
    return Bucket(client=trades.s3, name=trades.name)
