"""All faults at once, in random order, on five exchanges and on Kinesis: every id still arrives."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest
from stream_scenario import EXCHANGES, FAST, MARKET, until  # type: ignore[import-not-found]

from bovespa.stand_ins.exchanges import MARKETS, Simulator, serve
from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis
from stream.config import Config
from stream.producer import Producer, running
from stream.trade import STOPPED

SECONDS = 4.0
COUNTED_DOWN = ("drop", "duplicate", "reorder", "corrupt", "malformed", "fragment", "rest_rubbish")


async def trouble(simulator: Simulator, kinesis: FakeKinesis, chance: random.Random) -> None:
    """Faults and trades for some seconds, then none any more."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + SECONDS
    while loop.time() < ends:
        for exchange in EXCHANGES:
            faults = simulator.faults[exchange]
            what = chance.random()
            if what < 0.25:
                setattr(faults, chance.choice(COUNTED_DOWN), chance.randint(1, 6))
            elif what < 0.28:
                simulator.disconnect(exchange, in_frame=chance.random() < 0.5)
            elif what < 0.30:
                simulator.announce_shutdown(exchange, seconds=0.2)
            elif what < 0.32:
                faults.rest_status, faults.rest_failures = chance.choice((429, 503)), 3
            elif what < 0.34:
                faults.rest_delay = chance.choice((0.0, 0.1))
            count = 200 if chance.random() < 0.05 else chance.randrange(12)
            simulator.trade(exchange, MARKET[exchange], count)
        if chance.random() < 0.05:
            kinesis.stalled = not kinesis.stalled
        if chance.random() < 0.05:
            kinesis.break_after = 1
        await asyncio.sleep(0.02)
    kinesis.stalled, kinesis.failure_rate = False, 0.0
    for exchange in EXCHANGES:
        faults = simulator.faults[exchange]
        for name in (*COUNTED_DOWN, "rest_failures"):
            setattr(faults, name, 0)
        faults.rest_delay = 0.0


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_whatever_happens_together(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: set[tuple[str, int]] = set()
    gaps: list[object] = []

    def take(data: bytes) -> None:
        for line in data.splitlines():
            row = json.loads(line)
            if row["via"] == "gap":
                if row["gap_reason"] != STOPPED:  # the stop may come while a span is read again in vain
                    gaps.append(row)
            else:
                taken.add((row["exchange"], row["trade_id"]))

    kinesis = FakeKinesis("trades", shards=2, on_data=take, failure_rate=0.3, seed=seed)

    async def run() -> set[tuple[str, int]]:
        async with serve_kinesis(kinesis) as url, serve(markets=MARKETS) as simulator:
            monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", url)
            monkeypatch.setenv("AWS_REGION", "sa-east-1")
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
            config = Config(
                exchanges=EXCHANGES,
                symbols=tuple(f"{exchange}:{market}" for exchange, market in MARKETS),
                sink="kinesis",
                kinesis_stream="trades",
                endpoints=simulator.endpoints,
                buffer_bytes=1 << 17,
                spill_directory=str(tmp_path / "spill"),
                **FAST,
            )

            def happened() -> set[tuple[str, int]]:
                return {(name, number) for name in EXCHANGES for number in simulator.ids(name, MARKET[name])}

            async with running(Producer(config)):
                for exchange in EXCHANGES:
                    await until(lambda exchange=exchange: simulator.clients(exchange))
                    simulator.trade(exchange, MARKET[exchange], 10)
                await asyncio.sleep(0.3)
                await trouble(simulator, kinesis, random.Random(seed))
                await asyncio.sleep(0.5)
                for exchange in EXCHANGES:
                    await until(lambda exchange=exchange: simulator.clients(exchange))
                    simulator.trade(exchange, MARKET[exchange], 5)
                await until(lambda: taken >= happened(), 45)
            return happened()

    assert asyncio.run(run()) == taken
    assert gaps == []
