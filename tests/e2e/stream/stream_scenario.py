"""What the stream's end-to-end tests share: a simulated exchange, a producer writing files, ids counted."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from bovespa.stand_ins.exchanges import MARKETS, Simulator, serve
from stream.config import Config
from stream.producer import Producer, running

MARKET = dict(MARKETS)
EXCHANGES = tuple(MARKET)
CONTIGUOUS = ("binance", "coinbase", "kraken")
FAST: dict[str, Any] = {
    "flush_interval": 0.05,
    "checkpoint_interval": 0.1,
    "backoff": 0.02,
    "backoff_limit": 0.2,
    "overlap": 0.2,
    "repair_grace": 0.05,
    "reconcile_interval": 0.3,
    "rest_timeout": 3.0,
    "rest_interval": 0.05,  # test_stream_gaps.py keeps the exchanges' own pace
    "health_port": -1,
    "metrics_interval": 0.0,
}


def rows(directory: Path) -> list[dict[str, Any]]:
    """Every line written under a directory, in the order of the files."""
    return [
        json.loads(line)
        for path in sorted(directory.glob("dt=*/hour=*/*.jsonl"))
        for line in path.read_text().split("\n")[:-1]  # the last may be in the making
    ]


def trade_ids(found: list[dict[str, Any]]) -> list[int]:
    """Sorted ids of the trades among rows, repeated as often as they are there."""
    return sorted(row["trade_id"] for row in found if row["via"] != "gap")


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


class Scenario:
    """One exchange, one market, one producer."""

    def __init__(self, exchange: str, simulator: Simulator, producer: Producer, directory: Path) -> None:
        self.exchange = exchange
        self.symbol = MARKET[exchange]
        self.simulator = simulator
        self.producer = producer
        self.stats = producer.stats
        self.faults = simulator.faults[exchange]
        self.directory = directory

    def trade(self, count: int) -> None:
        self.simulator.trade(self.exchange, self.symbol, count)

    async def connected(self) -> None:
        await until(lambda: self.simulator.clients(self.exchange) >= 1)

    async def disconnected(self) -> None:
        await until(lambda: self.simulator.clients(self.exchange) == 0)

    @property
    def published(self) -> list[int]:
        return self.simulator.ids(self.exchange, self.symbol)

    async def complete(self, seconds: float = 15.0) -> None:
        """Wait until as many trades were acknowledged as happened."""
        await until(lambda: self.stats.acknowledged >= len(self.published), seconds)

    def rows(self) -> list[dict[str, Any]]:
        return rows(self.directory)


@contextlib.asynccontextmanager
async def recording(
    exchange: str, directory: Path, *, skew: float = 0.0, **settings: Any
) -> AsyncIterator[Scenario]:
    """A producer that is connected, and has seen ten trades. `skew`: seconds that the exchange is ahead."""
    market = MARKET[exchange]
    async with serve(markets=[(exchange, market)]) as simulator:
        simulator.faults[exchange].clock_skew = skew
        config = Config(
            exchanges=(exchange,),
            symbols=(market,),
            **{"sink": str(directory), **FAST, "endpoints": simulator.endpoints, **settings},
        )
        async with running(Producer(config)) as producer:
            scenario = Scenario(exchange, simulator, producer, directory)
            await scenario.connected()
            scenario.trade(10)
            await until(lambda: producer.stats.trades >= 10)
            yield scenario
