"""The number of trades behind five digits: found again where value a trade says so, left alone elsewhere."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.trades import Trades, likely_trades, likely_trades_sql


@pytest.mark.parametrize(
    ("stated", "value", "usual", "likely"),
    [
        (66_160, "2658560000", "16000", 166_160),  # as PETR4 on 10 November 2020
        (14_721, "1376652000", "12000", 114_721),
        (66_160, "1058560000", "16000", 66_160),  # an ordinary day
        (90_000, "2592000000", "16000", 90_000),  # 1.8 times the usual: dear, not doubtful
        (0, "1600000000", "16000", 100_000),
        (5, "400", "16", 5),  # a few large trades are no turn
        (12, "60000000", "16000", 12),
        (3_000, "4848000000", "16000", 303_000),
    ],
)
def test_a_turn_of_the_field_is_told_from_the_value_a_trade(
    stated: int, value: str, usual: str, likely: int
) -> None:
    assert likely_trades(stated, Decimal(value), Decimal(usual)) == Trades(stated, likely)


@pytest.mark.parametrize("usual", [None, Decimal(0)])
def test_without_a_usual_value_nothing_is_doubted(usual: Decimal | None) -> None:
    assert not likely_trades(1, Decimal(10**12), usual).doubtful


@given(st.integers(1_000, 900_000), st.integers(100, 100_000), st.floats(0.9, 1.12, allow_nan=False))
def test_the_true_number_is_found_within_a_tenth_of_the_usual_value(
    true: int, usual: int, factor: float
) -> None:
    value = Decimal(true) * usual * Decimal(factor)
    found = likely_trades(true % 100_000, value, Decimal(usual))

    assert found.likely % 100_000 == true % 100_000
    if true < 100_000 or true * factor <= 2 * (true % 100_000):
        assert found.likely == true % 100_000
    elif true < 400_000:
        assert found.likely == true


@settings(deadline=None)
@given(st.integers(0, 99_999), st.integers(0, 10**12), st.none() | st.integers(0, 10**6))
def test_the_sql_says_the_same(stated: int, value: int, usual: int | None) -> None:
    sql = likely_trades_sql("stated", "value", "usual")
    row = duckdb.execute(
        f"SELECT {sql} FROM (SELECT ?::BIGINT AS stated, ?::DECIMAL(18,2) AS value, ?::DECIMAL(18,2) AS usual)",
        [stated, value, usual],
    ).fetchone()

    ours = likely_trades(stated, Decimal(value), None if usual is None else Decimal(usual)).likely
    assert row is not None
    assert abs(row[0] - ours) in (0, 100_000)
    if (
        usual and abs(((value / usual - stated) / 100_000) % 1 - 0.5) > 1e-6
    ):  # no tie, which each rounds its way
        assert row[0] == ours
