"""A local stand-in for the five exchanges: their websockets, the REST calls of repairs, faults on command.

    async with serve(markets=[("binance", "BTC-USDT")], rate=50) as simulator:
        config = Config(exchanges=("binance",), endpoints=simulator.endpoints, …)
        simulator.faults["binance"].drop = 5

`python -m bovespa.stand_ins.exchanges --help` runs it as a program.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from bovespa.stand_ins.exchanges.faults import Faults
from bovespa.stand_ins.exchanges.playback import play, recorded_markets
from bovespa.stand_ins.exchanges.server import Simulator, start

MARKETS: tuple[tuple[str, str], ...] = (
    ("binance", "BTC-USDT"),
    ("coinbase", "BTC-USD"),
    ("kraken", "BTC-USD"),
    ("bitstamp", "BTC-USD"),
    ("mercado_bitcoin", "BTC-BRL"),
)


@contextlib.asynccontextmanager
async def serve(
    *,
    markets: Sequence[tuple[str, str]] = MARKETS,
    seed: int = 1,
    rate: float = 0.0,
    total: int | None = None,
    recording: Path | None = None,
    speed: float = 1.0,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Simulator]:
    """Serve on a free loopback port for the duration of the block.

    `rate`: trades per second of each market from the start on; 0 leaves all trading to `Simulator.trade`.
    `recording`: the trades of a recorded session instead, `speed` times as fast as they were (0: at once), from
    the first subscription on; its markets are served besides `markets`. `tls`: a context for `localhost`, to serve
    wss and https with.

    Raises:
        RecordingError: it is no recording, or ends in the middle.
    """
    recorded = recorded_markets(recording) if recording is not None else []
    simulator = Simulator(seed, dict.fromkeys((*markets, *recorded)))
    server = await start(simulator, port, tls)
    running = [
        asyncio.create_task(simulator.run_market(exchange, symbol, rate, total))
        for exchange, symbol in markets
        if rate
    ]
    if recording is not None:
        running.append(asyncio.create_task(play(simulator, recording, speed)))
    try:
        yield simulator
    finally:
        for task in running:
            task.cancel()
        for name in simulator.faults:
            simulator.disconnect(name)
        server.close()
        await server.wait_closed()


__all__ = ["MARKETS", "Faults", "Simulator", "serve"]
