"""Hosts that misbehave in ways of their own, and clocks and neighbours that do: what happened is held against the ids."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

import pytest
from stream_scenario import (  # type: ignore[import-not-found]
    CONTIGUOUS,
    EXCHANGES,
    FAST,
    MARKET,
    Scenario,
    recording,
    rows,
    trade_ids,
    until,
)

from bovespa.stand_ins.exchanges import serve
from bovespa.stand_ins.exchanges.wire import WIRES
from stream import clock
from stream.checkpoint import NoCheckpoint, State
from stream.config import Config
from stream.errors import ConfigError
from stream.producer import Producer, running

GARBAGE = (
    b"",
    b"null",
    b"[]",
    b"0",
    b'"trade"',
    b"\x00\x01\x02",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b'{"channel":"trade","data":null}',
    b'{"channel":"market_trades","events":{}}',
    b'{"event":"trade","channel":"live_trades_","data":{}}',
    b'{"type":"trade","id":7,"data":[]}',
    b'{"stream":"btcusdt@trade","data":"x"}',
    b"<html><body>502 Bad Gateway</body></html>",
    b"9" * 5000,
)


async def lose(scenario: Scenario, count: int) -> None:
    """Trades that happen while there is no connection."""
    scenario.faults.refuse = True
    scenario.simulator.disconnect(scenario.exchange)
    await scenario.disconnected()
    scenario.trade(count)
    scenario.faults.refuse = False
    await scenario.connected()
    scenario.trade(10)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_rubbish_after_a_good_subscription_costs_no_trade(exchange: str, tmp_path: Path) -> None:
    async def run() -> Scenario:
        async with recording(exchange, tmp_path) as scenario:
            for frame in GARBAGE:
                for client in scenario.simulator._clients[exchange]:
                    client.send(frame)
                scenario.trade(2)
                await asyncio.sleep(0.01)
            await scenario.complete()
        return scenario

    scenario = asyncio.run(run())
    assert trade_ids(scenario.rows()) == scenario.published
    assert scenario.stats.reconnects == 0


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_host_that_answers_a_403_page_for_a_while(exchange: str, tmp_path: Path) -> None:
    """A firewall before the exchange, that refuses websocket and REST."""

    async def run() -> Scenario:
        async with recording(exchange, tmp_path, refused_pause=0.5, repair_interval=0.5) as scenario:
            scenario.faults.refuse_status = 403
            scenario.faults.rest_status, scenario.faults.rest_failures = 403, 3
            await lose(scenario, 200)
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert trade_ids(scenario.rows()) == scenario.published
    assert not [row for row in scenario.rows() if row["via"] == "gap"]


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("kind", ["behind", "frozen", "shuffled", "doubled"])
def test_a_history_that_goes_backwards(
    exchange: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several caches behind one name: each answer is of another moment, or in an order of its own."""
    wire, calls = WIRES[exchange], 0
    honest = wire.rest

    def rest(path: str, query: Any, history: Any) -> object:
        nonlocal calls
        calls += 1

        def told(symbol: str) -> list[Any]:
            known = list(history(symbol))
            if kind == "behind" and calls % 2:
                return known[:-150]
            return known[:60] if kind == "frozen" and calls <= 4 else known

        found = honest(path, query, told)
        if isinstance(found, list) and kind == "shuffled" and calls <= 4:
            return [*found[1::2], *found[::2]]
        if isinstance(found, list) and kind == "doubled" and calls <= 4:
            return [*found, *found]
        return found

    monkeypatch.setattr(wire, "rest", staticmethod(rest))

    async def run() -> tuple[Scenario, int]:
        async with recording(exchange, tmp_path, repair_interval=0.3) as scenario:
            scenario.trade(100)
            await lose(scenario, 200)
            await scenario.complete(30)
            asked = calls
        return scenario, asked

    scenario, asked = asyncio.run(run())
    assert trade_ids(scenario.rows()) == scenario.published
    assert not [
        row for row in scenario.rows() if row["via"] == "gap" and "does not have" in row["gap_reason"]
    ]
    assert asked < 200


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_half_open_connection(exchange: str, tmp_path: Path) -> None:
    """The other side is gone without a word: nothing comes, nothing is refused."""

    async def run() -> Scenario:
        async with recording(exchange, tmp_path, idle_timeout=1.0) as scenario:
            for client in list(scenario.simulator._clients[exchange]):
                client.socket.transport.pause_reading()
                client.send = lambda *_, **__: None
            scenario.trade(200)
            await until(lambda: scenario.simulator.connections >= 2)
            await scenario.connected()
            scenario.trade(10)
            await scenario.complete()
        return scenario

    scenario = asyncio.run(run())
    assert trade_ids(scenario.rows()) == scenario.published


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("jump", [3600, -3600, 3 * 86_400, -3 * 86_400], ids=["1h", "-1h", "3d", "-3d"])
def test_our_own_clock_jumps(exchange: str, jump: int, tmp_path: Path) -> None:
    """A machine that woke up, or an NTP that corrected it; the exchange's clock goes on as before.

    By a clock that is days behind, trades lie in the future, and are refused. (Nor would AWS take its signatures.)
    They come by REST once it is right again.
    """
    ahead = 0

    async def run() -> Scenario:
        nonlocal ahead
        async with recording(exchange, tmp_path) as scenario:
            scenario.trade(50)
            await scenario.complete()
            ahead = jump * 10**9
            scenario.faults.clock_skew = -jump  # the simulator reads the same clock
            scenario.trade(50)
            await asyncio.sleep(0.5)
            if jump < -86_400:
                assert scenario.stats.bad_frames >= 50
                ahead, scenario.faults.clock_skew = 0, 0.0
            await lose(scenario, 100)
            await scenario.complete(30)
        return scenario

    with clock.replaced(time.monotonic, lambda: time.time_ns() + ahead):
        scenario = asyncio.run(run())
    assert trade_ids(scenario.rows()) == scenario.published


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_server_that_closes_again_and_again(exchange: str, tmp_path: Path) -> None:
    async def run() -> Scenario:
        async with recording(exchange, tmp_path) as scenario:
            for number in range(12):
                scenario.trade(15)
                for client in list(scenario.simulator._clients[exchange]):
                    await client.socket.close(1000 if number % 2 else 1012)
                scenario.trade(15)
                await asyncio.sleep(0.1)
            await scenario.connected()
            scenario.trade(10)
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert trade_ids(scenario.rows()) == scenario.published


