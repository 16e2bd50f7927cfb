"""Made-up trades in the stream's bucket, in files like Firehose's; the window of the tests crosses midnight."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from bovespa.local.stack import Stack
from lake.tables.bitcoin_trades import COMPACTED, TRADES_PREFIX
from tests.trades_bucket import SCHEMA, TradesBucket

# The last half past midnight: of an older window Trino would list the partitions of every hour since.
_NOW = datetime.now(UTC)
END = (_NOW - timedelta(minutes=30)).replace(hour=0, minute=30, second=0, microsecond=0)
MINUTES = 60
MARKETS = (
    ("binance", "BTC-USDT"),
    ("coinbase", "BTC-USD"),
    ("kraken", "BTC-USD"),
    ("mercado_bitcoin", "BTC-BRL"),
)


def deliver(stack: Stack) -> None:
    """Put every trade where Firehose would, some of them twice, and the gaps."""
    files: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for partition, row in _rows():
        files[partition].append(row)
    bucket = TradesBucket(stack.aws["s3"], name=stack.exports["tradesBucket"])
    for (day, arrival), rows in sorted(files.items()):
        bucket.put(
            f"{TRADES_PREFIX}dt={day}/hour={arrival}/made.parquet", pa.Table.from_pylist(rows, schema=SCHEMA)
        )


def _rows() -> list[tuple[tuple[str, str], dict[str, Any]]]:
    chance = random.Random(11)
    found = []
    for exchange, symbol in MARKETS:
        for n in range(1, 161):
            # Milliseconds, as far as Athena reads; two trades in one of them now and then.
            at = END - timedelta(minutes=80) + timedelta(seconds=30 * n, milliseconds=chance.randrange(3_000))
            arrived = at + timedelta(milliseconds=chance.randrange(20, 900))
            row = {
                "exchange": exchange,
                "symbol": symbol,
                "trade_id": n,
                "price": Decimal(chance.randrange(5_900_000_000_000, 6_100_000_000_000)).scaleb(-8),
                "quantity": Decimal(chance.randrange(1, 300_000_000)).scaleb(-8),
                "side": chance.choice(("buy", "sell")),
                "traded_at": at.replace(tzinfo=None),
                "received_at": arrived.replace(tzinfo=None),
                "via": "live",
            }
            found.append((_hour(arrived - timedelta(minutes=4)), row))
            if n % 5 == 0:  # told again, an hour later, in another partition
                late = arrived + timedelta(hours=1)
                again = {**row, "via": "repair", "received_at": late.replace(tzinfo=None)}
                found.append((_hour(late), again))
            if n % 7 == 0:  # and once more in the day's compacted file
                found.append(((f"{arrived:%Y-%m-%d}", COMPACTED), row))
    lost = END - timedelta(minutes=20)
    gap = {
        "exchange": "binance", "symbol": "BTC-USDT", "via": "gap", "traded_at": lost.replace(tzinfo=None),
        "received_at": lost.replace(tzinfo=None), "gap_from": (lost - timedelta(minutes=1)).replace(tzinfo=None),
        "gap_first_id": 150, "gap_last_id": 200, "gap_reason": "too old",
    }  # fmt: skip
    unknown = {**gap, "exchange": "bitstamp", "symbol": "BTC-USD", "gap_first_id": None, "gap_last_id": None}
    return [*found, (_hour(lost), gap), (_hour(lost + timedelta(hours=1)), gap), (_hour(lost), unknown)]


def _hour(moment: datetime) -> tuple[str, str]:
    return f"{moment:%Y-%m-%d}", f"{moment:%H}"
