"""The number of trades behind B3's five digits.

COTAHIST states trades in a field of five digits, which starts again at 0 after 99,999 ("TOTNEG", B3's layout
of the historical quotes). Since 2020 the busiest shares pass that: on 10 November 2020 PETR4 is stated with
66,160 trades, at 2.7 times its usual value a trade, and at 1.0 times with 100,000 added. What B3 states stays
as it is; beside it go a flag and the most likely number.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

TURN = 100_000  # where the field starts again
DOUBTFUL_FROM = 2  # times the usual value a trade; a busy day without a turn stays under it
MOST_TURNS = 50


@dataclass(frozen=True, slots=True)
class Trades:
    """``stated`` is B3's number, ``likely`` the most likely one, ``doubtful`` whether they differ."""

    stated: int
    likely: int

    @property
    def doubtful(self) -> bool:
        return self.likely != self.stated


def likely_trades(stated: int, value: Decimal, usual: Decimal | None) -> Trades:
    """The most likely number of trades, by what a trade of the ticker is usually worth.

    Args:
        stated: B3's number, 0 to 99,999 for one lot.
        value: what was traded, in the session's currency.
        usual: the ticker's usual value a trade, in the same currency: the median over its neighbouring
            sessions, or over the busiest tickers of the session. None or nothing: no doubt can be had.

    Returns:
        ``stated`` and as many times 100,000 as bring the value a trade nearest to ``usual``, where that of
        ``stated`` is over twice as much; else ``stated``.
    """
    if not usual or usual <= 0 or value <= DOUBTFUL_FROM * usual * stated:
        return Trades(stated, stated)
    turns = round((value / usual - stated) / TURN)
    return Trades(stated, stated + TURN * min(max(turns, 0), MOST_TURNS))


def likely_trades_sql(stated: str, value: str, usual: str) -> str:
    """:func:`likely_trades` as an expression of Spark's and Trino's SQL over three column names.

    Doubles are exact enough here: a turn is far larger than their error.
    """
    turns = f"ROUND((CAST({value} AS DOUBLE) / CAST({usual} AS DOUBLE) - {stated}) / {TURN}.0)"
    return (
        f"CASE WHEN {usual} IS NULL OR {usual} <= 0 "
        f"OR CAST({value} AS DOUBLE) <= {DOUBTFUL_FROM} * CAST({usual} AS DOUBLE) * {stated} THEN {stated} "
        f"ELSE {stated} + {TURN} * CAST(LEAST(GREATEST({turns}, 0), {MOST_TURNS}) AS BIGINT) END"
    )
