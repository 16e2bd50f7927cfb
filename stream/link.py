"""One websocket connection of a feed, from the handshake to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, cast

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from stream.clock import monotonic
from stream.connection import MAX_FRAME, FrameConnection
from stream.errors import REFUSED_STATUSES, StreamError
from stream.exchanges.base import Notice, Session
from stream.rest import USER_AGENT

if TYPE_CHECKING:
    from stream.feed import Feed

log = logging.getLogger(__name__)
_CONNECT_TIMEOUT = 10.0
_CLOSE_TIMEOUT = 2.0  # websockets' 10 s would eat the time to stop


class Link:
    """Reads into the feed until the connection ends, and says why in `ending`; never raises.

    `refused` is the status of a handshake that refused this address (403, 451). `replace` asks the feed for a
    successor; `trade_at` is when (monotonic) each symbol last brought a trade.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.replace = asyncio.Event()
        self.ending = "not connected"
        self.refused: int | None = None
        self.trade_at: dict[str, float] = {}
        self._opened = monotonic()
        self._frame_at = self._opened
        self._live = False
        self._connection: FrameConnection | None = None
        self._retiring: asyncio.TimerHandle | None = None

    @property
    def age(self) -> float:
        return monotonic() - self._opened

    def retire(self, overlap: float) -> None:
        """Close after `overlap` seconds, in which the successor delivers too."""
        if self._retiring is None:
            loop = asyncio.get_running_loop()
            self._retiring = loop.call_later(overlap, self._abort, "replaced by a new connection")

    async def run(self) -> None:
        feed = self._feed
        exchange, symbols = feed.exchange, list(feed.intake.markets)
        url = exchange.url(feed.endpoints, symbols)
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
                self._opened = self._frame_at = monotonic()
                feed.opened(url)
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
        except InvalidStatus as error:
            status = error.response.status_code
            self.refused = status if status in REFUSED_STATUSES else None
            self.ending = str(error)
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, StreamError) as error:
            self.ending = str(error) or type(error).__name__
        except Exception as error:  # whatever it is, one connection must not end the recording
            log.exception("%s: unexpected failure", feed.name)
            self.ending = repr(error)
        finally:
            if self._retiring is not None:
                self._retiring.cancel()
            if self._connection is not None:
                feed.closed()
            feed.gone(self)

    async def _read(self, connection: FrameConnection, session: Session) -> None:
        feed = self._feed
        while True:
            for received_at, payloads in await connection.frames():
                self._frame_at = monotonic()
                for symbol in feed.take(session, payloads, received_at):
                    self.trade_at[symbol] = self._frame_at
                if session.messages:
                    self._heed(session)
                if self.trade_at:
                    self._works()
            await feed.room()
            self._frame_at = monotonic()

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
        exchange, config = feed.exchange, feed.config
        idle_timeout = config.idle_timeout or exchange.idle_timeout
        max_age = config.max_age or (exchange.max_age * 0.95 if exchange.max_age else 0)
        pause = min(5.0, idle_timeout / 4)
        next_keepalive = monotonic() + (exchange.keepalive[0] if exchange.keepalive else 0)
        while True:
            await asyncio.sleep(pause)
            moment = monotonic()
            if moment - self._frame_at > idle_timeout and feed.stats.paused is False:
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
