"""Gaps over the life of a producer, at the exchanges' own REST pace: never settled without proof, always tried on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stream_scenario import (  # type: ignore[import-not-found]
    CONTIGUOUS,
    EXCHANGES,
    FAST,
    MARKET,
    recording,
    rows,
    trade_ids,
    until,
)

from bovespa.stand_ins.exchanges import Simulator, serve
from stream.config import Config
from stream.exchanges import exchange_named
from stream.exchanges.base import Gap
from stream.feed import COMPARED_AGAIN, UNDER_WAY
from stream.producer import Producer, running
from stream.trade import NOT_THERE

OWN_PACE = {"rest_interval": 0.0}


@contextlib.asynccontextmanager
async def life(
    exchange: str, simulator: Simulator, directory: Path, **settings: Any
) -> AsyncIterator[Producer]:
    """One life of a producer; the next one starts from what this one left."""
    config = Config(
        exchanges=(exchange,),
        symbols=(MARKET[exchange],),
        **{"sink": str(directory), **FAST, **OWN_PACE, "endpoints": simulator.endpoints, **settings},
    )
    async with running(Producer(config)) as producer:
        await until(lambda: simulator.clients(exchange))
        simulator.trade(exchange, MARKET[exchange], 20)
        await until(lambda: producer.stats.trades >= 20)
        yield producer
    await until(lambda: not simulator.clients(exchange))


def settled(directory: Path) -> list[dict[str, Any]]:
    return [row for row in rows(directory) if row["via"] == "gap" and row["gap_reason"] == NOT_THERE]


@contextlib.asynccontextmanager
async def refusing(status: int) -> AsyncIterator[tuple[str, list[int]]]:
    """A host that answers nothing but this status; (address, its calls)."""
    calls: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        calls.append(status)
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno" % status)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", calls
    finally:
        server.close()


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_losses_are_repaired_at_the_exchanges_own_pace(exchange: str, tmp_path: Path) -> None:
    async def run() -> list[int]:
        async with recording(exchange, tmp_path, **OWN_PACE) as scenario:
            scenario.faults.drop = 7
            scenario.trade(20)
            await until(lambda: scenario.stats.repaired == 7)
            scenario.faults.refuse = True
            scenario.simulator.disconnect(exchange)
            await scenario.disconnected()
            scenario.trade(150)
            scenario.faults.refuse = False
            await scenario.connected()
            scenario.trade(10)
            await scenario.complete()
            found: list[int] = scenario.published
            return found

    published = asyncio.run(run())
    assert trade_ids(rows(tmp_path)) == published


def test_a_feed_that_drops_every_sixth_trade_makes_no_backlog(tmp_path: Path) -> None:
    """Ten holes a second, one REST call a second: each page closes all that it covers."""

    async def run() -> tuple[list[int], int, int]:
        async with recording("kraken", tmp_path, **OWN_PACE) as scenario:
            for number in range(400):
                scenario.faults.drop = 1 if number % 6 == 0 else 0
                scenario.trade(1)
                await asyncio.sleep(0.015)
            calls = scenario.simulator.rest_calls
            await until(lambda: scenario.stats.acknowledged >= len(scenario.published), 5)
            return scenario.published, calls, scenario.stats.repaired

    published, calls, repaired = asyncio.run(run())
    assert trade_ids(rows(tmp_path)) == published
    assert repaired == 67
    assert calls < 15


def test_bitstamps_comparisons_fit_its_window_of_a_minute() -> None:
    """The next longer one is an hour of trades, each time."""

    async def run() -> list[str]:
        asked: list[str] = []

        class Minute:
            async def get(self, url: str) -> bytes:
                asked.append(url)
                return b"[]"

        exchange = exchange_named("bitstamp")
        moment = 1_786_309_548_000_000
        late = int(exchange.compare_every * 1e6) + UNDER_WAY + COMPARED_AGAIN
        gap = Gap(
            symbol="BTC-USD", first_id=None, last_id=None, since=moment - late - 5_000_000, until=moment
        )
        async for _ in exchange.fetch(Minute(), exchange.endpoints, gap, moment):
            pass
        return asked

    assert [url.partition("?")[2] for url in asyncio.run(run())] == ["time=minute"]


def test_binances_calls_stay_below_its_weight_limit() -> None:
    assert 60 / exchange_named("binance").rest_interval * 25 < 6000


def test_a_refused_history_blocks_no_other_gap_and_is_tried_by_the_next_life(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> tuple[list[int], list[int], list[int], int]:
        async with refusing(451) as (blocked, calls), serve(markets=[("binance", "BTC-USDT")]) as simulator:
            places = {"binance": replace(simulator.endpoints["binance"], history=blocked)}
            async with life("binance", simulator, tmp_path, endpoints=places) as producer:
                simulator.faults["binance"].drop = 1500
                simulator.trade("binance", "BTC-USDT", 2601)  # the newest 1,000 don't reach the gap
                await until(lambda: calls)
                before = len(simulator.ids("binance", "BTC-USDT"))
                simulator.faults["binance"].drop = 40
                simulator.trade("binance", "BTC-USDT", 41)
                await until(lambda: producer.stats.repaired == 40)
                await until(lambda: producer.snapshot().exchanges["binance"].open_trades == 1500)
                assert producer.snapshot().exchanges["binance"].refused == {blocked[7:]: 451}
                await asyncio.sleep(1)
            small = simulator.ids("binance", "BTC-USDT")[before : before + 40]
            first = trade_ids(rows(tmp_path))
            asked = len(calls)
            async with life("binance", simulator, tmp_path):
                await until(
                    lambda: len(trade_ids(rows(tmp_path))) == len(simulator.ids("binance", "BTC-USDT"))
                )
            return simulator.ids("binance", "BTC-USDT"), first, small, asked

    published, first, small, asked = asyncio.run(run())
    assert set(small) <= set(first)
    assert len(published) - 20 - len(first) == 1500
    assert trade_ids(rows(tmp_path)) == published
    assert settled(tmp_path) == []
    assert asked == 1
    assert caplog.text.count("refuses this address (HTTP 451)") == 1


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_what_rest_failed_to_give_is_asked_for_after_a_restart(exchange: str, tmp_path: Path) -> None:
    async def run() -> list[int]:
        symbol = MARKET[exchange]
        async with serve(markets=[(exchange, symbol)]) as simulator:
            faults = simulator.faults[exchange]
            async with life(exchange, simulator, tmp_path, repair_timeout=0.5) as producer:
                faults.rest_status, faults.rest_failures = 503, 1_000_000
                faults.refuse = True
                simulator.disconnect(exchange)
                await until(lambda: not simulator.clients(exchange))
                simulator.trade(exchange, symbol, 300)  # more than a subscription's snapshot brings
                faults.refuse = False
                await until(lambda: simulator.clients(exchange))
                simulator.trade(exchange, symbol, 10)
                await until(lambda: any(row["via"] == "gap" for row in rows(tmp_path)))
                if exchange in CONTIGUOUS:
                    assert producer.stats.unrepaired >= 100
            faults.rest_failures = 0
            async with life(exchange, simulator, tmp_path):
                await until(lambda: len(trade_ids(rows(tmp_path))) >= len(simulator.ids(exchange, symbol)))
            return simulator.ids(exchange, symbol)

    published = asyncio.run(run())
    assert trade_ids(rows(tmp_path)) == published
    assert settled(tmp_path) == []


@pytest.mark.parametrize("exchange", CONTIGUOUS)
def test_an_empty_answer_proves_nothing(exchange: str, tmp_path: Path) -> None:
    """A history that is empty for a while (maintenance, a cache) settles no gap, however often it says so."""

    async def run() -> list[int]:
        async with recording(
            exchange, tmp_path, repair_attempts=1, repair_interval=0.2, repair_timeout=0.5
        ) as scenario:
            scenario.faults.forgotten.append((0, 1 << 62))
            scenario.faults.drop = 5
            scenario.trade(12)
            await until(lambda: scenario.stats.unrepaired == 5)
            calls = scenario.simulator.rest_calls
            await until(lambda: scenario.simulator.rest_calls > calls + 3)
            scenario.faults.forgotten.clear()
            await until(lambda: scenario.stats.repaired == 5)
            await scenario.complete()
            found: list[int] = scenario.published
            return found

    published = asyncio.run(run())
    assert trade_ids(rows(tmp_path)) == published
    assert settled(tmp_path) == []


def test_the_hours_budget_delays_and_loses_nothing(tmp_path: Path) -> None:
    async def run() -> tuple[list[int], int]:
        async with serve(markets=[("binance", "BTC-USDT")]) as simulator:
            async with life("binance", simulator, tmp_path, repair_limit=2500) as producer:
                simulator.faults["binance"].drop = 5000
                simulator.trade("binance", "BTC-USDT", 5001)
                await until(lambda: producer.stats.repaired >= 2500)
                await asyncio.sleep(1)
                repaired = producer.stats.repaired
                assert producer.stats.settled == 0
            async with life("binance", simulator, tmp_path):
                await until(
                    lambda: len(trade_ids(rows(tmp_path))) == len(simulator.ids("binance", "BTC-USDT"))
                )
            return simulator.ids("binance", "BTC-USDT"), repaired

    published, repaired = asyncio.run(run())
    assert 2500 <= repaired < 3600
    assert trade_ids(rows(tmp_path)) == published
    assert settled(tmp_path) == []
