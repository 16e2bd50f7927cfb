"""B3's calendar, day for day, against two that are independent of it and of each other."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from lake.calendar import is_session
from tests.settlement import settlement_date

REAL = Path(os.environ.get("BOVESPA_REAL_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
FIRST, LAST = date(2000, 1, 1), date(2026, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


@pytest.fixture(scope="module")
def theirs() -> list[date]:
    """The sessions that both of the other calendars have."""
    listed = (Path(__file__).parent / "closed_days_2000_2026.txt").read_text().splitlines()
    closed = {
        date.fromisoformat(f"{year}-{day}")
        for year, *days in (line.split() for line in listed if not line.startswith("#"))
        for day in days
    }
    assert len(closed) == 353
    return [day for day in DAYS if day.weekday() < 5 and day not in closed]


def test_every_session_from_2000_to_2026_is_one_of_both_other_calendars(theirs: list[date]) -> None:
    assert theirs == [day for day in DAYS if is_session(day)]


def test_every_settlement_from_2000_to_2026_counts_their_sessions(theirs: list[date]) -> None:
    wrong = [
        day
        for place, day in enumerate(theirs[:-3])
        if settlement_date(day) != theirs[place + (2 if day >= date(2019, 5, 27) else 3)]
    ]

    assert wrong == []


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
    with pytest.raises(ValueError, match="1998-02-12"):
        settlement_date(date(1998, 2, 12))


def test_the_closed_days_that_were_missing_are_closed() -> None:
    listed = REAL / "b3" / "closed_days_missing.txt"
    if not listed.exists():
        pytest.skip(f"no {listed.name} in shared/data/b3")

    assert [day for day in listed.read_text().split() if is_session(date.fromisoformat(day))] == []
