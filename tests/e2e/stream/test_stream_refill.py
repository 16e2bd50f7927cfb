"""`bovespa stream repair`: recorded gaps filled later, from a folder and by the lake's own list."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from stream_scenario import CONTIGUOUS, FAST, MARKET, rows, trade_ids, until  # type: ignore[import-not-found]

from bovespa.commands.stream import stream
from bovespa.stand_ins.exchanges import Simulator, serve
from stream.config import Config
from stream.producer import Producer, running


@contextmanager
def served(exchange: str, directory: Path, forgotten: int = 0) -> Iterator[Simulator]:
    """An exchange whose REST failed while a producer lost 300 trades, stopped, and forgot all that it knew."""
    symbol = MARKET[exchange]
    ready, done = threading.Event(), asyncio.Event()
    found: list[Any] = []

    async def run() -> None:
        async with serve(markets=[(exchange, symbol)]) as simulator:
            faults = simulator.faults[exchange]
            faults.rest_status, faults.rest_failures = 503, 1_000_000
            config = Config(
                exchanges=(exchange,),
                symbols=(symbol,),
                sink=str(directory),
                endpoints=simulator.endpoints,
                **FAST,
            )
            async with running(Producer(config)) as producer:
                await until(lambda: simulator.clients(exchange))
                simulator.trade(exchange, symbol, 20)
                await until(lambda: producer.stats.trades == 20)
                faults.refuse = True
                simulator.disconnect(exchange)
                await until(lambda: not simulator.clients(exchange))
                simulator.trade(exchange, symbol, 300)
                faults.refuse = False
                await until(lambda: simulator.clients(exchange))
                simulator.trade(exchange, symbol, 20)
                await until(lambda: producer.stats.acknowledged >= 40)
                await asyncio.sleep(0.3)
            (directory / ".checkpoint.json").unlink()
            faults.rest_failures = 0
            lost = sorted(set(simulator.ids(exchange, symbol)) - set(trade_ids(rows(directory))))
            if forgotten:
                faults.forgotten.append((lost[10], lost[10 + forgotten - 1]))
            found.append((simulator, asyncio.get_running_loop()))
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    ready.wait(60)
    simulator, loop = found[0]
    try:
        yield simulator
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)


def repair(directory: Path, simulator: Simulator, *more: str) -> tuple[int, list[dict[str, Any]]]:
    endpoints = msgspec.json.encode(simulator.endpoints).decode()
    arguments = ["repair", "--from", str(directory), "--endpoints", endpoints, "--json", *more]
    answer = CliRunner().invoke(stream, arguments, env={"STREAM_BACKOFF": "0.05"})
    start = answer.output.index("[")
    found: list[dict[str, Any]] = json.loads(answer.output[start : answer.output.rindex("]") + 1])
    return answer.exit_code, found


@pytest.mark.parametrize("exchange", [*CONTIGUOUS, "bitstamp"])
def test_a_recorded_gap_is_filled_from_the_folder_that_tells_of_it(exchange: str, tmp_path: Path) -> None:
    with served(exchange, tmp_path) as simulator:
        published = simulator.ids(exchange, MARKET[exchange])
        missing = len(published) - len(trade_ids(rows(tmp_path)))
        assert missing >= 200
        _, listed = repair(tmp_path, simulator, "--dry-run")
        status, (line,) = repair(tmp_path, simulator)
        again, _ = repair(tmp_path, simulator, "--dry-run")

    assert trade_ids(rows(tmp_path)) == published
    assert (status, again, line["written"], line["open"]) == (0, 0, missing, 0)
    if exchange in CONTIGUOUS:
        assert listed[0]["missing"] == line["wanted"] == missing


def test_what_the_exchange_denies_is_settled_and_not_asked_for_again(tmp_path: Path) -> None:
    with served("binance", tmp_path, forgotten=7) as simulator:
        published = simulator.ids("binance", MARKET["binance"])
        status, (line,) = repair(tmp_path, simulator)
        calls = simulator.rest_calls
        _, left = repair(tmp_path, simulator, "--dry-run")
        repair(tmp_path, simulator)
        assert simulator.rest_calls == calls

    assert (status, line["denied"], line["open"], left) == (0, 7, 0, [])
    assert len(set(published) - set(trade_ids(rows(tmp_path)))) == 7
