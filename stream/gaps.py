"""The gaps of one exchange that are not closed: which is tried next, and what a checkpoint keeps of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stream.backoff import Backoff
from stream.checkpoint import KeptGap
from stream.exchanges.base import Gap
from stream.ledger import Run

LIMIT = 1000  # open gaps of one exchange; beyond it neighbours are looked after together


@dataclass(slots=True)
class OpenGap:
    """A gap with the story of its tries. `opened` and `due` are of the event loop's clock (seconds).

    `failed`: at the last try the host did not answer as it should. `denied`: complete answers of the exchange's history
    that did not have it. `told`: a gap event says so in the data. `counted`: it is in the counters.
    """

    gap: Gap
    opened: float
    due: float
    pause: Backoff
    failed: bool = False
    denied: int = 0
    reason: str = "not tried yet"
    told: bool = False
    counted: bool = False

    @property
    def ids(self) -> Run | None:
        gap = self.gap
        return None if gap.first_id is None or gap.last_id is None else (gap.first_id, gap.last_id)


class GapBook:
    """Every gap is here from the moment it is seen until it is filled or the exchange denied it."""

    def __init__(self, pause: Callable[[], Backoff], size: Callable[[OpenGap], int]) -> None:
        """`size`: how many trades of a gap are missing still; gaps without ids count as 0."""
        self._pause = pause
        self._size = size
        self._open: list[OpenGap] = []

    def __iter__(self) -> Iterator[OpenGap]:
        return iter(tuple(self._open))

    def __len__(self) -> int:
        return len(self._open)

    def add(self, gap: Gap, moment: float, due: float) -> OpenGap | None:
        """None where an open gap covers it already."""
        if gap.first_id is None:
            for known in self._open:
                if known.gap.symbol == gap.symbol and known.ids is None:
                    known.due = min(known.due, due)  # an old failure's pause is not the new loss's
                    return self._widen(known, gap)
        opened = OpenGap(gap=gap, opened=moment, due=due, pause=self._pause())
        self._open.append(opened)
        if len(self._open) > LIMIT:
            self._join()
        return opened

    def close(self, gap: OpenGap) -> None:
        if gap in self._open:
            self._open.remove(gap)

    def next(self, moment: float) -> OpenGap | None:
        """Of the gaps that are due, the smallest; the oldest among equals."""
        due = [gap for gap in self._open if gap.due <= moment]
        return min(due, key=lambda gap: (self._size(gap), gap.gap.since), default=None)

    def wake(self) -> float | None:
        """When the next gap is due."""
        return min((gap.due for gap in self._open), default=None)

    def kept(self, symbol: str) -> list[KeptGap]:
        """What a checkpoint says of the suspected gaps of a market."""
        found = [opened.gap for opened in self._open if opened.gap.symbol == symbol and opened.gap.suspected]
        return [KeptGap(gap.first_id, gap.last_id, gap.since, gap.until) for gap in found]

    @staticmethod
    def _widen(known: OpenGap, gap: Gap) -> None:
        """Spans of time that are read again are one span."""
        old = known.gap
        if not gap.suspected and old.suspected:
            return
        known.gap = Gap(
            symbol=gap.symbol,
            first_id=None,
            last_id=None,
            since=min(old.since, gap.since),
            until=max(old.until, gap.until),
            suspected=old.suspected or gap.suspected,
        )

    def _join(self) -> None:
        """Look after the newest gap and the one before it as one: what of them is missing is in the ledger."""
        newest = self._open[-1]
        other = next(
            (gap for gap in self._open[-2::-1] if gap.gap.symbol == newest.gap.symbol and gap.ids), None
        )
        if other is None or newest.ids is None or other.ids is None:
            return
        other.gap = Gap(
            symbol=newest.gap.symbol,
            first_id=min(other.ids[0], newest.ids[0]),
            last_id=max(other.ids[1], newest.ids[1]),
            since=min(other.gap.since, newest.gap.since),
            until=max(other.gap.until, newest.gap.until),
        )
        other.told = False
        self._open.pop()
