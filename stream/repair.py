"""Fills gaps from the exchange's REST history, or writes into the data that it could not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from stream.backoff import Backoff
from stream.config import Config
from stream.errors import FrameError, RestError
from stream.exchanges.base import Endpoints, Exchange, Gap, Rest
from stream.intake import Intake
from stream.ledger import Run
from stream.record import now
from stream.stats import Stats
from stream.trade import STOPPED, Trade, iso

log = logging.getLogger(__name__)
QUEUE = 1000


class Repairer:
    """One exchange's gaps, one after the other. `room` is awaited between pages, so that repairs obey back-
    pressure.
    """

    def __init__(
        self,
        exchange: Exchange,
        endpoints: Endpoints,
        rest: Rest,
        stats: Stats,
        config: Config,
        room: Callable[[], Awaitable[None]],
    ) -> None:
        self._exchange = exchange
        self._name = exchange.name
        self._endpoints = endpoints
        self._rest = rest
        self._stats = stats
        self._config = config
        self._room = room
        self._gaps: asyncio.Queue[Gap] = asyncio.Queue(QUEUE)
        self._current: Gap | None = None
        self.compared: dict[str, int] = {}
        """Where ids prove nothing: the time (µs) up to which each market agreed with REST."""
        self.intake: Intake  # set by whoever wires the two together

    def put(self, gap: Gap) -> None:
        """Called the moment a hole is seen; never waits."""
        try:
            self._gaps.put_nowait(gap)
        except asyncio.QueueFull:
            if gap.suspected:
                self._give_up(gap, "too many gaps wait for repair")

    async def run(self) -> None:
        """Repair until cancelled."""
        while True:
            self._current = await self._gaps.get()
            await self._repair(self._current)
            self._current = None

    @property
    def idle(self) -> bool:
        """No gap waits or is being repaired."""
        return self._current is None and self._gaps.empty()

    def abandon(self) -> None:
        """After `run` was cancelled for the stop: say in the data what is still missing."""
        gaps = [self._current] if self._current is not None else []
        while not self._gaps.empty():
            gaps.append(self._gaps.get_nowait())
        for gap in gaps:
            if gap.suspected:
                self._give_up(gap, STOPPED, settled=False)

    async def look(self, symbol: str) -> int:
        """Ask REST for trades after the last one seen. Returns how many there were. Raises RestError,
        FrameError.
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

    async def _repair(self, gap: Gap) -> None:
        if gap.first_id is not None and gap.last_id is not None:
            await self._repair_ids(gap, (gap.first_id, gap.last_id))
        else:
            await self._repair_time(gap)

    async def _repair_ids(self, gap: Gap, ids: Run) -> None:
        await asyncio.sleep(self._config.repair_grace)
        size = self._left(gap.symbol, ids)
        if not size:
            return
        name = f"{self._name} {gap.symbol}"
        log.warning("%s: gap of %d trades, %d to %d, at %s", name, size, *ids, iso(gap.until))
        self._stats.gaps += 1
        self._stats.missing += size
        first, last = ids
        if size > self._config.repair_limit:
            cut = last - self._config.repair_limit
            reason = f"more than {self._config.repair_limit} trades"
            self.intake.record_gap(gap.symbol, (first, cut), gap.since, gap.until, reason)
            first = cut + 1
        wanted = self._left(gap.symbol, (first, last))
        reason = await self._try(gap, (first, last))
        left = self._left(gap.symbol, (first, last))
        self._stats.repaired += wanted - left
        if left:
            for hole in self.intake.missing(gap.symbol, first, last):
                self.intake.record_gap(gap.symbol, hole, gap.since, gap.until, reason)
        else:
            log.info("%s %s: gap %d to %d is filled", self._name, gap.symbol, first, last)

    async def _try(self, gap: Gap, ids: Run) -> str:
        """Fetch until nothing of `ids` is missing. Returns why something still is, if so."""
        backoff = Backoff(self._config.backoff, self._config.backoff_limit)
        answered = 0
        reason = "the exchange's history does not have them"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._config.repair_timeout):
                while answered < self._config.repair_attempts:
                    try:
                        for first, last in self.intake.missing(gap.symbol, *ids):
                            part = Gap(
                                symbol=gap.symbol,
                                first_id=first,
                                last_id=last,
                                since=gap.since,
                                until=gap.until,
                            )
                            await self._fetch(part)
                        answered += 1
                        reason = "the exchange's history does not have them"
                    except (RestError, FrameError) as error:
                        reason = f"REST failed: {error}"[:200]
                        log.warning("%s %s: repair failed, will retry: %s", self._name, gap.symbol, error)
                    if not self._left(gap.symbol, ids):
                        break
                    await asyncio.sleep(backoff.next())
        return reason

    async def _repair_time(self, gap: Gap) -> None:
        """Read a span again; only what REST cannot reach is a gap, since ids prove nothing."""
        backoff = Backoff(self._config.backoff, self._config.backoff_limit)
        reach = self._exchange.history
        oldest = now() - int(reach * 1e6) if reach else 0
        if gap.suspected and gap.since < oldest:
            self.intake.record_gap(gap.symbol, None, gap.since, oldest, "older than the exchange's history")
        reason = "REST failed"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._config.repair_timeout):
                while True:
                    try:
                        found = await self._fetch(gap)
                    except (RestError, FrameError) as error:
                        reason = f"REST failed: {error}"[:200]
                        log.warning("%s %s: repair failed, will retry: %s", self._name, gap.symbol, error)
                        await asyncio.sleep(backoff.next())
                        continue
                    if found:
                        log.warning("%s %s: REST had %d more trades", self._name, gap.symbol, found)
                        self._stats.gaps += 1
                        self._stats.missing += found
                        self._stats.repaired += found
                    self.compared[gap.symbol] = max(self.compared.get(gap.symbol, 0), gap.until)
                    return
        if gap.suspected:
            self.intake.record_gap(gap.symbol, None, gap.since, now(), reason)

    async def _fetch(self, gap: Gap) -> int:
        """Take one pass over the exchange's pages. Returns how many trades were new."""
        new = 0
        moment = now()
        async for page in self._exchange.fetch(self._rest, self._endpoints, gap, moment):
            new += self.intake.accept(_within(page, gap), iso(moment))
            await self._room()
            moment = now()
        return new

    def _left(self, symbol: str, ids: Run) -> int:
        return sum(last - first + 1 for first, last in self.intake.missing(symbol, *ids))

    def _give_up(self, gap: Gap, reason: str, *, settled: bool = True) -> None:
        if gap.first_id is None or gap.last_id is None:
            self.intake.record_gap(gap.symbol, None, gap.since, gap.until, reason, settled=settled)
            return
        for hole in self.intake.missing(gap.symbol, gap.first_id, gap.last_id):
            self.intake.record_gap(gap.symbol, hole, gap.since, gap.until, reason, settled=settled)


def _within(page: list[Trade], gap: Gap) -> list[Trade]:
    """A gap's own trades, by id or by time. REST may tell time in whole seconds only."""
    if gap.first_id is None or gap.last_id is None:
        since = gap.since - gap.since % 1_000_000
        return [trade for trade in page if since <= trade.traded_at <= gap.until]
    return [trade for trade in page if gap.first_id <= trade.trade_id <= gap.last_id]
