"""B3's trading calendar: which days have a session.

Source: the ``holidays`` library's BVMF calendar, which follows B3's "Calendário de negociação". Used for
alarms and for counting sessions, never to choose a partition.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import holidays


@cache
def _closed_days(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("BVMF", years=year))


def is_session(day: date) -> bool:
    """Whether B3's equities market opens on that day."""
    return day.weekday() < 5 and day not in _closed_days(day.year)


def next_session(day: date) -> date:
    """The first session on or after that day."""
    while not is_session(day):
        day += timedelta(days=1)
    return day


def portfolio_start(day: date) -> date:
    """The session on which the portfolio in force on ``day`` took effect.

    B3 rebalances its indices three times a year: on the first Monday of January, May and September,
    or the next session where that is a holiday. Source: B3's "Manual de Definições e Procedimentos
    dos Índices da B3".
    """
    month = (day.month - 1) // 4 * 4 + 1
    start = _first_monday_session(day.year, month)
    if day < start:
        year, month = (day.year - 1, 9) if month == 1 else (day.year, month - 4)
        start = _first_monday_session(year, month)
    return start


def _first_monday_session(year: int, month: int) -> date:
    first = date(year, month, 1)
    return next_session(first + timedelta(days=-first.weekday() % 7))
