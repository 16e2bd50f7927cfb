"""Where trades lie in the stream's bucket, and what a key there means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

TABLE = "bitcoin_trades"
TRADES_PREFIX = "bitcoin/trades/"
ERRORS_PREFIX = "bitcoin/errors/"
STAGING_PREFIX = "bitcoin/compaction/staging/"
PENDING_PREFIX = "bitcoin/compaction/pending/"
COMPACTED = "day"  # the `hour` of a compacted file

_EXCHANGE = re.compile(r"[a-z][a-z0-9_]{1,31}")
_SYMBOL = re.compile(r"[A-Z0-9]{2,12}-[A-Z0-9]{2,12}")


class UnexpectedMarket(ValueError):
    """The table holds a name that no exchange or symbol of ours has; it reaches neither SQL nor a key."""


@dataclass(frozen=True, slots=True, order=True)
class Market:
    """One symbol on one exchange.

    Raises UnexpectedMarket for names that are not plain.
    """

    exchange: str
    symbol: str

    def __post_init__(self) -> None:
        if not _EXCHANGE.fullmatch(self.exchange) or not _SYMBOL.fullmatch(self.symbol):
            raise UnexpectedMarket(f"no market of ours: {self.exchange[:40]!r} {self.symbol[:40]!r}")

    @property
    def slug(self) -> str:
        """``binance-BTC-USDT``"""
        return f"{self.exchange}-{self.symbol}"


def day_prefix(day: date) -> str:
    return f"{TRADES_PREFIX}dt={day.isoformat()}/"


def compacted_prefix(day: date) -> str:
    return f"{day_prefix(day)}hour={COMPACTED}/"


def compacted_key(day: date, market: Market, digest: str, part: int) -> str:
    """The name tells what the file was made from: other sources, another name, never an overwrite."""
    return f"{compacted_prefix(day)}{market.slug}-{digest}-{part}.parquet"


def pending_key(day: date) -> str:
    return f"{PENDING_PREFIX}dt={day.isoformat()}.json"


def staging_prefix(day: date, digest: str, market: Market) -> str:
    return f"{STAGING_PREFIX}dt={day.isoformat()}/{digest}/{market.slug}/"
