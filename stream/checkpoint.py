"""How far each market has been acknowledged, and where that is kept between two lives of the producer."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from pathlib import Path
from typing import Protocol

import msgspec

from stream.errors import ConfigError
from stream.ledger import Run, Runs
from stream.plausible import SKEW
from stream.record import Record

VERSION = 1
# How far (µs) behind its newest acknowledged trade a market without contiguous ids is read again after a
# crash: longer than any record waits for its acknowledgement while later ones get theirs.
MARGIN = 300_000_000
_SAVED_RUNS = 10_000
_WINDOW_IDS = 20_000


class KeptGap(msgspec.Struct, array_like=True, frozen=True):
    """A gap that is still open: inclusive ids, or None for both where ids prove nothing; times in µs."""

    first_id: int | None
    last_id: int | None
    since: int
    until: int


class MarketState(msgspec.Struct):
    """One market in a checkpoint. `runs`: acknowledged ids; `traded_at`: time (µs) of the newest
    acknowledged trade.

    `floor`: where ids have holes, the id below which nothing was recorded on purpose. `gaps`: what was looked
    for in vain so far, with the times that tell where to look.
    """

    runs: list[Run]
    traded_at: int
    floor: int | None = None
    gaps: list[KeptGap] = []


class State(msgspec.Struct):
    """A checkpoint: `exchange/symbol` to MarketState."""

    markets: dict[str, MarketState] = {}
    version: int = VERSION


class CheckpointStore(Protocol):
    """Where a state is kept. Both calls are all or nothing."""

    async def load(self) -> State:
        """The last saved state, or an empty one. Raises ConfigError for one that cannot be read."""

    async def save(self, state: State) -> None:
        """Raises OSError or StreamError; the caller tries again later."""


class Progress:
    """Collects acknowledgements. Nothing below a hole that isn't acknowledged is ever claimed."""

    def __init__(self, state: State, contiguous: dict[str, bool]) -> None:
        self._contiguous = contiguous
        self._runs: dict[str, Runs] = {}
        self._recent: dict[str, deque[tuple[int, int]]] = {}  # (trade id, traded_at)
        self._traded_at: dict[str, int] = {}
        self.floors: dict[str, int] = {}
        self.gaps: dict[str, list[KeptGap]] = {}
        for market, kept in state.markets.items():
            self._traded_at[market] = kept.traded_at
            self._settle(market, kept.runs, kept.traded_at)
            if kept.floor is not None:
                self.floors[market] = kept.floor
            if kept.gaps:
                self.gaps[market] = kept.gaps
        self.dirty = False

    def acknowledged(self, record: Record) -> None:
        market = f"{record.exchange}/{record.symbol}"
        # A wrong time must not become the time from which lost trades are looked for.
        traded_at = (
            min(record.traded_at, record.received_at + SKEW) if record.received_at else record.traded_at
        )
        if traded_at > self._traded_at.get(market, 0):
            self._traded_at[market] = traded_at
        self._settle(market, record.runs, traded_at)
        self.dirty = True

    def forget(self, market: str) -> None:
        """Its ids turned out to be elsewhere."""
        for known in (self._runs, self._recent, self._traded_at, self.floors):
            known.pop(market, None)
        self.dirty = True

    def keep_gaps(self, market: str, gaps: list[KeptGap]) -> None:
        """The gaps of a market that are open now."""
        if gaps != self.gaps.get(market, []):
            self.gaps[market] = gaps
            self.dirty = True

    def state(self) -> State:
        """What may be saved now: the lowest runs where there are too many, so that nothing unacknowledged is
        lost.
        """
        state = State()
        for market, traded_at in self._traded_at.items():
            if market in self._runs:
                runs = [run for run, _ in zip(self._runs[market], range(_SAVED_RUNS), strict=False)]
            else:
                runs = list(
                    Runs(((i, i) for i, _ in sorted(self._recent.get(market, ()))), limit=_WINDOW_IDS)
                )
            state.markets[market] = MarketState(
                runs, traded_at, self.floors.get(market), self.gaps.get(market, [])
            )
        return state

    def _settle(self, market: str, runs: list[Run], traded_at: int) -> None:
        if self._contiguous.get(market.partition("/")[0], True):
            known = self._runs.get(market)
            if known is None:
                known = self._runs[market] = Runs(limit=1_000_000)
            for first, last in runs:
                known.add_run(first, last)
        else:
            recent = self._recent.setdefault(market, deque(maxlen=_WINDOW_IDS))
            for first, last in runs:
                recent.extend((i, traded_at) for i in range(max(first, last - _WINDOW_IDS), last + 1))
            oldest = self._traded_at.get(market, traded_at) - MARGIN - 5_000_000
            while recent and recent[0][1] < oldest:
                recent.popleft()


def add_seen(state: State, record: Record) -> None:
    """Count a record that still waits to be acknowledged as seen: its trades are not taken twice."""
    market = f"{record.exchange}/{record.symbol}"
    kept = state.markets.setdefault(market, MarketState([], record.traded_at))
    runs = Runs((*kept.runs, *record.runs), limit=1_000_000)
    kept.runs = list(runs)
    kept.traded_at = max(kept.traded_at, record.traded_at)


class NoCheckpoint:
    """Every start begins anew."""

    async def load(self) -> State:
        return State()

    async def save(self, state: State) -> None:
        return None


class FileCheckpoint:
    """A JSON file, replaced atomically."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def load(self) -> State:
        try:
            return decode(self._path.read_bytes(), str(self._path))
        except FileNotFoundError:
            return State()

    async def save(self, state: State) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(msgspec.json.encode(state))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def decode(content: bytes, where: str) -> State:
    """Raises ConfigError when `content` is no checkpoint of this version."""
    try:
        state = msgspec.json.decode(content, type=State)
    except msgspec.MsgspecError as error:
        raise ConfigError(
            "checkpoint", f"{where} is damaged ({error}); delete it to start without history"
        ) from None
    if state.version != VERSION:
        raise ConfigError("checkpoint", f"{where} has version {state.version}, this program knows {VERSION}")
    return state


def merge(mine: State, other: State) -> State:
    """Everything that either has acknowledged: for two producers that overlapped."""
    merged = State(markets=dict(other.markets))
    for market, kept in mine.markets.items():
        known = merged.markets.get(market)
        if known is None:
            merged.markets[market] = kept
            continue
        runs = Runs(known.runs, limit=1_000_000)
        for first, last in kept.runs:
            runs.add_run(first, last)
        merged.markets[market] = MarketState(
            list(runs),
            max(known.traded_at, kept.traded_at),
            known.floor if kept.floor is None else kept.floor,
            list(dict.fromkeys((*known.gaps, *kept.gaps))),
        )
    return merged
