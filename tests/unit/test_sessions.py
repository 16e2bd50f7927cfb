from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.calendar import (
    closed_weekdays,
    is_session,
    next_portfolio_start,
    next_session,
    portfolio_start,
    preview_days,
    previous_session,
)

days = st.dates(min_value=date(2003, 1, 1), max_value=date(2035, 12, 31))


@pytest.mark.parametrize(
    "day",
    [
        date(2025, 7, 12),  # Saturday
        date(2025, 7, 13),  # Sunday
        date(2025, 1, 1),
        date(2025, 3, 3),  # carnival
        date(2025, 3, 4),
        date(2025, 4, 18),  # Good Friday
        date(2025, 4, 21),  # Tiradentes
        date(2025, 5, 1),
        date(2025, 6, 19),  # Corpus Christi
        date(2025, 11, 20),  # Consciência Negra
        date(2025, 12, 24),
        date(2025, 12, 25),
        date(2025, 12, 31),
    ],
)
def test_b3_is_closed(day: date) -> None:
    assert not is_session(day)


@pytest.mark.parametrize(
    "day",
    [
        date(2025, 7, 14),
        date(2025, 3, 5),  # Ash Wednesday opens at noon
        date(2025, 7, 9),  # São Paulo's own holiday, worked since 2022
        date(2024, 1, 25),  # São Paulo's own holiday, worked since 2022
        date(2025, 12, 30),
    ],
)
def test_b3_is_open(day: date) -> None:
    assert is_session(day)


@pytest.mark.parametrize(
    ("day", "session"),
    [
        (date(2025, 7, 14), date(2025, 7, 14)),
        (date(2025, 7, 12), date(2025, 7, 14)),
        (date(2025, 6, 19), date(2025, 6, 20)),
        (date(2025, 3, 1), date(2025, 3, 5)),  # a weekend and carnival
        (date(2025, 12, 31), date(2026, 1, 2)),
    ],
)
def test_the_next_session(day: date, session: date) -> None:
    assert next_session(day) == session


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (date(2025, 1, 6), "first Monday of January"),
        (date(2025, 5, 5), "first Monday of May"),
        (date(2025, 9, 1), "first Monday of September"),
        (date(2024, 1, 2), "1 January is a Monday"),
        (date(2023, 5, 2), "1 May is a Monday"),
        (date(2017, 5, 2), "1 May is a Monday"),
        (date(2020, 9, 8), "7 September is a Monday"),
        (date(2015, 9, 8), "7 September is a Monday"),
        (date(2026, 9, 8), "7 September is a Monday"),
    ],
)
def test_a_portfolio_takes_effect_on_the_first_monday_or_the_next_session(start: date, why: str) -> None:
    assert portfolio_start(start) == start, why
    assert portfolio_start(start + timedelta(days=1)) == start, why
    before = portfolio_start(start - timedelta(days=1))
    assert before < start - timedelta(days=100), why


@pytest.mark.parametrize(
    ("day", "start"),
    [
        (date(2025, 7, 14), date(2025, 5, 5)),
        (date(2025, 5, 2), date(2025, 1, 6)),
        (date(2025, 1, 3), date(2024, 9, 2)),
        (date(2024, 1, 1), date(2023, 9, 4)),
        (date(2020, 9, 7), date(2020, 5, 4)),
        (date(2025, 12, 30), date(2025, 9, 1)),
    ],
)
def test_the_portfolio_in_force(day: date, start: date) -> None:
    assert portfolio_start(day) == start


@given(day=days)
def test_a_portfolio_starts_on_a_session_of_its_quadrimester_and_before_the_next(day: date) -> None:
    start = portfolio_start(day)

    assert start <= day
    assert start.month in (1, 5, 9)
    assert is_session(start)
    assert start.day <= 8
    assert (day - start).days <= 127
    assert portfolio_start(start) == start


@given(st.dates(date(2000, 1, 1), date(2030, 12, 31)))
def test_the_next_portfolio_is_the_first_that_starts_later(day: date) -> None:
    following = next_portfolio_start(day)
    assert following > day
    assert portfolio_start(following) == following
    assert portfolio_start(following - timedelta(days=1)) == portfolio_start(day)


def test_previews_are_shown_on_three_sessions_of_the_last_month() -> None:
    # Monday 1 December; Tuesday 16 December; the last but one before 5 January: 30 December, for there is
    # no session on the 31st.
    december = (date(2025, 12, 1), date(2025, 12, 16), date(2025, 12, 30))
    assert preview_days(date(2025, 9, 1)) == preview_days(date(2025, 12, 31)) == december
    assert preview_days(date(2026, 5, 4)) == (date(2026, 8, 3), date(2026, 8, 17), date(2026, 9, 3))


def test_closed_days_are_told_of_the_week_only() -> None:
    assert closed_weekdays(date(2025, 12, 20), date(2026, 1, 4)) == [
        date(2025, 12, 24), date(2025, 12, 25), date(2025, 12, 31), date(2026, 1, 1),
    ]  # fmt: skip
    assert previous_session(date(2025, 12, 27)) == date(2025, 12, 26)
