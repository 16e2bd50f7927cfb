"""Fills gaps from the exchange's REST history, or writes into the data that it could not.

A gap is settled only when the exchange's own history was read over its ids and does not have them. Whatever
else happens (no answer, a refusal, a budget that is spent) leaves it open: it is tried again with growing
pauses, kept in the checkpoint, and tried by the next process too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable

from stream.backoff import Backoff
from stream.checkpoint import KeptGap
from stream.clock import monotonic, now
from stream.config import Config
from stream.errors import FrameError, RestError, StreamError
from stream.exchanges.base import Endpoints, Exchange, Gap, Page, Rest
from stream.gaps import GapBook, OpenGap
from stream.intake import Intake
from stream.ledger import Run, Runs
from stream.stats import Stats
from stream.trade import NOT_THERE, STOPPED, Trade, iso

log = logging.getLogger(__name__)
_HOUR = 3600.0
_TOO_OLD = "older than the exchange's history"


class Repairer:
    """One exchange's gaps, the smallest first.

    `room` is awaited between pages, so that repairs obey back-pressure.
    """

    def __init__(
        self,
        exchange: Exchange,
        endpoints: Endpoints,
        rest: Rest,
        stats: Stats,
        config: Config,
        room: Callable[[], Awaitable[None]],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._exchange = exchange
        self._name = exchange.name
        self._endpoints = endpoints
        self._rest = rest
        self._stats = stats
        self._config = config
        self._room = room
        self._clock = clock
        self._book = GapBook(lambda: Backoff(config.backoff, config.repair_interval), self._missing)
        self._host = Backoff(config.backoff, config.backoff_limit)
        self._resume_at = 0.0  # after a failure that would befall any gap
        self._changed = asyncio.Event()
        self._budget = float(config.repair_limit)
        self._budget_at = clock()
        self.compared: dict[str, int] = {}
        """Where ids prove nothing: the time (µs) up to which each market agreed with REST."""
        self.intake: Intake  # set by whoever wires the two together

    def put(self, gap: Gap) -> None:
        """Called the moment a hole is seen; never waits."""
        moment = self._clock()
        self._book.add(
            gap, moment, moment + self._config.repair_grace if gap.first_id is not None else moment
        )
        self._changed.set()

    async def run(self) -> None:
        """Repair until cancelled."""
        while True:
            self._changed.clear()
            self._tell_old()
            moment = self._clock()
            wait = max(self._refill(moment), self._resume_at - moment)
            opened = self._book.next(moment) if wait <= 0 else None
            if opened is not None:
                await self._try(opened)
                continue
            self._count_open()
            wakes = [wake for wake in (self._book.wake(), self._tell_at()) if wake is not None]
            pause = max(min(wakes) - moment, wait, 0.01) if wakes else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._changed.wait()
                    await asyncio.sleep(max(0.0, wait))

    async def sweep(self) -> str:
        """Try every open gap once; those that the history denied again, until that settles them.

        Returns:
            Why what is open still could not be had; empty where nothing is.
        """
        for _ in range(self._config.repair_attempts):
            again = False
            for opened in sorted(self._book, key=lambda gap: (self._missing(gap), gap.gap.since)):
                denied = opened.denied
                await self._try(opened)
                again = again or opened.denied > denied
            if not again or not self._book:
                break
        return next((opened.reason for opened in self._book), "")

    def open_trades(self) -> int:
        """How many trades are missing still and looked for."""
        self._count_open()
        return self._stats.exchange(self._name).open_trades

    @property
    def idle(self) -> bool:
        """No gap waits or is being repaired."""
        return not self._book

    def kept(self, symbol: str) -> list[KeptGap]:
        """The open gaps of a market, for the checkpoint."""
        return self._book.kept(symbol)

    def abandon(self) -> None:
        """After `run` was cancelled for the stop: say in the data what is still missing."""
        for opened in self._book:
            if opened.gap.suspected and not opened.told:
                self._tell(opened, STOPPED)
        self._count_open()

    async def look(self, symbol: str) -> int:
        """Ask REST for trades after the last one seen.

        Returns:
            How many there were.

        Raises:
            RestError: the exchange could not be asked.
            FrameError: its answer can't be read.
        """
        market = self.intake.markets[symbol]
        following = None if market.last_id is None else market.last_id + 1
        if self._exchange.contiguous_ids and following is None:
            return 0
        until = market.exchange_time(now())
        since = market.traded_at or until
        return await self._fetch(
            Gap(symbol=symbol, first_id=following, last_id=following, since=since, until=until)
        )

    async def _try(self, opened: OpenGap) -> None:
        """One pass over the exchange's pages; then the gap is closed, or due again later."""
        gap, ids = opened.gap, opened.ids
        before = self._missing(opened)
        if ids is not None and not before:
            self._book.close(opened)
            return
        self._count(opened, before)
        vouched = Runs(limit=10_000)
        found = 0
        try:
            found = await self._fetch(gap, vouched)
        except (RestError, FrameError) as error:
            self._failed(opened, error)
        else:
            self._host.reset()
            if opened.gap is not gap:  # it grew meanwhile
                opened.due = self._clock()
            elif self._budget <= 0:
                opened.reason = f"more than {self._config.repair_limit} trades an hour"
                opened.due = self._clock()
            elif ids is None:
                self._read(opened, found)
            else:
                self._answered(opened, ids, vouched)
        if ids is not None and opened.gap is gap and not self._missing(opened):
            self._book.close(opened)
            log.info("%s %s: gap %d to %d is filled", self._name, gap.symbol, *ids)

    def _count_filled(self, symbol: str, trades: list[Trade]) -> None:
        """Of whatever gap they are: those above the newest trade belong to none."""
        highest = self.intake.runs(symbol).highest
        known = trades if highest is None else trades[: bisect_right(trades, highest, key=_id)]
        if not known:
            return
        self._stats.repaired += len(known)
        for opened in self._book:
            ids = opened.ids
            if ids and opened.gap.symbol == symbol and not opened.counted:
                within = bisect_right(known, ids[1], key=_id) - bisect_left(known, ids[0], key=_id)
                self._count(opened, self._missing(opened)) if within > 0 else None

    def _count(self, opened: OpenGap, size: int) -> None:
        if opened.counted or opened.ids is None:
            return
        opened.counted = True
        gap = opened.gap
        name = f"{self._name} {gap.symbol}"
        log.warning("%s: gap of %d trades, %d to %d, at %s", name, size, *opened.ids, iso(gap.until))
        self._stats.gaps += 1
        self._stats.missing += size

    def _failed(self, opened: OpenGap, error: RestError | FrameError) -> None:
        refused = isinstance(error, RestError) and error.refused
        opened.reason = f"REST failed: {error}"[:200]
        moment = self._clock()
        opened.due = moment + (self._config.repair_interval if refused else opened.pause.next())
        if not refused:
            self._resume_at = moment + self._host.next()
        level = logging.DEBUG if isinstance(error, RestError) and error.known else logging.WARNING
        log.log(level, "%s %s: repair failed, will retry: %s", self._name, opened.gap.symbol, error)

    def _answered(self, opened: OpenGap, ids: Run, vouched: Runs) -> None:
        """The history was read: what it speaks for and doesn't have is denied, the rest was not reached."""
        symbol = opened.gap.symbol
        missing = self.intake.missing(symbol, *ids)
        denied = [part for hole in missing for part in _within(vouched, hole)]
        opened.denied += bool(denied)
        opened.reason = NOT_THERE if denied else "the exchange's answers did not reach them"
        opened.due = self._clock() + opened.pause.next()
        if denied and opened.denied >= self._config.repair_attempts:
            gap = opened.gap
            for hole in denied:
                self.intake.record_gap(symbol, hole, gap.since, gap.until, NOT_THERE)
            self._book.close(opened)
            open_still = Runs(denied, limit=1 << 30)
            for hole in missing:
                for first, last in open_still.missing(*hole):
                    part = Gap(symbol=symbol, first_id=first, last_id=last, since=gap.since, until=gap.until)
                    rest = self._book.add(part, opened.opened, opened.due)
                    if rest is not None:
                        rest.told, rest.counted = opened.told, True

    def _read(self, opened: OpenGap, found: int) -> None:
        """A span of time was read again; only what REST cannot reach is a gap, since ids prove nothing."""
        gap = opened.gap
        if found:
            log.warning("%s %s: REST had %d more trades", self._name, gap.symbol, found)
            self._stats.gaps += 1
            self._stats.missing += found
            self._stats.repaired += found
        reach = self._exchange.history
        oldest = now() - int(reach * 1e6) if reach else 0
        if gap.suspected and gap.since < oldest:
            self.intake.record_gap(gap.symbol, None, gap.since, min(oldest, gap.until), _TOO_OLD)
        known = self.compared.get(gap.symbol, gap.since)
        if gap.since <= known:
            self.compared[gap.symbol] = max(known, gap.until)
        self._book.close(opened)

    async def _fetch(self, gap: Gap, vouched: Runs | None = None) -> int:
        """Take one pass over the exchange's pages. Returns how many trades were new. Raises RestError, FrameError."""
        try:
            return await self._pass(gap, vouched)
        except StreamError:
            raise
        except Exception as error:  # whatever an answer held, it must not end the recording
            log.exception("%s %s: unexpected failure of a repair", self._name, gap.symbol)
            raise FrameError(self._name, f"unexpected: {error!r}"[:200], b"") from error

    async def _pass(self, gap: Gap, vouched: Runs | None) -> int:
        new = 0
        moment = now()
        pages = self._exchange.fetch(self._rest, self._endpoints, gap, moment)
        async with contextlib.aclosing(pages):  # type: ignore[type-var]
            async for page in pages:
                wanted = self._wanted(page, gap)
                if gap.first_id is not None:
                    self._count_filled(gap.symbol, wanted)
                taken = self.intake.accept(wanted, iso(moment))
                self._budget -= taken
                new += taken
                if vouched is not None and page.vouched and page.vouched[0] <= page.vouched[1]:
                    vouched.add_run(*page.vouched)
                if self._budget <= 0:
                    log.warning("%s: the hour's budget of repairs is spent; the rest waits", self._name)
                    break
                await asyncio.sleep(0)  # a page takes milliseconds: now the sockets
                await self._room()
                moment = now()
        return new

    def _wanted(self, page: Page, gap: Gap) -> list[Trade]:
        """What is missing of a page, whichever gap asked for it; of a span of time, what lies in it.

        Trades newer than all that the websocket brought are left to it. REST may tell time in whole seconds.
        """
        trades = page.trades
        if gap.first_id is None or gap.last_id is None:
            since = gap.since - gap.since % 1_000_000
            return [trade for trade in trades if since <= trade.traded_at <= gap.until]
        runs = self.intake.runs(gap.symbol)
        lowest = gap.first_id if runs.lowest is None else min(runs.lowest, gap.first_id)
        highest = gap.last_id if runs.highest is None else max(runs.highest, gap.last_id)
        wanted: list[Trade] = []
        if trades:
            low, high = max(lowest, trades[0].trade_id), min(highest, trades[-1].trade_id)
            for first, last in runs.missing(low, high) if low <= high else ():
                start = bisect_left(trades, first, key=_id)
                wanted += trades[start : bisect_right(trades, last, key=_id)]
        return wanted

    def _missing(self, opened: OpenGap) -> int:
        ids = opened.ids
        if ids is None:
            return 0
        return sum(last - first + 1 for first, last in self.intake.missing(opened.gap.symbol, *ids))

    def _refill(self, moment: float) -> float:
        """Seconds until the budget allows another page."""
        limit = self._config.repair_limit
        self._budget = min(limit, self._budget + (moment - self._budget_at) * limit / _HOUR)
        self._budget_at = moment
        return 0.0 if self._budget > 0 else (1.0 - self._budget) * _HOUR / max(limit, 1)

    def _tell_at(self) -> float | None:
        """When the next gap has been open for so long that the data says so."""
        waiting = [opened.opened for opened in self._book if opened.gap.suspected and not opened.told]
        return min(waiting) + self._config.repair_timeout if waiting else None

    def _tell_old(self) -> None:
        oldest = self._clock() - self._config.repair_timeout
        for opened in self._book:
            if opened.gap.suspected and not opened.told and opened.opened <= oldest:
                self._tell(opened, opened.reason)

    def _tell(self, opened: OpenGap, reason: str) -> None:
        """Write what is missing into the data; it stays open."""
        opened.told = True
        gap, ids = opened.gap, opened.ids
        reason = f"{reason}; it is tried again" if reason == NOT_THERE else reason
        if ids is None:
            self.intake.record_gap(gap.symbol, None, gap.since, gap.until, reason, settled=False)
            return
        for hole in self.intake.missing(gap.symbol, *ids):
            self.intake.record_gap(gap.symbol, hole, gap.since, gap.until, reason, settled=False)

    def _count_open(self) -> None:
        shown = self._stats.exchange(self._name)
        shown.open_gaps = sum(opened.gap.suspected for opened in self._book)
        spans: dict[str, Runs] = {}
        for opened in self._book:
            if opened.ids is not None:
                spans.setdefault(opened.gap.symbol, Runs(limit=1 << 30)).add_run(*opened.ids)
        shown.open_trades = sum(
            after - before + 1
            for symbol, runs in spans.items()
            for first, last in runs
            for before, after in self.intake.missing(symbol, first, last)
        )


def _id(trade: Trade) -> int:
    return trade.trade_id


def _within(runs: Runs, span: Run) -> list[Run]:
    """The parts of a span that the runs cover."""
    parts: list[Run] = []
    at = span[0]
    for first, last in (*runs.missing(*span), (span[1] + 1, span[1] + 1)):
        if at < first:
            parts.append((at, first - 1))
        at = last + 1
    return parts
