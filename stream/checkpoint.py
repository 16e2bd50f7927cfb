"""How far each market has been acknowledged, and where that is kept between two lives of the producer."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from array import array
from pathlib import Path
from typing import Protocol

import msgspec

from stream.clock import now
from stream.errors import ConfigError
from stream.ledger import Run, Runs
from stream.plausible import DAY, MAX_ID, SKEW
from stream.record import Record

log = logging.getLogger(__name__)
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
    """One market in a checkpoint.

    `runs`: acknowledged ids; `traded_at`: time (µs) of the newest acknowledged trade. `floor`: where ids have holes, the
    id below which nothing was recorded on purpose. `gaps`: what was looked for in vain so far, with the times that
    tell where to look.
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
        """The last saved state, or the sound part of a damaged one, which is set aside.

        Raises:
            ConfigError: the store cannot be read.
        """

    async def save(self, state: State) -> None:
        """Save it; the caller tries again later where it fails.

        Raises:
            OSError: the disk refuses.
            StreamError: the store refuses.
        """


class _Recent:
    """The ids of a market's last acknowledged trades, in the order of their acknowledgement, sixteen bytes each."""

    __slots__ = ("_ids", "_start", "_times")

    def __init__(self) -> None:
        self._ids = array("q")
        self._times = array("q")  # µs; of each id's record
        self._start = 0  # what lies before it is forgotten

    def add(self, first: int, last: int, traded_at: int) -> None:
        for trade_id in range(max(first, last - _WINDOW_IDS), last + 1):
            self._ids.append(trade_id)
            self._times.append(traded_at)

    def forget(self, oldest: int) -> None:
        """Those before a time (µs), and those that are too many."""
        times, start, count = self._times, self._start, len(self._times)
        while start < count and (times[start] < oldest or count - start > _WINDOW_IDS):
            start += 1
        self._start = start
        if start > 1000 and start > count // 4:
            del self._ids[:start], self._times[:start]
            self._start = 0

    def runs(self) -> list[Run]:
        return list(Runs(((i, i) for i in sorted(self._ids[self._start :])), limit=_WINDOW_IDS))


class Progress:
    """Collects acknowledgements. Nothing below a hole that isn't acknowledged is ever claimed."""

    def __init__(self, state: State, contiguous: dict[str, bool]) -> None:
        self._contiguous = contiguous
        self._runs: dict[str, Runs] = {}
        self._recent: dict[str, _Recent] = {}
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
        """What may be saved now: the lowest runs of too many, so that nothing unacknowledged is lost."""
        state = State()
        for market, traded_at in self._traded_at.items():
            if market in self._runs:
                runs = [run for run, _ in zip(self._runs[market], range(_SAVED_RUNS), strict=False)]
            else:
                recent = self._recent.get(market)
                runs = recent.runs() if recent is not None else []
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
            recent = self._recent.setdefault(market, _Recent())
            for first, last in runs:
                recent.add(first, last, traded_at)
            recent.forget(self._traded_at.get(market, traded_at) - MARGIN - 5_000_000)


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
            content = self._path.read_bytes()
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise ConfigError("checkpoint", f"{self._path}: {error.strerror}") from None
        state, problems = decode(content)
        if problems:
            aside = self._path.with_name(f"{self._path.name}.bad-{time.strftime('%Y%m%dT%H%M%S')}")
            try:
                self._path.replace(aside)
            except OSError as error:
                raise ConfigError("checkpoint", f"{self._path} is damaged: {error.strerror}") from None
            warn(str(self._path), problems, f"kept as {aside.name}")
        return state

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


def warn(where: str, problems: list[str], aside: str) -> None:
    """Say that a checkpoint is not obeyed."""
    shown = "; ".join(problems)[:500]
    log.critical(
        "the checkpoint %s is damaged (%s): %s. What it said of those markets is not used: trades since then are"
        " missing until `bovespa stream repair`",
        where,
        shown,
        aside,
    )


def decode(content: bytes) -> tuple[State, list[str]]:
    """The sound part of a checkpoint, and what is wrong with the rest.

    A bad checkpoint must neither be obeyed, since ids that it claims would never be looked for, nor end the
    start, since a task that can't start records nothing.
    """
    try:
        state = msgspec.json.decode(content, type=State)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return State(), [str(error)]
    if state.version != VERSION:
        return State(), [f"version {state.version}, this program knows {VERSION}"]
    problems = []
    for name, market in list(state.markets.items()):
        problem = _problem(market)
        if problem:
            problems.append(f"{name}: {problem}")
            del state.markets[name]
    return state, problems


def _problem(market: MarketState) -> str:
    """Why a market's state cannot be; empty for one that can."""
    before = -2
    for first, last in market.runs:
        if not before + 1 < first <= last <= MAX_ID or first < 0:
            return f"run {first}..{last}"
        before = last
    if not 0 <= market.traded_at <= now() + 2 * DAY:
        return f"time {market.traded_at}"
    if market.floor is not None and not -1 <= market.floor <= MAX_ID:
        return f"floor {market.floor}"
    for gap in market.gaps:
        ids = (gap.first_id, gap.last_id)
        sound = ids == (None, None) or (None not in ids and 0 <= (ids[0] or 0) <= (ids[1] or 0) <= MAX_ID)
        if not sound or not 0 <= gap.since <= gap.until <= now() + 2 * DAY:
            return f"gap {ids[0]}..{ids[1]}"
    return ""


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
