"""What a query of the Bitcoin stream is narrowed to, as typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bovespa.errors import UserError
from lake.saved_queries import SavedQuery

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
_SECOND = timedelta(seconds=1)
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a query of the stream is narrowed to; moments are UTC."""

    since: datetime | None = None
    until: datetime | None = None
    last: str | None = None
    exchange: str | None = None
    symbol: str | None = None

    @property
    def given(self) -> bool:
        """Whether anything is."""
        return any((self.since, self.until, self.last, self.exchange, self.symbol))

    def of(self, found: SavedQuery, now: datetime) -> SavedQuery:
        """The query, narrowed.

        Raises:
            UserError: both --last and --since, or nothing between the two ends.
        """
        found = found.of_market(self.exchange, self.symbol)
        until = self.until.replace(tzinfo=UTC) if self.until else now
        if self.last is not None and self.since is not None:
            raise UserError("--last and --since say the same: give one of them")
        if self.last is not None:
            since = until - duration(self.last)
        elif self.since is not None:
            since = self.since.replace(tzinfo=UTC)
        elif self.until is not None:
            return found.ending(until)
        else:
            return found
        try:
            return found.between(since, until)
        except ValueError as error:
            raise UserError(str(error)) from None


def duration(text: str) -> timedelta:
    """``15m``, ``2h``, ``7d``, ``90s``.

    Raises:
        UserError: anything else, or more than a year.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,7})([smhd])", text)
    if match is None:
        raise UserError(f"not a length of time, such as 15m, 2h or 7d: {text!r}")
    found = (
        int(match[1])
        * {"s": _SECOND, "m": 60 * _SECOND, "h": 3600 * _SECOND, "d": 86_400 * _SECOND}[match[2]]
    )
    if found > _LONGEST:
        raise UserError(f"{text} is more than {_LONGEST.days} days")
    return found
