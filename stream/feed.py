"""One exchange's websocket: kept open, watched for silence, replaced without a hole, handed to the intake."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from urllib.parse import urlsplit

from stream.backoff import Backoff
from stream.clock import monotonic, now
from stream.config import Config
from stream.errors import FrameError, RestError, StreamError
from stream.exchanges.base import UNREADABLE, Endpoints, Exchange, Gap, Session
from stream.intake import Intake
from stream.link import Link
from stream.repair import Repairer
from stream.stats import Stats
from stream.trade import Trade, iso

log = logging.getLogger(__name__)
_STABLE = 30.0  # a connection that lived this long resets the backoff
_NEVER = 300.0  # seconds after which a market that never traded gets a new connection
_IN_FLIGHT = 1_000_000  # µs that a trade may take from the exchange to here
UNDER_WAY = 5_000_000  # µs at the end of a comparison in which trades may still be on their way
COMPARED_AGAIN = 15_000_000  # µs of what agreed with REST already: it may tell a trade late
_LOGGED_FRAMES = 20  # bad frames logged with their bytes per minute


class Feed:
    """Runs until cancelled. Decoded trades go to `intake`, which tells the repairer of holes."""

    def __init__(
        self,
        exchange: Exchange,
        endpoints: Endpoints,
        intake: Intake,
        repairer: Repairer,
        stats: Stats,
        config: Config,
        room: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        self.exchange = exchange
        self.endpoints = endpoints
        self.intake = intake
        self._repairer = repairer
        self.stats = stats
        self.config = config
        self.room = room
        self._links: list[Link] = []
        self._backoff = Backoff(config.backoff, config.backoff_limit)
        self._resume = True  # the next working connection follows a break: read what was missed
        self._logged: list[float] = []
        self._suspicion = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_silence())
            if not self.intake.contiguous and self.config.reconcile_interval:
                group.create_task(self._reconcile())
            while True:
                link = Link(self)
                self._links.append(link)
                task = group.create_task(link.run())
                replacement = group.create_task(link.replace.wait())
                await asyncio.wait((task, replacement), return_when=asyncio.FIRST_COMPLETED)
                replacement.cancel()
                if not task.done():
                    continue  # planned: the old connection stays until its successor works
                self.stats.reconnects += 1
                self.stats.exchange(self.name).reconnects += 1
                if link.age >= _STABLE:
                    self._backoff.reset()
                pause = self._backoff.next()
                if link.refused is not None:
                    pause = max(pause, self.config.refused_pause)
                    self.refusal(urlsplit(self.endpoints.websocket).netloc, link.refused)
                else:
                    log.warning("%s: connection ended (%s), next in %.1f s", self.name, link.ending, pause)
                await asyncio.sleep(pause)

    @property
    def name(self) -> str:
        return self.exchange.name

    def take(self, session: Session, payloads: Sequence[bytes], received_at: int) -> set[str]:
        """Decode frames into the intake. Returns the symbols of their trades; a bad frame is counted and logged."""
        decode = session.decode
        trades: list[Trade] = []
        for payload in payloads:
            try:
                trades += decode(payload, received_at)
            except UNREADABLE as error:
                self._bad_frame(payload, error)
                trades += error.trades if isinstance(error, FrameError) else ()
        heard: set[str] = set()
        if trades:
            self.intake.accept(trades, iso(received_at), heard)
        return heard

    def live(self, link: Link) -> None:
        """The link works. What came before it may go, and what was missed without one is read again."""
        for older in self._links[: self._links.index(link)]:
            older.retire(self.config.overlap)
        if self._resume:
            self._resume = False
            if not self.intake.contiguous:
                self._read_again()

    def opened(self, url: str) -> None:
        """A handshake succeeded."""
        self.stats.exchange(self.name).connections += 1
        self.refusal(urlsplit(url).netloc, None)

    def closed(self) -> None:
        self.stats.exchange(self.name).connections -= 1

    def refusal(self, host: str, status: int | None) -> None:
        """A host refuses this address, or (None) answers again: said once, and shown in the metrics."""
        refused = self.stats.exchange(self.name).refused
        if status is None:
            if refused.pop(host, None) is not None:
                log.warning("%s: %s answers this address again", self.name, host)
        elif host not in refused:
            refused[host] = status
            log.error(
                "%s: %s refuses this address (HTTP %d), as from a country or network that it doesn't serve; it is"
                " asked again every %g s. Run the producer elsewhere (aws:region), or leave the exchange out",
                self.name,
                host,
                status,
                self.config.refused_pause,
            )

    def gone(self, link: Link) -> None:
        self._links.remove(link)
        self._resume = self._resume or not self._links

    def suspect(self) -> None:
        """Something was lost, perhaps trades: ask REST now."""
        self._suspicion.set()

    def _bad_frame(self, payload: bytes, error: Exception) -> None:
        self.stats.bad_frames += 1
        moment = monotonic()
        self._logged = [at for at in self._logged if moment - at < 60]
        if len(self._logged) < _LOGGED_FRAMES:
            self._logged.append(moment)
            shown = error if isinstance(error, FrameError) else FrameError(self.name, str(error), payload)
            log.error("bad frame: %s", shown)
        if not self.intake.contiguous:
            self._read_again()

    def _read_again(self) -> None:
        """Where ids prove nothing: fetch the time since the last trade by REST."""
        for market in self.intake.markets.values():
            if market.traded_at:
                until = market.exchange_time(now()) + _IN_FLIGHT
                gap = Gap(
                    symbol=market.symbol, first_id=None, last_id=None, since=market.traded_at, until=until
                )
                self._repairer.put(gap)

    async def _reconcile(self) -> None:
        """Compare with REST now and then.

        Trades of the last seconds may still be under way on the websocket.
        """
        interval = min(self.config.reconcile_interval, self.exchange.compare_every)
        while True:
            await asyncio.sleep(interval)
            for market in self.intake.markets.values():
                if market.traded_at and market.lag is not None and self._links and self._repairer.idle:
                    until = market.exchange_time(now()) - min(UNDER_WAY, int(interval * 1e6))
                    compared = self._repairer.compared.get(market.symbol, until - int(interval * 1e6))
                    since = compared - COMPARED_AGAIN
                    self._repairer.put(
                        Gap(
                            symbol=market.symbol,
                            first_id=None,
                            last_id=None,
                            since=since,
                            until=until,
                            suspected=False,
                        )
                    )

    async def _watch_silence(self) -> None:
        """Heartbeats don't count: without a trade for a while, REST says whether there were any."""
        quiet_after = self.config.quiet_after or self.exchange.quiet_after
        checked: dict[str, float] = {}
        started = monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(quiet_after / 4):
                    await self._suspicion.wait()
            if self._suspicion.is_set():
                self._suspicion.clear()
                for symbol in self.intake.markets:
                    await self._missed_by_silence(symbol)
            link = self._links[-1] if self._links else None
            if link is None or link.age < quiet_after:
                continue
            for market in self.intake.markets.values():
                last = max(link.trade_at.get(market.symbol, started), checked.get(market.symbol, 0.0))
                if monotonic() - last < quiet_after:
                    continue
                checked[market.symbol] = monotonic()
                if not market.traded_at:
                    if link.age >= _NEVER:
                        log.warning("%s %s: no trade ever: trying a new connection", self.name, market.symbol)
                        link.replace.set()
                        break
                    continue
                if await self._missed_by_silence(market.symbol):
                    link.replace.set()
                    self._resume = True
                    break

    async def _missed_by_silence(self, symbol: str) -> bool:
        try:
            found = await self._repairer.look(symbol)
        except StreamError as error:
            level = logging.DEBUG if isinstance(error, RestError) and error.known else logging.WARNING
            log.log(level, "%s %s: no trade for a while, and REST cannot tell: %s", self.name, symbol, error)
            return isinstance(error, RestError | FrameError)
        if found:
            log.error("%s %s: trades happen, but the connection brings none: replacing it", self.name, symbol)
        return bool(found)
