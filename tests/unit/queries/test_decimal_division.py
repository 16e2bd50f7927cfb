"""The division of decimals, beside Python's exact one."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from bovespa.athena.dialect import to_duckdb

ENGINE = duckdb.connect()


def divided(left: str, left_type: tuple[int, int], right: str, right_type: tuple[int, int]) -> Decimal:
    """What the embedded Athena gives for a division of two decimals."""
    left_type_sql, right_type_sql = (f"decimal({p}, {s})" for p, s in (left_type, right_type))
    sql = f"SELECT CAST(l AS {left_type_sql}) / CAST(r AS {right_type_sql}) FROM (SELECT ? AS l, ? AS r)"
    (found,) = ENGINE.execute(to_duckdb(sql), [left, right]).fetchall()[0]
    assert isinstance(found, Decimal)
    return found


def exactly(left: str, right: str, scale: int) -> Decimal:
    with localcontext(prec=120):
        return (Decimal(left) / Decimal(right)).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def numbers(digits: int, scale: int) -> st.SearchStrategy[str]:
    whole = st.integers(-(10**digits) + 1, 10**digits - 1)
    return whole.map(lambda n: f"{Decimal(n).scaleb(-scale):f}")


@settings(max_examples=150, deadline=None)
@given(left=numbers(18, 6), right=numbers(18, 0).filter(lambda n: Decimal(n) != 0))
def test_every_digit_is_right(left: str, right: str) -> None:
    assert divided(left, (30, 6), right, (18, 0)) == exactly(left, right, 6)


@settings(max_examples=150, deadline=None)
@given(left=numbers(9, 3), right=numbers(9, 5).filter(lambda n: Decimal(n) != 0))
def test_the_larger_scale_is_the_answers(left: str, right: str) -> None:
    assert divided(left, (18, 3), right, (18, 5)) == exactly(left, right, 5)


@settings(max_examples=100, deadline=None)
@given(half=st.integers(-(10**12), 10**12).map(lambda n: 2 * n + 1), power=st.integers(0, 6))
def test_a_half_is_rounded_away_from_zero(half: int, power: int) -> None:
    divisor = 2 * 10**power  # so that the quotient ends in exactly half a unit
    assert divided(str(half * 10**power), (30, 0), str(divisor), (18, 0)) == exactly(str(half), "2", 0)


def test_where_doubles_would_be_wrong() -> None:
    """10^17 + 1 is no double."""
    assert divided("100000000000000001", (30, 0), "1", (18, 0)) == 100_000_000_000_000_001


def test_nothing_divided_is_nothing() -> None:
    sql = (
        "SELECT CAST(NULL AS decimal(18, 2)) / CAST(3 AS decimal(18, 0)),"
        " CAST(1 AS decimal(9, 0)) / CAST(nullif(0, 0) AS decimal(9, 0))"
    )
    assert ENGINE.execute(to_duckdb(sql)).fetchall() == [(None, None)]


def test_a_division_in_a_division() -> None:
    sql = (
        "SELECT CAST(CAST(10 AS decimal(9, 4)) / CAST(3 AS decimal(9, 0)) AS decimal(9, 4))"
        " / CAST(CAST(7 AS decimal(9, 2)) / CAST(2 AS decimal(9, 0)) AS decimal(9, 2))"
    )
    assert ENGINE.execute(to_duckdb(sql)).fetchall() == [(Decimal("0.9524"),)]


def test_other_divisions_stay_as_they_were() -> None:
    assert ENGINE.execute(to_duckdb("SELECT 7e0 / 2e0")).fetchall() == [(3.5,)]
