"""One absurd trade costs no good one: sent between good ones, before a loss, before a disconnect, before a restart."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from stream_scenario import EXCHANGES, FAST, MARKET, recording, rows, trade_ids, until  # type: ignore[import-not-found]

from bovespa.stand_ins.exchanges import serve
from stream.clock import now
from stream.config import Config
from stream.intake import Intake
from stream.producer import Producer, running
from stream.record import Record
from stream.stats import Stats
from stream.trade import LIVE, Trade, iso

YEAR = 365 * 86_400_000_000
NUMBERS = {
    "far above": 10**18,
    "the last of bigint": (1 << 63) - 1,
    "beyond bigint": 1 << 63,
    "negative": -5,
    "zero": 0,
    "ten million ahead": 0,
}
TIMES = {
    "in five years": 5 * YEAR,
    "five years ago": -5 * YEAR,
    "tomorrow": 90_000_000_000,
    "in year 9000": 6974 * YEAR,
}


def absurd(kind: str, exchange: str, newest: int) -> Trade:
    trade_id = NUMBERS.get(kind, newest + 1)
    if kind == "ten million ahead":
        trade_id = newest + 10_000_000
    when = now() + TIMES.get(kind, 0)
    return Trade(exchange, MARKET[exchange], trade_id, "65000.10", "0.00100000", "buy", when, 0)


@pytest.mark.parametrize("kind", [*NUMBERS, *TIMES])
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_an_absurd_trade_is_a_bad_frame_and_no_more(exchange: str, kind: str, tmp_path: Path) -> None:
    symbol = MARKET[exchange]

    async def run() -> list[int]:
        async with recording(exchange, tmp_path) as scenario:
            simulator = scenario.simulator
            simulator.inject(exchange, [absurd(kind, exchange, scenario.published[-1] + 50)])
            scenario.trade(50)
            await until(lambda: scenario.stats.bad_frames)
            simulator.inject(exchange, [absurd(kind, exchange, scenario.published[-1] + 50)])
            scenario.faults.drop = 7
            scenario.trade(20)
            await scenario.complete()
            simulator.inject(exchange, [absurd(kind, exchange, scenario.published[-1] + 50)])
            scenario.faults.refuse = True
            simulator.disconnect(exchange)
            await scenario.disconnected()
            scenario.trade(150)
            scenario.faults.refuse = False
            await scenario.connected()
            scenario.trade(10)
            await scenario.complete()
            scenario.producer.stop()
            await scenario.disconnected()
            scenario.trade(150)
            config = Config(
                exchanges=(exchange,),
                symbols=(symbol,),
                sink=str(tmp_path),
                endpoints=simulator.endpoints,
                **FAST,
            )
            async with running(Producer(config)):
                await scenario.connected()
                scenario.trade(10)
                await until(lambda: len(trade_ids(rows(tmp_path))) >= len(scenario.published))
            found: list[int] = scenario.published
            return found

    published = asyncio.run(run())
    assert trade_ids(rows(tmp_path)) == published


@pytest.mark.parametrize("contiguous", [True, False])
@pytest.mark.parametrize("first", [10**18, 3, (1 << 63) - 1])
def test_the_first_trade_of_all_may_be_the_absurd_one(first: int, contiguous: bool) -> None:
    records: list[Record] = []
    gaps: list[object] = []
    intake = Intake(
        "x", contiguous, Stats(), records.append, gaps.append, record_trades=150, flush_interval=1.0
    )
    intake.open_market("BTC-USD")
    moment = now()
    good = range(50_000_000, 50_000_180)
    for number in (first, *good):
        intake.accept([Trade("x", "BTC-USD", number, "1.0", "1.0", "buy", moment, moment, LIVE)], iso(moment))
    intake.flush()
    ids = [json.loads(line)["trade_id"] for record in records for line in record.data.splitlines()]
    assert sorted(set(ids) - {first}) == list(good)
    assert gaps == []


def test_a_market_that_really_begins_anew_is_followed_after_a_minute() -> None:
    records: list[Record] = []
    forgotten: list[str] = []
    intake = Intake(
        "x", True, Stats(), records.append, lambda gap: None, record_trades=150, flush_interval=1.0,
        on_reset=forgotten.append,
    )  # fmt: skip
    intake.open_market("BTC-USD", [(5_000_000_000, 5_000_001_000)], now())
    moment = now()
    for number in range(200):
        at = moment + number * 1_000_000
        intake.accept([Trade("x", "BTC-USD", 1 + number, "1.0", "1.0", "buy", at, at, LIVE)], iso(at))
    intake.flush()
    ids = [json.loads(line)["trade_id"] for record in records for line in record.data.splitlines()]
    assert sorted(ids) == list(range(1, 201))
    assert forgotten == ["BTC-USD"]


def test_trades_that_nobody_asked_for_are_counted_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> tuple[int, list[int]]:
        async with serve(markets=[("coinbase", "BTC-USD")]) as simulator:
            config = Config(
                exchanges=("coinbase",),
                symbols=("BTC-USD",),
                sink=str(tmp_path),
                endpoints=simulator.endpoints,
                **FAST,
            )
            async with running(Producer(config)) as producer:
                await until(lambda: simulator.clients("coinbase"))
                simulator.trade("coinbase", "BTC-USD", 10)
                other = [Trade("coinbase", "ETH-USD", n, "1.0", "1.0", "buy", now(), 0) for n in range(3)]
                simulator.inject("coinbase", other)
                await until(lambda: producer.stats.unwanted == 3)
            return producer.stats.unwanted, simulator.ids("coinbase", "BTC-USD")

    unwanted, published = asyncio.run(run())
    assert unwanted == 3
    assert trade_ids(rows(tmp_path)) == published
    assert caplog.text.count("'ETH-USD', which nobody asked for (asked for: BTC-USD)") == 1
