"""`bovespa stream watch` against a real producer's endpoint."""

from __future__ import annotations

import asyncio
import json
import re
from decimal import Decimal
from pathlib import Path

from click.testing import CliRunner
from stream_scenario import FAST, until  # type: ignore[import-not-found]

from bovespa.commands.stream import stream
from bovespa.commands.stream_watch import cost
from bovespa.stand_ins.exchanges import serve
from stream.config import Config
from stream.producer import Producer, running


def test_a_running_producer_is_shown(tmp_path: Path) -> None:
    async def run() -> tuple[str, str, Producer]:
        async with serve(markets=[("binance", "BTC-USDT"), ("coinbase", "BTC-USD")]) as simulator:
            settings = {**FAST, "health_port": 0}
            config = Config(
                exchanges=("binance", "coinbase"),
                symbols=("BTC-USD",),
                sink=str(tmp_path),
                endpoints=simulator.endpoints,
                **settings,
            )
            async with running(Producer(config)) as producer:
                await until(lambda: simulator.clients("binance") and simulator.clients("coinbase"))
                simulator.trade("binance", "BTC-USDT", 3000)
                simulator.trade("coinbase", "BTC-USD", 200)
                await until(lambda: producer.stats.acknowledged == 3200)
                arguments = ["watch", "--url", producer.health_url]
                once = await asyncio.to_thread(
                    CliRunner().invoke, stream, [*arguments, "--once"], env={"COLUMNS": "200"}
                )
                told = await asyncio.to_thread(CliRunner().invoke, stream, [*arguments, "--json"])
                return once.output, told.output, producer

    shown, told, producer = asyncio.run(run())
    for exchange, symbol in (("binance", "BTC-USDT"), ("coinbase", "BTC-USD")):
        price = producer.stats.market(exchange, symbol).last_price
        assert re.search(rf"{exchange}\s+.\s+{symbol}\s+.\s+{price}", shown)
    assert "3,200 of 3,200 trades delivered" in shown
    assert "+0.0 bp" in shown
    assert json.loads(told)["acknowledged"] == 3200
    assert Decimal("0.00001") < cost(producer.snapshot()) < Decimal("0.01")


def test_nobody_there_is_one_line() -> None:
    answer = CliRunner().invoke(stream, ["watch", "--url", "http://127.0.0.1:9/", "--once"])
    assert answer.exit_code == 1
    assert "no producer answers" in answer.output