@pytest.mark.parametrize("exchange", CONTIGUOUS)
def test_rest_that_never_ends_its_answer(exchange: str, tmp_path: Path) -> None:
    """A byte at a time, for ever: given up, tried again, and no other exchange's business."""

    async def run() -> Scenario:
        async with recording(exchange, tmp_path, rest_timeout=0.5, repair_interval=0.3) as scenario:
            scenario.faults.rest_delay = 30.0
            scenario.faults.drop = 30
            scenario.trade(60)
            await asyncio.sleep(2)
            scenario.faults.rest_delay = 0.0
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert trade_ids(scenario.rows()) == scenario.published


def test_a_whole_host_that_comes_up_late(tmp_path: Path) -> None:
    async def run() -> tuple[list[int], int]:
        async with serve(markets=[("kraken", MARKET["kraken"])]) as simulator:
            simulator.faults["kraken"].refuse = True
            simulator.faults["kraken"].rest_status, simulator.faults["kraken"].rest_failures = 503, 10_000
            config = Config(
                exchanges=("kraken",),
                symbols=(MARKET["kraken"],),
                sink=str(tmp_path),
                endpoints=simulator.endpoints,
                **FAST,
            )
            async with running(Producer(config)) as producer:
                await asyncio.sleep(1.5)
                simulator.faults["kraken"].refuse = False
                simulator.faults["kraken"].rest_failures = 0
                await until(lambda: simulator.clients("kraken"))
                simulator.trade("kraken", MARKET["kraken"], 40)
                await until(lambda: producer.stats.acknowledged == 40)
            return simulator.ids("kraken", MARKET["kraken"]), producer.stats.bad_frames

    published, bad = asyncio.run(run())
    assert trade_ids(rows(tmp_path)) == published
    assert bad == 0


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_two_producers_with_one_checkpoint(exchange: str, tmp_path: Path) -> None:
    """A deploy that overlaps, on one machine: each writes elsewhere, both keep the same file."""

    async def run() -> list[int]:
        symbol = MARKET[exchange]
        async with serve(markets=[(exchange, symbol)]) as simulator:

            def config(name: str) -> Config:
                return Config(
                    exchanges=(exchange,),
                    symbols=(symbol,),
                    sink=str(tmp_path / name),
                    checkpoint=str(tmp_path / "checkpoint.json"),
                    endpoints=simulator.endpoints,
                    **FAST,
                )

            async with running(Producer(config("old"))):
                await until(lambda: simulator.clients(exchange) == 1)
                simulator.trade(exchange, symbol, 40)
                await asyncio.sleep(0.5)
                async with running(Producer(config("new"))) as new:
                    await until(lambda: simulator.clients(exchange) == 2)
                    for _ in range(10):
                        simulator.trade(exchange, symbol, 20)
                        await asyncio.sleep(0.1)
                    await until(lambda: new.stats.acknowledged >= 200)
            simulator.trade(exchange, symbol, 150)  # while nobody listens
            async with running(Producer(config("next"))):
                await until(lambda: simulator.clients(exchange) == 1)
                simulator.trade(exchange, symbol, 10)
                everything = simulator.ids(exchange, symbol)
                with contextlib.suppress(TimeoutError):
                    await until(lambda: everyones(tmp_path) >= set(everything))
            return everything

    published = asyncio.run(run())
    assert everyones(tmp_path) == set(published)


