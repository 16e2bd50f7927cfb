"""The thin whole: simulator -> producer -> files, ids counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bovespa.stand_ins.exchanges import serve
from stream.config import Config
from stream.producer import Producer, running


def rows(directory: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(directory.glob("dt=*/hour=*/*.jsonl"))
        for line in path.read_text().splitlines()
    ]


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def test_every_trade_arrives_exactly_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serve(markets=[("binance", "BTC-USDT")]) as simulator:
            config = Config(
                exchanges=("binance",),
                symbols=("BTC-USD",),
                sink=str(tmp_path),
                flush_interval=0.05,
                backoff=0.05,
                health_port=-1,
                metrics_interval=0,
                endpoints=simulator.endpoints,
            )
            async with running(Producer(config)) as producer:
                await until(lambda: simulator.clients("binance") == 1)
                simulator.trade("binance", "BTC-USDT", 500)
                simulator.faults["binance"].drop = 7
                simulator.trade("binance", "BTC-USDT", 100)
                await until(lambda: producer.stats.repaired == 7)
                simulator.disconnect("binance")
                await until(lambda: simulator.clients("binance") == 0)
                simulator.trade("binance", "BTC-USDT", 50)
                await until(lambda: simulator.clients("binance") == 1)
                simulator.trade("binance", "BTC-USDT", 50)
                await until(lambda: producer.stats.acknowledged == 700)
            written = [row["trade_id"] for row in rows(tmp_path)]
            assert sorted(written) == simulator.ids("binance", "BTC-USDT")
            assert {row["via"] for row in rows(tmp_path)} == {"live", "repair"}

    asyncio.run(scenario())
