"""When a trade of the cash market settles: what the visual job's SQL is held to."""

from __future__ import annotations

from datetime import date, timedelta

from glue.code.settlement import D2_FROM, FIRST_YEAR
from lake.calendar import next_session


def settlement_date(day: date) -> date:
    """The day on which the trades of a session settle.

    Raises:
        ValueError: before 2000, whose rule and calendar aren't known.
    """
    if day.year < FIRST_YEAR:
        raise ValueError(f"no settlement rule is known for {day}")
    for _ in range(2 if day >= D2_FROM else 3):
        day = next_session(day + timedelta(days=1))
    return day
