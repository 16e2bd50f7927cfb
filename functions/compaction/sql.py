"""The compaction's three statements, in Athena's dialect.

Values that reach SQL are a date, checked market names and object addresses of the stream's own bucket.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from lake.tables.bitcoin_trades import TRADES, Market

_COLUMNS = ", ".join(column.name for column in TRADES.columns)
# Two answers of this shape are equal when they count the same trades, gaps, volumes and turnovers. The cast
# gives the product 38 digits on every engine: DuckDB keeps 18 for two decimal(18,8).
_TOTALS = """SELECT exchange, symbol, count(*) AS lines, count(DISTINCT trade_id) AS trades,
  CAST(sum(quantity) AS varchar) AS volume,
  CAST(sum(price * CAST(quantity AS decimal(20, 8))) AS varchar) AS turnover
FROM ({source}) AS t
GROUP BY exchange, symbol
ORDER BY exchange, symbol"""


def totals_of_day(day: date) -> str:
    """Per market, what the day holds once duplicates are dropped."""
    return _TOTALS.format(source=_deduplicated(f"dt = '{day.isoformat()}'"))


def totals_of_files(day: date, addresses: Sequence[str]) -> str:
    """Per market, what the named files hold, duplicates counted; read through the table like any reader does."""
    named = ", ".join(_literal(address) for address in addresses)
    where = f"dt = '{day.isoformat()}' AND hour = 'day' AND \"$path\" IN ({named})"
    return _TOTALS.format(source=f"SELECT {_COLUMNS} FROM {TRADES.name} WHERE {where}")  # noqa: S608


def unload(day: date, market: Market, target: str) -> str:
    """Write a market's day without duplicates, in the order of its trades, under ``target``.

    Athena sorts within each file that it writes (Amazon Athena User Guide, "UNLOAD"); timestamps come out with
    the milliseconds that Athena reads.
    """
    where = (
        f"dt = '{day.isoformat()}' AND exchange = {_literal(market.exchange)}"
        f" AND symbol = {_literal(market.symbol)}"
    )
    return (
        f"UNLOAD (SELECT * FROM ({_deduplicated(where)}) AS t ORDER BY traded_at, trade_id)\n"  # noqa: S608
        f"TO {_literal(target)}\nWITH (format = 'PARQUET', compression = 'ZSTD')"
    )


def _deduplicated(where: str) -> str:
    return f"""SELECT {_COLUMNS} FROM (
  SELECT {_COLUMNS}, row_number() OVER (
    PARTITION BY exchange, symbol, trade_id ORDER BY received_at, via, price, quantity) AS copy
  FROM {TRADES.name} WHERE {where} AND via <> 'gap') AS copies
WHERE copy = 1
UNION ALL
SELECT DISTINCT {_COLUMNS} FROM {TRADES.name} WHERE {where} AND via = 'gap'"""  # noqa: S608


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
