"""The stream's bucket in tests: trades written as Firehose does, and read as a query does."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake.tables.bitcoin_trades import COMPACTED, TRADES_PREFIX
from tests import duck

DAY = date(2025, 3, 10)
NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)
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
    parsed: dict[tuple[str, str], pa.Table] = field(default_factory=dict)

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
        return [key for key, _ in self._listed(prefix)]

    def _listed(self, prefix: str) -> list[tuple[str, str]]:
        """Keys with what tells one content from another."""
        listed = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])
        return [(found["Key"], found["ETag"]) for found in listed]

    def read(self, key: str) -> pa.Table:
        body = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return pq.read_table(io.BytesIO(body))

    def table(self) -> pa.Table:
        """`bitcoin_trades` as Athena sees it now: every file, with its partition and its path."""
        parts = []
        for key, content in self._listed(TRADES_PREFIX):
            if (key, content) not in self.parsed:
                self.parsed[key, content] = self.read(key).cast(SCHEMA)
            found = self.parsed[key, content]
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
        with duck.connection() as engine:
            engine.register("bitcoin_trades", self.table())
            rows: list[tuple[Any, ...]] = engine.execute(
                "SELECT DISTINCT exchange, symbol, trade_id, price, quantity, side, traded_at, via, gap_first_id "
                "FROM bitcoin_trades ORDER BY ALL"
            ).fetchall()
        return rows

    def compacted(self, day: date = DAY) -> list[str]:
        """The day's compacted files, one a market."""
        return self.listed(f"{TRADES_PREFIX}dt={day}/hour={COMPACTED}/")

    def unique(self) -> set[tuple[Any, ...]]:
        """What is seen without `via`, which of a trade's copies differs."""
        return {row[:7] + row[8:] for row in self.seen()}

    def a_day(self) -> None:
        """Two markets, three files, duplicates in a file and between files, a gap told twice."""
        rows = [trade(n) for n in range(1, 61)] + [
            trade(n, exchange="coinbase", symbol="BTC-USD") for n in range(1, 31)
        ]
        random.Random(7).shuffle(rows)
        late = [
            trade(n, via="repair", received_at=trade(n)["received_at"] + timedelta(hours=1))
            for n in (3, 4, 70)
        ]
        self.deliver(12, [*rows[:50], trade(5), trade(5), gap(61, 69)])
        self.deliver(12, [*rows[40:], gap(61, 69)])
        self.deliver(13, late)
