"""Which trade ids were seen: duplicates are told from news, and holes are found, in bounded memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

Run = tuple[int, int]


class Runs:
    """A set of integers kept as disjoint, ascending, inclusive runs. Contiguous traffic is one run.

    Holds at most `limit` runs; beyond that the lowest hole is closed (its ids then count as seen) and noted
    in `closed`, for the caller to account for.
    """

    __slots__ = ("_highs", "_limit", "_lows", "closed")

    def __init__(self, runs: Iterable[Run] = (), limit: int = 1024) -> None:
        self._lows: list[int] = []
        self._highs: list[int] = []
        self.closed: list[Run] = []
        self._limit = limit
        for first, last in runs:
            self.add_run(first, last)

    def __contains__(self, value: int) -> bool:
        index = bisect_right(self._lows, value) - 1
        return index >= 0 and value <= self._highs[index]

    def __iter__(self) -> Iterator[Run]:
        return zip(self._lows, self._highs, strict=True)

    def __len__(self) -> int:
        """Number of runs, not of integers."""
        return len(self._lows)

    @property
    def highest(self) -> int | None:
        return self._highs[-1] if self._highs else None

    @property
    def lowest(self) -> int | None:
        return self._lows[0] if self._lows else None

    def append(self, value: int) -> bool:
        """The fast path: True if `value` simply follows the highest run, which it extends."""
        if self._highs and value == self._highs[-1] + 1:
            self._highs[-1] = value
            return True
        return False

    def add(self, value: int) -> bool:
        """True if `value` was new."""
        if self.append(value):
            return True
        if value in self:
            return False
        self.add_run(value, value)
        return True

    def add_run(self, first: int, last: int) -> None:
        """Include first..last."""
        if first > last:
            raise ValueError(f"run {first}..{last} is backwards")
        start = bisect_right(self._highs, first - 2)
        end = bisect_right(self._lows, last + 1)
        if start < end:
            first = min(first, self._lows[start])
            last = max(last, self._highs[end - 1])
        self._lows[start:end] = [first]
        self._highs[start:end] = [last]
        if len(self._lows) > self._limit:
            self.closed.append((self._highs[0] + 1, self._lows[1] - 1))
            self._lows[0:2] = [self._lows[0]]
            self._highs[0:2] = [self._highs[1]]

    def missing(self, first: int, last: int) -> list[Run]:
        """The parts of first..last that are not in the set, ascending."""
        holes: list[Run] = []
        index = max(0, bisect_right(self._lows, first) - 1)
        for low, high in zip(self._lows[index:], self._highs[index:], strict=True):
            if high < first:
                continue
            if low > last:
                break
            if low > first:
                holes.append((first, low - 1))
            first = max(first, high + 1)
        if first <= last:
            holes.append((first, last))
        return holes

    def newest(self, count: int) -> list[Run]:
        """The highest `count` runs, ascending."""
        return list(zip(self._lows[-count:], self._highs[-count:], strict=True))


class IdLedger:
    """For exchanges that number trades without holes: exact for any lateness, and every hole is a gap."""

    contiguous = True

    def __init__(self, seen: Iterable[Run] = (), limit: int = 50_000) -> None:
        self._runs = Runs(seen, limit)
        highest = self._runs.highest
        self.next = -1 if highest is None else highest + 1

    @property
    def runs(self) -> Runs:
        """Every id seen."""
        highest = self._runs.highest
        if highest is not None and highest + 1 < self.next:
            self._runs.add_run(highest, self.next - 1)
        return self._runs

    def add(self, trade_id: int) -> tuple[bool, Run | None]:
        """(is it new, the hole that it opened). Ids that follow one another may be taken by raising `next`."""
        runs = self.runs
        highest, lowest = runs.highest, runs.lowest
        if not runs.add(trade_id):
            return False, None
        self.next = (runs.highest or 0) + 1
        if highest is not None and trade_id > highest + 1:
            return True, (highest + 1, trade_id - 1)
        if lowest is not None and trade_id < lowest - 1:
            return True, (trade_id + 1, lowest - 1)
        return True, None


class WindowLedger:
    """For exchanges whose ids rise with holes: duplicates are known among the newest `size` ids; nothing is a gap.

    Ids at or below the floor (older than the start of the recording), or older than the window, count as seen.
    """

    contiguous = False

    def __init__(self, seen: Iterable[Run] = (), size: int = 50_000) -> None:
        self._size = size
        self._ids = array("q")  # ascending; eight bytes an id, where a set and a queue of them take ninety
        self.floor: int | None = None
        self._forgotten = -1  # the highest id that left the window
        for first, last in seen:
            for trade_id in range(max(first, last - size), last + 1):
                self.add(trade_id)

    def __len__(self) -> int:
        """Number of ids; now and then a quarter more than `size`, so that they leave many at a time."""
        return len(self._ids)

    @property
    def highest(self) -> int:
        return self._ids[-1] if self._ids else self._forgotten

    def add(self, trade_id: int) -> tuple[bool, Run | None]:
        ids = self._ids
        floor = -1 if self.floor is None else self.floor
        if trade_id <= max(self._forgotten, floor):
            return False, None
        if ids and trade_id <= ids[-1]:
            at = bisect_left(ids, trade_id)
            if ids[at] == trade_id:
                return False, None
            ids.insert(at, trade_id)
            self._trim()
        else:
            self.extend((trade_id,))
        return True, None

    def forgot(self, trade_id: int) -> bool:
        """Whether an id was recorded or not can't be told any more: it is older than the window."""
        started = self.floor is not None and trade_id > self.floor
        return started and trade_id <= self._forgotten

    def extend(self, ids: Sequence[int]) -> None:
        """Add ascending ids, all above the highest one."""
        if self.floor is None:
            self.floor = ids[0] - 1
        self._ids.extend(ids)
        self._trim()

    def _trim(self) -> None:
        ids, over = self._ids, len(self._ids) - self._size
        if over > self._size // 4:
            self._forgotten = ids[over - 1]
            del ids[:over]


Ledger = IdLedger | WindowLedger
