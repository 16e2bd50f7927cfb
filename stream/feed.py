"""One exchange's websocket: kept open, watched for silence, replaced without a hole, handed to the intake."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import cast

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from stream.backoff import Backoff
from stream.config import Config
from stream.connection import MAX_FRAME, FrameConnection
from stream.errors import FrameError, RestError, StreamError
from stream.exchanges.base import Endpoints, Exchange, Gap, Notice, Session
from stream.intake import Intake
from stream.record import now
from stream.repair import Repairer
from stream.rest import USER_AGENT
from stream.stats import Stats
from stream.trade import Trade, iso

log = logging.getLogger(__name__)
_CONNECT_TIMEOUT = 10.0
_CLOSE_TIMEOUT = 2.0  # websockets' 10 s would eat the time to stop
_STABLE = 30.0  # a connection that lived this long resets the backoff
_NEVER = 300.0  # seconds after which a market that never traded gets a new connection
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
        self._exchange = exchange
        self._endpoints = endpoints
        self._intake = intake
        self._repairer = repairer
        self._stats = stats
        self._config = config
        self._room = room
        self._links: list[_Link] = []
        self._backoff = Backoff(config.backoff, config.backoff_limit)
        self._resume = True  # the next working connection follows a break: read what was missed
        self._logged: list[float] = []
        self._suspicion = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_silence())
            if not self._intake.contiguous and self._config.reconcile_interval:
                group.create_task(self._reconcile())
            while True:
                link = _Link(self)
                self._links.append(link)
                task = group.create_task(link.run())
                replacement = group.create_task(link.replace.wait())
                await asyncio.wait((task, replacement), return_when=asyncio.FIRST_COMPLETED)
                replacement.cancel()
                if not task.done():
                    continue  # planned: the old connection stays until its successor works
                self._stats.reconnects += 1
                if link.age >= _STABLE:
                    self._backoff.reset()
                pause = self._backoff.next()
                log.warning("%s: connection ended (%s), next in %.1f s", self.name, link.ending, pause)
                await asyncio.sleep(pause)

    @property
    def name(self) -> str:
        return self._exchange.name

    def take(self, session: Session, payloads: Sequence[bytes], received_at: int) -> Sequence[Trade]:
        """Decode frames into the intake. Returns their trades; a bad frame is counted and logged."""
        decode = session.decode
        trades: list[Trade] = []
        for payload in payloads:
            try:
                trades += decode(payload, received_at)
            except (FrameError, msgspec.MsgspecError, ValueError, ArithmeticError) as error:
                self._bad_frame(payload, error)
        if trades:
            self._intake.accept(trades, iso(received_at))
        return trades

    def live(self, link: _Link) -> None:
        """The link works. What came before it may go, and what was missed without one is read again."""
        for older in self._links[: self._links.index(link)]:
            older.retire(self._config.overlap)
        if self._resume:
            self._resume = False
            if not self._intake.contiguous:
                self._read_again()

    def gone(self, link: _Link) -> None:
        self._links.remove(link)
        self._resume = self._resume or not self._links

    def suspect(self) -> None:
        """Something was lost, perhaps trades: ask REST now."""
        self._suspicion.set()

    def _bad_frame(self, payload: bytes, error: Exception) -> None:
        self._stats.bad_frames += 1
        moment = time.monotonic()
        self._logged = [at for at in self._logged if moment - at < 60]
        if len(self._logged) < _LOGGED_FRAMES:
            self._logged.append(moment)
            shown = error if isinstance(error, FrameError) else FrameError(self.name, str(error), payload)
            log.error("bad frame: %s", shown)
        if not self._intake.contiguous:
            self._read_again()

    def _read_again(self) -> None:
        """Where ids prove nothing: fetch the time since the last trade by REST."""
        for market in self._intake.markets.values():
            if market.traded_at:
                gap = Gap(
                    symbol=market.symbol, first_id=None, last_id=None, since=market.traded_at, until=now()
                )
                self._repairer.put(gap)

    async def _reconcile(self) -> None:
        """Compare with REST now and then.

        Trades of the last seconds may still be under way on the websocket.
        """
        while True:
            await asyncio.sleep(self._config.reconcile_interval)
            interval = self._config.reconcile_interval
            until = now() - int(min(5.0, interval) * 1e6)
            for market in self._intake.markets.values():
                if market.traded_at and self._links and self._repairer.idle:
                    compared = self._repairer.compared.get(market.symbol, until - int(interval * 1e6))
                    since = compared - 30_000_000
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
        quiet_after = self._config.quiet_after or self._exchange.quiet_after
        checked: dict[str, float] = {}
        started = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(quiet_after / 4):
                    await self._suspicion.wait()
            if self._suspicion.is_set():
                self._suspicion.clear()
                for symbol in self._intake.markets:
                    await self._missed_by_silence(symbol)
            link = self._links[-1] if self._links else None
            if link is None or link.age < quiet_after:
                continue
            for market in self._intake.markets.values():
                last = max(link.trade_at.get(market.symbol, started), checked.get(market.symbol, 0.0))
                if time.monotonic() - last < quiet_after:
                    continue
                checked[market.symbol] = time.monotonic()
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
            log.warning("%s %s: no trade for a while, and REST cannot tell: %s", self.name, symbol, error)
            return isinstance(error, RestError | FrameError)
        if found:
            log.error("%s %s: trades happen, but the connection brings none: replacing it", self.name, symbol)
        return bool(found)


class _Link:
    """One websocket connection of a feed."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.replace = asyncio.Event()
        self.ending = "not connected"
        self.trade_at: dict[str, float] = {}
        self._opened = time.monotonic()
        self._frame_at = self._opened
        self._live = False
        self._connection: FrameConnection | None = None
        self._retiring: asyncio.TimerHandle | None = None

    @property
    def age(self) -> float:
        return time.monotonic() - self._opened

    def retire(self, overlap: float) -> None:
        """Close after `overlap` seconds, in which the successor delivers too."""
        if self._retiring is None:
            loop = asyncio.get_running_loop()
            self._retiring = loop.call_later(overlap, self._abort, "replaced by a new connection")

    async def run(self) -> None:
        feed = self._feed
        exchange, symbols = feed._exchange, list(feed._intake.markets)
        url = exchange.url(feed._endpoints, symbols)
        try:
            async with connect(
                url,
                create_connection=FrameConnection,
                compression=None,
                open_timeout=_CONNECT_TIMEOUT,
                close_timeout=_CLOSE_TIMEOUT,
                ping_interval=20,
                ping_timeout=20,
                max_size=MAX_FRAME,
                user_agent_header=USER_AGENT,
            ) as opened:
                self._connection = connection = cast(FrameConnection, opened)
                self._opened = self._frame_at = time.monotonic()
                log.info("%s: connected to %s for %s", feed.name, url, ", ".join(symbols))
                for message in exchange.subscribe(symbols):
                    await connection.send(message)
                watch = asyncio.create_task(self._watch(connection))
                try:
                    await self._read(connection, exchange.session())
                finally:
                    watch.cancel()
        except ConnectionClosed as error:
            if self.ending == "not connected":
                self.ending = str(error)
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, StreamError) as error:
            self.ending = str(error) or type(error).__name__
        except Exception as error:  # whatever it is, one connection must not end the recording
            log.exception("%s: unexpected failure", feed.name)
            self.ending = repr(error)
        finally:
            if self._retiring is not None:
                self._retiring.cancel()
            feed.gone(self)

    async def _read(self, connection: FrameConnection, session: Session) -> None:
        feed = self._feed
        while True:
            for received_at, payloads in await connection.frames():
                self._frame_at = time.monotonic()
                for symbol in {trade.symbol for trade in feed.take(session, payloads, received_at)}:
                    self.trade_at[symbol] = self._frame_at
                if session.messages:
                    self._heed(session)
                if self.trade_at:
                    self._works()
            await feed._room()
            self._frame_at = time.monotonic()

    def _works(self) -> None:
        if not self._live:
            self._live = True
            self._feed.live(self)

    def _heed(self, session: Session) -> None:
        feed = self._feed
        for message in session.messages:
            if message.notice is Notice.RECONNECT:
                log.info("%s: the exchange asks for a new connection (%s)", feed.name, message.text)
                self.replace.set()
            elif message.notice is Notice.MISSED:
                log.warning("%s: the connection lost %s", feed.name, message.text)
                feed.suspect()
            elif message.notice is Notice.REJECTED:
                session.messages.clear()
                raise StreamError(f"the exchange refused: {message.text}")
            elif message.notice is Notice.SUBSCRIBED:
                self._works()
        session.messages.clear()

    async def _watch(self, connection: FrameConnection) -> None:
        """End a silent connection, ask for a successor before the exchange ends it, send keepalives."""
        feed = self._feed
        exchange, config = feed._exchange, feed._config
        idle_timeout = config.idle_timeout or exchange.idle_timeout
        max_age = config.max_age or (exchange.max_age * 0.95 if exchange.max_age else 0)
        pause = min(1.0, idle_timeout / 4)
        next_keepalive = time.monotonic() + (exchange.keepalive[0] if exchange.keepalive else 0)
        while True:
            await asyncio.sleep(pause)
            moment = time.monotonic()
            if moment - self._frame_at > idle_timeout and feed._stats.paused is False:
                self._abort(f"no frame for {idle_timeout:g} s")
                return
            if max_age and self.age > max_age and not self.replace.is_set():
                log.info("%s: connection is %.0f s old: replacing it", feed.name, self.age)
                self.replace.set()
            if exchange.keepalive and moment >= next_keepalive:
                next_keepalive = moment + exchange.keepalive[0]
                with contextlib.suppress(ConnectionClosed):
                    await connection.send(exchange.keepalive[1])

    def _abort(self, why: str) -> None:
        """End without waiting for the other side."""
        self.ending = why
        if self._connection is not None:
            self._connection.transport.abort()
