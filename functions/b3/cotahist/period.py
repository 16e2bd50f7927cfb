"""Which sessions a COTAHIST file is of, and what B3 calls it: a day, a month or a year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_YEAR = 1986  # B3's oldest file
_NAME = re.compile(
    r"(?<![A-Z0-9])COTAHIST[_.](?:D(\d{2})(\d{2})(\d{4})|M(\d{2})(\d{4})|A(\d{4}))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """``stem`` is the file's name without its ending; ``first`` and ``last`` bound its sessions."""

    stem: str
    first: date
    last: date

    @property
    def zip_name(self) -> str:
        """As B3 publishes it: ``COTAHIST_D08072025.ZIP``."""
        return f"{self.stem}.ZIP"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def of_day(day: date) -> Period:
    """One session's file; B3 keeps those of the current year."""
    return Period(stem=f"COTAHIST_D{day:%d%m%Y}", first=day, last=day)


def of_month(year: int, month: int) -> Period:
    """One month's file; B3 keeps those of the last twelve months."""
    first = date(year, month, 1)
    return Period(
        stem=f"COTAHIST_M{first:%m%Y}", first=first, last=_before(date(year + month // 12, month % 12 + 1, 1))
    )


def of_year(year: int) -> Period:
    """One year's file; B3 has every year since 1986, the current one up to the last session."""
    return Period(stem=f"COTAHIST_A{year:04d}", first=date(year, 1, 1), last=date(year, 12, 31))


def of_name(name: str) -> Period:
    """The period in a file's name: ``COTAHIST_A2020.ZIP``, ``COTAHIST.A1994``, ``cotahist_d04012016.txt``.

    Raises:
        ValueError: the name isn't one of B3's.
    """
    match = _NAME.search(name)
    if match is None:
        raise ValueError(
            f"{name!r} is not named as B3 names them: COTAHIST_A2020, COTAHIST_M072025 or COTAHIST_D08072025"
        )
    day, month, year, only_month, month_year, only_year = match.groups()
    try:
        if only_year:
            return of_year(int(only_year))
        if only_month:
            return of_month(int(month_year), int(only_month))
        return of_day(date(int(year), int(month), int(day)))
    except ValueError as error:
        raise ValueError(f"{name!r} names no date: {error}") from None


def _before(day: date) -> date:
    return day - timedelta(days=1)
