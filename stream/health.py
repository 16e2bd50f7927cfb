"""The HTTP endpoint that a container's health check asks, and a person's curl."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from stream.config import Config
from stream.exchanges import exchange_named
from stream.stats import MarketStats, Snapshot, Stats

_TIMEOUT = 5.0


def report(config: Config, stats: Stats) -> tuple[bool, dict[str, object]]:
    """(healthy, what is shown).

    Healthy: the event loop turns, or nobody would answer, and delivery works or is stalled within what the
    buffers can bear. Unhealthy: they are full, and nothing was delivered for `health_max_age`. An exchange
    that is silent makes nothing unhealthy, since a new process would hear as little; it is in `quiet`.
    """
    shown = stats.snapshot()
    ages = {name: stats.age(name) for name in config.exchanges}
    quiet = [
        name
        for name, age in ages.items()
        if (shown.uptime if age is None else age) > exchange_named(name).silence_alarm
    ]
    healthy = not (shown.paused and shown.undelivered_for >= config.health_max_age)
    return healthy, {
        "status": "ok"
        if healthy
        else f"nothing delivered for {shown.undelivered_for:.0f} s, and no room left",
        **dataclasses.asdict(shown),
        "last_trade_age": {name: None if age is None else round(age, 3) for name, age in ages.items()},
        "quiet": quiet,
        "markets": [
            {"exchange": exchange, "symbol": symbol, **dataclasses.asdict(market)}
            for (exchange, symbol), market in shown.markets.items()
        ],
    }


def read_report(body: bytes) -> Snapshot:
    """The snapshot in a report's JSON, as another process got it from the endpoint.

    Raises:
        msgspec.MsgspecError: it is no report.
    """
    raw = msgspec.json.decode(body, type=dict[str, Any])
    ages = [age for age in raw.pop("last_trade_age", {}).values() if age is not None]
    markets = {
        (found.pop("exchange"), found.pop("symbol")): msgspec.convert(found, MarketStats)
        for found in raw.pop("markets", ())
    }
    raw |= {"last_trade_age": min(ages, default=None), "markets": {}}
    return dataclasses.replace(msgspec.convert(raw, Snapshot), markets=markets)


@contextlib.asynccontextmanager
async def serve_health(config: Config, stats: Stats) -> AsyncIterator[str]:
    """Answers every GET with 200 or 503 and the report as JSON. Yields the address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            async with asyncio.timeout(_TIMEOUT):
                await reader.readuntil(b"\r\n\r\n")
                healthy, shown = report(config, stats)
                shown["tasks"] = len(asyncio.all_tasks())
                body = msgspec.json.encode(shown)
                status = "200 OK" if healthy else "503 Service Unavailable"
                head = (
                    f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                )
                writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, config.health_host, config.health_port, limit=16 << 10)
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}/"
    finally:
        server.close()