def everyones(directory: Path) -> set[int]:
    return {number for name in ("old", "new", "next") for number in trade_ids(rows(directory / name))}


def test_a_stop_in_the_middle_of_a_save_saves_all_the_same(tmp_path: Path) -> None:
    saved: list[State] = []

    class Slow(NoCheckpoint):
        under_way = 0

        async def save(self, state: State) -> None:
            self.under_way += 1
            if self.under_way == 1:
                await asyncio.sleep(3600)
            saved.append(state)

    async def run() -> list[int]:
        store = Slow()
        async with serve(markets=[("binance", "BTC-USDT")]) as simulator:
            config = Config(
                exchanges=("binance",),
                symbols=("BTC-USDT",),
                sink=str(tmp_path),
                endpoints=simulator.endpoints,
                **FAST,
            )
            async with running(Producer(config, checkpoint=store)) as producer:
                await until(lambda: simulator.clients("binance"))
                simulator.trade("binance", "BTC-USDT", 40)
                await until(lambda: producer.stats.acknowledged == 40 and store.under_way)
            return simulator.ids("binance", "BTC-USDT")

    published = asyncio.run(run())
    assert saved[-1].markets["binance/BTC-USDT"].runs == [(published[0], published[-1])]


def test_a_spill_directory_belongs_to_one_producer(tmp_path: Path) -> None:
    """The second would take the first one's records, and delete files that are being written."""

    async def run() -> None:
        async with recording("binance", tmp_path / "a", spill_directory=str(tmp_path / "spill")) as scenario:
            config = Config(
                exchanges=("binance",),
                symbols=(MARKET["binance"],),
                sink=str(tmp_path / "b"),
                spill_directory=str(tmp_path / "spill"),
                endpoints=scenario.simulator.endpoints,
                **FAST,
            )
            with pytest.raises(ConfigError, match="another producer"):
                await Producer(config).run()
            scenario.trade(10)
            await scenario.complete()
        async with recording("binance", tmp_path / "c", spill_directory=str(tmp_path / "spill")):
            pass  # it is free again

    asyncio.run(run())
