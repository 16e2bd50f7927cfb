"""B3's trading calendar: which days have a session.

Source: the ``holidays`` library's BVMF calendar, which follows B3's "Calendário de negociação", and the
days that it lacks: São Paulo's own holidays, which B3 kept until 2021, and the two days of December that
it kept before 2018. Used for alarms and for counting sessions, never to choose a partition.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import holidays

# São Paulo's city (25 January, 20 November: Lei Municipal 13.707 of 2004) and state (9 July: Lei Estadual
# 9.497 of 1997) holidays. B3 opens on them since 2022: Ofício Circular 150/2021-PRE. Both of 2020's second
# half were brought forward by the city and the state on account of the pandemic, and B3 opened.
_CITY_AND_STATE = ((1, 25, 1986), (7, 9, 1997), (11, 20, 2004))  # month, day, first year
_LAST_YEAR_OF_THEM = 2021
_OPEN_ALL_THE_SAME = frozenset({date(2020, 7, 9), date(2020, 11, 20)})
# The opening of the World Cup, a holiday in São Paulo. Some calendars lack it; the exchange was closed
# (Exame, 16 June 2014: "a Bovespa ficou fechada por conta de feriado municipal").
_ONCE = frozenset({date(2014, 6, 12)})
_FIRST_YEAR_OF_OPEN_DECEMBERS = 2018  # before it closed on the 24th and on the year's last weekday


@cache
def _closed_days(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("BVMF", years=year)) | frozenset(_more_closed_days(year))


def _more_closed_days(year: int) -> Iterator[date]:
    if year <= _LAST_YEAR_OF_THEM:
        for month, day, first_year in _CITY_AND_STATE:
            closed = date(year, month, day)
            if year >= first_year and closed not in _OPEN_ALL_THE_SAME:
                yield closed
    if year < _FIRST_YEAR_OF_OPEN_DECEMBERS:
        yield date(year, 12, 24)
        last = date(year, 12, 31)
        yield last - timedelta(days=max(0, last.weekday() - 4))
    yield from (day for day in _ONCE if day.year == year)


def is_session(day: date) -> bool:
    """Whether B3's equities market opens on that day."""
    return day.weekday() < 5 and day not in _closed_days(day.year)


def next_session(day: date) -> date:
    """The first session on or after that day."""
    while not is_session(day):
        day += timedelta(days=1)
    return day


def previous_session(day: date) -> date:
    """The last session before that day."""
    day -= timedelta(days=1)
    while not is_session(day):
        day -= timedelta(days=1)
    return day


def closed_weekdays(first: date, last: date) -> list[date]:
    """The days from Monday to Friday, both ends included, on which there is no session."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5 and not is_session(day)]


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


def next_portfolio_start(day: date) -> date:
    """The session on which the portfolio after that in force on ``day`` takes effect."""
    start = portfolio_start(day)
    return _first_monday_session(start.year + start.month // 9, (start.month + 3) % 12 + 1)


def preview_days(day: date) -> tuple[date, date, date]:
    """The sessions on which B3 shows previews of the portfolio after that in force on ``day``.

    The first of the quadrimester's last month, the one after its 15th, and the last but one before the new
    portfolio takes effect. Source: the same manual.
    """
    start = portfolio_start(day)
    month = date(start.year, start.month + 3, 1)
    last = previous_session(next_portfolio_start(day))
    return next_session(month), next_session(month.replace(day=16)), previous_session(last)


def in_preview_season(day: date) -> bool:
    """Whether a preview that B3 shows on that day is of the next portfolio.

    Outside of the season the call may answer with the last season's preview, whose portfolio has taken
    effect since (so others who collect it report).
    """
    return day >= preview_days(day)[0]


def _first_monday_session(year: int, month: int) -> date:
    first = date(year, month, 1)
    return next_session(first + timedelta(days=-first.weekday() % 7))
