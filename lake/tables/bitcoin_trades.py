"""The trades: the table's columns, where it lies in the stream's bucket, and what a key there means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from lake.tables.column import Table, column

TRADES_PREFIX = "bitcoin/trades/"
ERRORS_PREFIX = "bitcoin/errors/"
STAGING_PREFIX = "bitcoin/compaction/staging/"
PENDING_PREFIX = "bitcoin/compaction/pending/"
COMPACTED = "day"  # the `hour` of a compacted file
# decimal(18,8) times decimal(18,8) is decimal(36,16) in Trino: price * quantity cannot overflow, and both
# stay in 64-bit arithmetic.
DECIMAL_TYPE: Final = "decimal(18,8)"

TRADES: Final = Table(
    name="bitcoin_trades",
    prefix=TRADES_PREFIX,
    description="Trades and known gaps of the exchanges; drop duplicates by (exchange, symbol, trade_id).",
    description_pt="Negócios e lacunas conhecidas das corretoras; elimine repetidos por (exchange, symbol, trade_id).",
    columns=(
        column("exchange", "string", "Exchange: binance, coinbase, …", "Corretora: binance, coinbase, …"),
        column("symbol", "string", "Base and quote currency: BTC-USDT", "Moeda-base e de cotação: BTC-USDT"),
        column(
            "trade_id",
            "bigint",
            "The exchange's number of the trade",
            "Número do negócio na corretora",
            null=True,
        ),
        column(
            "price", DECIMAL_TYPE, "Price, in the quote currency", "Preço, na moeda de cotação", null=True
        ),
        column(
            "quantity", DECIMAL_TYPE, "Quantity, in the base currency", "Quantidade, na moeda-base", null=True
        ),
        column(
            "side", "string", "The taker's side: buy or sell", "Lado de quem agrediu: buy ou sell", null=True
        ),
        column(
            "traded_at",
            "timestamp",
            "When it was traded, UTC; of a gap, the first trade after it",
            "Quando foi negociado, UTC; numa lacuna, o primeiro negócio depois dela",
            null=True,
        ),
        column(
            "received_at", "timestamp", "When the producer had it, UTC", "Quando o produtor o recebeu, UTC"
        ),
        column(
            "via",
            "string",
            "live, snapshot or repair; gap: trades that are known to be missing",
            "live, snapshot ou repair; gap: negócios que se sabe que faltam",
        ),
        column("gap_first_id", "bigint", "First missing number", "Primeiro número que falta", null=True),
        column("gap_last_id", "bigint", "Last missing number", "Último número que falta", null=True),
        column(
            "gap_from",
            "timestamp",
            "The last trade before the gap, UTC",
            "O último negócio antes da lacuna, UTC",
            null=True,
        ),
        column("gap_reason", "string", "Why it was not filled", "Por que não foi preenchida", null=True),
    ),
    keys=(
        column("dt", "string", "Day of arrival, UTC", "Dia da chegada, UTC"),
        column(
            "hour",
            "string",
            "Hour of arrival, UTC; day once compacted",
            "Hora da chegada, UTC; day depois de compactada",
        ),
    ),
)

_EXCHANGE = re.compile(r"[a-z][a-z0-9_]{1,31}")
_SYMBOL = re.compile(r"[A-Z0-9]{2,12}-[A-Z0-9]{2,12}")


class UnexpectedMarket(ValueError):
    """The table holds a name that no exchange or symbol of ours has; it reaches neither SQL nor a key."""


@dataclass(frozen=True, slots=True, order=True)
class Market:
    """One symbol on one exchange.

    Raises:
        UnexpectedMarket: a name is not plain.
    """

    exchange: str
    symbol: str

    def __post_init__(self) -> None:
        if not _EXCHANGE.fullmatch(self.exchange) or not _SYMBOL.fullmatch(self.symbol):
            raise UnexpectedMarket(f"no market of ours: {self.exchange[:40]!r} {self.symbol[:40]!r}")

    @property
    def slug(self) -> str:
        """Such as ``binance-BTC-USDT``."""
        return f"{self.exchange}-{self.symbol}"


def day_prefix(day: date) -> str:
    return f"{TRADES_PREFIX}dt={day.isoformat()}/"


def compacted_prefix(day: date) -> str:
    return f"{day_prefix(day)}hour={COMPACTED}/"


def compacted_key(day: date, market: Market, digest: str, part: int) -> str:
    """The name is derived from the source files, so that other sources give another name and overwrite nothing."""
    return f"{compacted_prefix(day)}{market.slug}-{digest}-{part}.parquet"


def pending_key(day: date) -> str:
    return f"{PENDING_PREFIX}dt={day.isoformat()}.json"


def staging_prefix(day: date, digest: str, market: Market) -> str:
    return f"{STAGING_PREFIX}dt={day.isoformat()}/{digest}/{market.slug}/"
