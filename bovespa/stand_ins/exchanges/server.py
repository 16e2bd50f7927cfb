"""The simulator's server: websockets and REST of five exchanges on one loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from bovespa.stand_ins.exchanges.faults import Faults
from bovespa.stand_ins.exchanges.walk import Walk
from bovespa.stand_ins.exchanges.wire import WIRES
from bovespa.stand_ins.exchanges.wire.base import Wire
from stream.clock import now
from stream.exchanges.base import Endpoints
from stream.trade import Trade

log = logging.getLogger(__name__)
_HISTORY = 500_000


class _Client:
    """One websocket connection."""

    def __init__(self, socket: ServerConnection, wire: Wire) -> None:
        self.socket = socket
        self.wire = wire
        self.symbols: set[str] = set()
        self.muted = False
        self.held: str | None = None
        self._unwritten: list[bytes] = []

    def send(self, frame: str | bytes, *, fragments: bool = False) -> None:
        """Queue a frame; :meth:`flush` writes what is queued."""
        data = frame.encode() if isinstance(frame, str) else frame
        protocol = self.socket.protocol
        if protocol.state is not State.OPEN:
            return
        if fragments and len(data) > 8:
            third = len(data) // 3
            protocol.send_text(data[:third], fin=False)
            protocol.send_continuation(data[third : 2 * third], fin=False)
            protocol.send_continuation(data[2 * third :], fin=True)
        else:
            protocol.send_text(data)
        self._unwritten += protocol.data_to_send()

    def flush(self) -> None:
        """Write without waiting: a slow reader's backlog is the transport's.

        All queued frames at once: since Python 3.12 a write takes as long as there are writes waiting.
        """
        if self._unwritten:
            self.socket.transport.write(b"".join(self._unwritten))
            self._unwritten.clear()


class Simulator:
    """Use `serve_simulator`. `published` holds every trade of every market, sent or not."""

    def __init__(self, seed: int, markets: Iterable[tuple[str, str]]) -> None:
        self.faults: dict[str, Faults] = {name: Faults() for name in WIRES}
        self.published: dict[tuple[str, str], list[Trade]] = {}
        self.connections = 0
        self.rest_calls = 0
        self.port = 0
        self.secure = False
        self._walks: dict[tuple[str, str], Walk] = {}
        self._clients: dict[str, list[_Client]] = {name: [] for name in WIRES}
        for exchange, symbol in markets:
            faults = self.faults[exchange]
            self._walks[exchange, symbol] = Walk(
                exchange,
                symbol,
                seed,
                lambda faults=faults: now() + int(faults.clock_skew * 1e6),  # type: ignore[misc]
                WIRES[exchange].id_step,
            )
            self.published[exchange, symbol] = []

    @property
    def endpoints(self) -> dict[str, Endpoints]:
        """What a producer's `Config.endpoints` takes."""
        host = f"{'localhost' if self.secure else '127.0.0.1'}:{self.port}"
        safe = "s" if self.secure else ""
        return {
            name: Endpoints(
                websocket=f"ws{safe}://{host}/{name}",
                rest=f"http{safe}://{host}/{name}",
                history=f"http{safe}://{host}/{name}",
            )
            for name in WIRES
        }

    def ids(self, exchange: str, symbol: str) -> list[int]:
        """Every id published so far."""
        return [trade.trade_id for trade in self.published[exchange, symbol]]

    def clients(self, exchange: str) -> int:
        return sum(bool(client.symbols) for client in self._clients[exchange])

    def trade(self, exchange: str, symbol: str, count: int = 1) -> list[Trade]:
        """Make trades happen now."""
        walk = self._walks[exchange, symbol]
        trades = [walk.next() for _ in range(count)]
        self.publish(exchange, symbol, trades)
        return trades

    def publish(self, exchange: str, symbol: str, trades: Sequence[Trade]) -> None:
        """Let given trades happen, ascending by id."""
        history = self.published.setdefault((exchange, symbol), [])
        history += trades
        if len(history) > 2 * _HISTORY:
            del history[:-_HISTORY]
        faults = self.faults[exchange]
        dropped = min(faults.drop, len(trades))
        faults.drop -= dropped
        sent = trades[dropped:]
        for client in list(self._clients[exchange]):
            if symbol not in client.symbols or client.muted:
                continue
            if dropped and hasattr(client.wire, "skip"):
                client.wire.skip()
            step = client.wire.trades_per_frame
            for start in range(0, len(sent), step):
                self._send(client, client.wire.trades(sent[start : start + step]), faults)
            client.flush()

    def inject(self, exchange: str, trades: Sequence[Trade]) -> None:
        """Send trades that never happened: no history has them."""
        for client in self._clients[exchange]:
            for trade in trades:
                client.send(client.wire.trades([trade]))
            client.flush()

    def disconnect(self, exchange: str, *, in_frame: bool = False) -> None:
        """Cut every connection, without a close frame; `in_frame` after half a frame."""
        for client in self._clients[exchange]:
            if in_frame:
                client.socket.transport.write(b'\x81\x7e\x01\x00{"half":')
            client.socket.transport.abort()

    def silence(self, exchange: str) -> None:
        """Present connections get heartbeats but no trades any more."""
        for client in self._clients[exchange]:
            client.muted = True

    def announce_shutdown(self, exchange: str, seconds: float = 5.0) -> None:
        """Say that connections will end, and end them `seconds` later."""
        loop = asyncio.get_running_loop()
        for client in self._clients[exchange]:
            frame = client.wire.shutdown()
            if frame is not None:
                client.send(frame)
                client.flush()
            loop.call_later(seconds, client.socket.transport.abort)

    async def burst(self, exchange: str, symbol: str, count: int = 1000, seconds: float = 0.1) -> None:
        """Many trades in a short time, in ten portions."""
        for portion in range(10):
            self.trade(exchange, symbol, count * (portion + 1) // 10 - count * portion // 10)
            await asyncio.sleep(seconds / 10)

    async def run_market(self, exchange: str, symbol: str, rate: float, total: int | None = None) -> None:
        """`rate` trades per second until `total` or cancelled."""
        loop = asyncio.get_running_loop()
        started, made = loop.time(), 0
        while total is None or made < total:
            await asyncio.sleep(0.01)
            due = int((loop.time() - started) * rate)
            due = due if total is None else min(due, total)
            if due > made:
                self.trade(exchange, symbol, due - made)
                made = due

    def _send(self, client: _Client, frame: str, faults: Faults) -> None:
        if faults.malformed:
            faults.malformed -= 1
            client.send(b'{"stream":"\xff\xfe not json')
        if faults.corrupt:
            faults.corrupt -= 1
            client.send(frame[: len(frame) // 2])
            return
        if faults.reorder and client.held is None:
            faults.reorder -= 1
            client.held = frame
            return
        fragments = faults.fragment > 0
        faults.fragment -= fragments
        client.send(frame, fragments=fragments)
        if client.held is not None:
            client.send(client.held)
            client.held = None
        if faults.duplicate:
            faults.duplicate -= 1
            client.send(frame)

    async def handle(self, socket: ServerConnection) -> None:
        """One websocket client until it goes."""
        target = socket.request.path if socket.request is not None else "/"
        name = target.strip("/").partition("/")[0].partition("?")[0]
        wire = WIRES[name]()
        client = _Client(socket, wire)
        self.connections += 1
        self._clients[name].append(client)
        self._subscribe(client, wire.opened(target))
        client.flush()
        beats = asyncio.create_task(self._beat(client))
        try:
            async for message in socket:
                if isinstance(message, bytes):
                    continue
                try:
                    subscription = wire.message(message)
                except (KeyError, msgspec.MsgspecError, AttributeError) as error:
                    log.warning("%s: client message not understood: %r", name, error)
                    continue
                for answer in subscription.answers:
                    client.send(answer)
                self._subscribe(client, subscription.symbols)
                client.flush()
        except ConnectionClosed:
            pass
        finally:
            beats.cancel()
            self._clients[name].remove(client)

    def _subscribe(self, client: _Client, symbols: Sequence[str]) -> None:
        for symbol in symbols:
            if (client.wire.name, symbol) not in self.published:
                log.warning("%s: %s is not simulated", client.wire.name, symbol)
                continue
            count = client.wire.snapshot_trades
            recent = self.published[client.wire.name, symbol][-count:] if count else []
            if recent:
                client.send(client.wire.trades(recent, snapshot=True))
            client.symbols.add(symbol)

    async def _beat(self, client: _Client) -> None:
        while client.wire.heartbeat_interval:
            await asyncio.sleep(client.wire.heartbeat_interval)
            frame = client.wire.heartbeat()
            if frame is not None:
                with contextlib.suppress(ConnectionClosed):
                    client.send(frame)
                    client.flush()

    async def answer(self, socket: ServerConnection, request: Request) -> Response | None:
        """REST and control requests; None lets the websocket handshake go on."""
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        name, _, path = parts.path.strip("/").partition("/")
        if name == "control":
            return self._control(path, query)
        if name not in WIRES:
            return _json(HTTPStatus.NOT_FOUND, {"error": "no such exchange"})
        faults = self.faults[name]
        if request.headers.get("Upgrade", "").lower() == "websocket":
            await asyncio.sleep(faults.connect_delay)
            return _json(HTTPStatus(faults.refuse_status), {"error": "refused"}) if faults.refuse else None
        self.rest_calls += 1
        if faults.rest_delay:
            await asyncio.sleep(faults.rest_delay)
        if faults.rest_failures:
            faults.rest_failures -= 1
            headers = {"Retry-After": str(faults.rest_retry_after)} if faults.rest_retry_after else {}
            return _json(HTTPStatus(faults.rest_status), {"error": "on command"}, headers)
        if faults.rest_rubbish:
            faults.rest_rubbish -= 1
            return _json(HTTPStatus.OK, None, body=b"<html>busy</html>")

        def history(symbol: str) -> Sequence[Trade]:
            known = self.published.get((name, symbol), [])
            return [t for t in known if not faults.forgets(t.trade_id)] if faults.forgotten else known

        try:
            found = WIRES[name].rest("/" + path, query, history)
        except (KeyError, ValueError) as error:
            return _json(HTTPStatus.BAD_REQUEST, {"error": repr(error)})
        if found is None:
            return _json(HTTPStatus.NOT_FOUND, {"error": "no such path"})
        return _json(HTTPStatus.OK, found)

    def _control(self, path: str, query: dict[str, str]) -> Response:
        """`/control/<exchange>/<disconnect|silence|shutdown|burst>` or `/control/<exchange>?drop=5&…`."""
        exchange, _, action = path.partition("/")
        if exchange not in WIRES:
            return _json(HTTPStatus.NOT_FOUND, {"error": f"no exchange {exchange!r}"})
        try:
            if action == "disconnect":
                self.disconnect(exchange, in_frame="in_frame" in query)
            elif action == "silence":
                self.silence(exchange)
            elif action == "shutdown":
                self.announce_shutdown(exchange, float(query.get("seconds", 5)))
            elif action == "burst":
                for name, symbol in list(self._walks):
                    if name == exchange:
                        self.trade(name, symbol, int(query.get("count", 1000)))
            elif action:
                raise ValueError(f"no action {action!r}")
            else:
                for name, value in query.items():
                    self.faults[exchange].set(name, value)
        except ValueError as error:
            return _json(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        return _json(HTTPStatus.OK, {"done": True})


def _json(
    status: HTTPStatus, value: object, headers: dict[str, str] | None = None, body: bytes | None = None
) -> Response:
    content = msgspec.json.encode(value) if body is None else body
    fields = {"Content-Type": "application/json", "Content-Length": str(len(content)), "Connection": "close"}
    return Response(status.value, status.phrase, Headers({**fields, **(headers or {})}), content)


async def start(simulator: Simulator, port: int, tls: ssl.SSLContext | None = None) -> Server:
    """Listen on 127.0.0.1; port 0 picks a free one. With `tls`, by wss and https only."""
    server = await serve(
        simulator.handle,
        "127.0.0.1",
        port,
        ssl=tls,
        process_request=simulator.answer,
        compression=None,
        ping_interval=None,
        close_timeout=1,
    )
    simulator.port = next(iter(server.sockets)).getsockname()[1]
    simulator.secure = tls is not None
    return server
