"""B3's calendar, day for day, against two that are independent of it and of each other."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import bizdays
import exchange_calendars
import pytest

from glue.settlement import settlement_date
from lake.calendar import is_session, next_session

FIRST, LAST = date(2000, 1, 1), date(2026, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
OURS = [day for day in DAYS if is_session(day)]


def test_every_session_from_2000_to_2026_is_exchange_calendars_one() -> None:
    theirs = exchange_calendars.get_calendar("BVMF", start=str(FIRST), end=str(LAST)).sessions

    assert {moment.date() for moment in theirs} ^ set(OURS) == set()


def test_every_session_from_2000_to_2026_is_bizdays_one() -> None:
    theirs = bizdays.Calendar.load("B3")

    assert {day for day in DAYS if theirs.isbizday(day)} ^ set(OURS) == set()


def test_every_settlement_from_2000_to_2026_counts_their_sessions() -> None:
    theirs = bizdays.Calendar.load("B3")
    counted = [day for day in OURS if day < date(2026, 12, 20)]

    wrong = [
        day
        for day in counted
        if settlement_date(day) != theirs.offset(day, 2 if day >= date(2019, 5, 27) else 3)
    ]

    assert wrong == []
    assert len(counted) > 6_680


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2014, 6, 12), False),  # the World Cup's opening in São Paulo
        (date(2020, 7, 9), True),  # brought forward to May on account of the pandemic
        (date(2020, 11, 20), True),
        (date(2021, 7, 9), False),  # the last one kept
        (date(2022, 1, 25), True),
        (date(2003, 11, 20), True),  # no holiday yet
        (date(2017, 12, 29), False),
        (date(2018, 12, 24), False),  # kept again, by the year's own calendar
        (date(2018, 12, 31), False),
    ],
)
def test_days_that_others_have_wrong(day: date, open_: bool) -> None:
    assert is_session(day) is open_


def test_before_2000_no_settlement_is_guessed() -> None:
    assert settlement_date(date(1998, 2, 12)) is None
    assert settlement_date(next_session(date(2000, 1, 3))) is not None


def test_the_closed_days_that_were_missing_are_closed() -> None:
    listed = Path(__file__).resolve().parents[4] / "shared" / "data" / "b3" / "closed_days_missing.txt"
    if not listed.exists():
        pytest.skip(f"no {listed.name} in shared/data/b3")

    assert [day for day in listed.read_text().split() if is_session(date.fromisoformat(day))] == []
