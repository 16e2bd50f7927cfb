"""The real process, ended in every way: SIGTERM, SIGINT, kill -9 in mid-burst and a restart."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from stream_scenario import EXCHANGES, MARKET, rows, trade_ids, until  # type: ignore[import-not-found]

from bovespa.stand_ins.exchanges import Simulator, serve
from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis

ROOT = Path(__file__).parents[3]


async def start(
    simulator: Simulator,
    exchange: str,
    sink: str,
    *,
    errors: int = asyncio.subprocess.DEVNULL,
    **variables: str,
) -> asyncio.subprocess.Process:
    environment = {
        "PATH": os.environ["PATH"],
        "STREAM_EXCHANGES": exchange,
        "STREAM_SYMBOLS": MARKET[exchange],
        "STREAM_SINK": sink,
        "STREAM_ENDPOINTS": msgspec.json.encode(simulator.endpoints).decode(),
        "STREAM_FLUSH_INTERVAL": "0.2",
        "STREAM_BACKOFF": "0.05",
        "STREAM_BACKOFF_LIMIT": "0.2",
        "STREAM_CHECKPOINT_INTERVAL": "0.1",
        "STREAM_RECONCILE_INTERVAL": "0.5",
        "STREAM_HEALTH_PORT": "0",
        "STREAM_METRICS_INTERVAL": "0",
        **variables,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stream", cwd=ROOT, env=environment, stderr=errors
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_delivers_what_was_accepted(number: signal.Signals, tmp_path: Path) -> None:
    async def run() -> tuple[list[int], int]:
        async with serve(markets=[("binance", "BTC-USDT")]) as simulator:
            process = await start(simulator, "binance", str(tmp_path), STREAM_FLUSH_INTERVAL="60")
            await until(lambda: simulator.clients("binance"))
            simulator.trade("binance", "BTC-USDT", 100)
            await asyncio.sleep(0.5)
            assert rows(tmp_path) == []
            process.send_signal(number)
            async with asyncio.timeout(5):
                return simulator.ids("binance", "BTC-USDT"), await process.wait()

    published, status = asyncio.run(run())
    assert status == 0
    assert trade_ids(rows(tmp_path)) == published


def test_the_metrics_count_what_the_stop_delivered(tmp_path: Path) -> None:
    async def run() -> bytes:
        async with serve(markets=[("binance", "BTC-USDT")]) as simulator:
            process = await start(
                simulator,
                "binance",
                str(tmp_path),
                errors=asyncio.subprocess.PIPE,
                STREAM_FLUSH_INTERVAL="60",
                STREAM_METRICS_INTERVAL="60",
            )
            await until(lambda: simulator.clients("binance"))
            simulator.trade("binance", "BTC-USDT", 100)
            await asyncio.sleep(0.5)
            process.terminate()
            return (await process.communicate())[1]

    lines = [json.loads(line) for line in asyncio.run(run()).splitlines() if line.startswith(b'{"_aws"')]
    assert [(line["Trades"], line["Acknowledged"]) for line in lines if "Trades" in line] == [(100, 100)]
    assert [line["LastTradeAge"] < 60 for line in lines if line.get("Exchange") == "binance"] == [True]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_kill_9_in_mid_burst_and_a_restart_leave_no_hole_in_files(exchange: str, tmp_path: Path) -> None:
    symbol = MARKET[exchange]

    async def run() -> list[int]:
        async with serve(markets=[(exchange, symbol)]) as simulator:
            process = await start(simulator, exchange, str(tmp_path))
            await until(lambda: simulator.clients(exchange))
            simulator.trade(exchange, symbol, 100)
            await until(lambda: len(rows(tmp_path)) >= 100)
            for _ in range(3):
                burst = asyncio.create_task(simulator.burst(exchange, symbol, 1000, 0.3))
                await asyncio.sleep(0.15)
                process.kill()
                await process.wait()
                await burst
                process = await start(simulator, exchange, str(tmp_path))
                await until(lambda: simulator.clients(exchange))
                simulator.trade(exchange, symbol, 10)
                await until(lambda: len(rows(tmp_path)) >= len(simulator.ids(exchange, symbol)))
            process.terminate()
            assert await process.wait() == 0
            return simulator.ids(exchange, symbol)

    published = asyncio.run(run())
    found = rows(tmp_path)
    assert trade_ids(found) == published
    assert [row for row in found if row["via"] == "gap"] == []


@pytest.mark.parametrize("exchange", ["binance", "bitstamp"])
def test_kill_9_with_kinesis_continues_from_the_checkpoint(exchange: str, tmp_path: Path) -> None:
    symbol = MARKET[exchange]
    taken: list[dict[str, Any]] = []
    kinesis = FakeKinesis(
        "trades", shards=2, on_data=lambda data: taken.extend(map(json.loads, data.splitlines()))
    )

    def ids() -> list[int]:
        return sorted({row["trade_id"] for row in taken if row["via"] != "gap"})

    async def run() -> list[int]:
        async with serve_kinesis(kinesis) as url, serve(markets=[(exchange, symbol)]) as simulator:
            variables = {**aws_variables(url, tmp_path), "STREAM_BUFFER_BYTES": "65536"}
            process = await start(simulator, exchange, "kinesis", **variables)
            await until(lambda: simulator.clients(exchange))
            simulator.trade(exchange, symbol, 100)
            await until(lambda: len(ids()) == 100)
            await asyncio.sleep(0.3)
            kinesis.stalled = True
            await simulator.burst(exchange, symbol, 3000, 0.3)
            await asyncio.sleep(0.5)
            process.kill()
            await process.wait()
            kinesis.stalled = False
            simulator.trade(exchange, symbol, 200)
            process = await start(simulator, exchange, "kinesis", **variables)
            await until(lambda: simulator.clients(exchange))
            simulator.trade(exchange, symbol, 10)
            await until(lambda: len(ids()) >= len(simulator.ids(exchange, symbol)))
            process.terminate()
            assert await process.wait() == 0
            return simulator.ids(exchange, symbol)

    assert asyncio.run(run()) == ids()
    assert [row for row in taken if row["via"] == "gap"] == []
    assert not list((tmp_path / "spill").glob("*.spill"))


def aws_variables(url: str, directory: Path) -> dict[str, Any]:
    return {
        "STREAM_KINESIS_STREAM": "trades",
        "STREAM_CHECKPOINT": str(directory / "checkpoint.json"),
        "STREAM_SPILL_DIRECTORY": str(directory / "spill"),
        "AWS_ENDPOINT_URL_KINESIS": url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


@pytest.mark.parametrize("trouble", ["stalled", "failing"])
def test_a_stop_keeps_its_time_and_its_trades_whatever_kinesis_does(trouble: str, tmp_path: Path) -> None:
    """SIGTERM in mid-burst. Stalled for longer than the stop may take: the disk has the rest for the next start."""
    taken: set[int] = set()
    kinesis = FakeKinesis(
        "trades", on_data=lambda data: taken.update(json.loads(row)["trade_id"] for row in data.splitlines())
    )

    async def run() -> tuple[list[int], float]:
        loop = asyncio.get_running_loop()
        async with serve_kinesis(kinesis) as url, serve(markets=[("binance", "BTC-USDT")]) as simulator:
            variables = {**aws_variables(url, tmp_path), "STREAM_STOP_TIMEOUT": "2"}
            process = await start(simulator, "binance", "kinesis", **variables)
            await until(lambda: simulator.clients("binance"))
            simulator.trade("binance", "BTC-USDT", 10)
            await until(lambda: len(taken) == 10)
            kinesis.stalled = trouble == "stalled"
            kinesis.failure_rate = 0.3
            await simulator.burst("binance", "BTC-USDT", 1000, 0.1)
            await asyncio.sleep(0.3)
            accepted = simulator.ids("binance", "BTC-USDT")
            process.terminate()
            stopping = loop.time()
            assert await process.wait() == 0
            took = loop.time() - stopping
            if trouble == "stalled":
                assert len(taken) < len(accepted)
                kinesis.stalled = False
                process = await start(simulator, "binance", "kinesis", **variables)
                await until(lambda: len(taken) >= len(accepted))
                process.terminate()
                assert await process.wait() == 0
            return accepted, took

    accepted, took = asyncio.run(run())
    assert sorted(taken) == accepted
    assert took < 2 + 2.5  # the time-out, and what ending a process on a busy machine takes


@pytest.mark.parametrize("exchange", ["binance", "bitstamp"])
def test_a_stop_says_what_goes_with_its_disk_and_the_next_task_repairs_it(
    exchange: str, tmp_path: Path
) -> None:
    """Fargate takes the spill away with the task: status 1, the number in log and metric, and no trade missing later."""
    symbol = MARKET[exchange]
    taken: set[int] = set()

    def take(data: bytes) -> None:
        rows = map(json.loads, data.splitlines())
        taken.update(row["trade_id"] for row in rows if row["via"] != "gap")

    kinesis = FakeKinesis("trades", on_data=take)

    async def run() -> tuple[int | None, bytes, list[int], int]:
        async with serve_kinesis(kinesis) as url, serve(markets=[(exchange, symbol)]) as simulator:
            variables = {
                **aws_variables(url, tmp_path),
                "STREAM_STOP_TIMEOUT": "1",
                "STREAM_BUFFER_BYTES": "65536",
                "STREAM_SPILL_KEPT": "0",
                "STREAM_METRICS_INTERVAL": "60",
            }
            process = await start(simulator, exchange, "kinesis", errors=asyncio.subprocess.PIPE, **variables)
            await until(lambda: simulator.clients(exchange))
            simulator.trade(exchange, symbol, 10)
            await until(lambda: len(taken) == 10)
            await asyncio.sleep(0.3)
            kinesis.stalled = True
            await simulator.burst(exchange, symbol, 3000, 0.3)
            await asyncio.sleep(0.5)
            process.terminate()
            _, errors = await process.communicate()
            kinesis.stalled = False
            delivered = len(taken)
            shutil.rmtree(tmp_path / "spill")
            restarted = await start(simulator, exchange, "kinesis", **variables)
            await until(lambda: simulator.clients(exchange))
            simulator.trade(exchange, symbol, 10)
            await until(lambda: len(taken) >= len(simulator.ids(exchange, symbol)))
            restarted.terminate()
            assert await restarted.wait() == 0
            return process.returncode, errors, simulator.ids(exchange, symbol), delivered

    status, errors, published, delivered = asyncio.run(run())
    assert sorted(taken) == published
    assert status == 1
    lines = [json.loads(line) for line in errors.splitlines() if line.startswith(b'{"_aws"')]
    (whole,) = [line for line in lines if "LostTrades" in line]
    assert whole["LostTrades"] == whole["Trades"] - delivered > 500
    assert f"({whole['LostTrades']} trades) were not delivered within 1 s and are lost" in errors.decode()


def test_memory_is_bounded_while_kinesis_stalls(tmp_path: Path) -> None:
    """30 MB of trades for a producer that may keep 2: the process stops reading, and catches up afterwards."""
    taken: set[int] = set()
    kinesis = FakeKinesis(
        "trades",
        shards=64,
        on_data=lambda data: taken.update(json.loads(row)["trade_id"] for row in data.splitlines()),
    )
    limits = {"STREAM_BUFFER_BYTES": str(1 << 20), "STREAM_SPILL_BYTES": str(1 << 20)}

    async def run() -> tuple[int, float, float]:
        async with serve_kinesis(kinesis) as url, serve(markets=[("binance", "BTC-USDT")]) as simulator:
            process = await start(
                simulator, "binance", "kinesis", **{**aws_variables(url, tmp_path), **limits}
            )
            await until(lambda: simulator.clients("binance"))
            simulator.trade("binance", "BTC-USDT", 10)
            await until(lambda: len(taken) == 10)
            before = peak_megabytes(process.pid)
            kinesis.stalled = True
            for _ in range(150):
                simulator.trade("binance", "BTC-USDT", 1000)
                await asyncio.sleep(0.01)
            await asyncio.sleep(1)
            stalled = peak_megabytes(process.pid)
            kinesis.stalled = False
            await until(lambda: len(taken) == 150_010, 60)
            process.terminate()
            assert await process.wait() == 0
            return len(simulator.ids("binance", "BTC-USDT")), before, stalled

    published, before, stalled = asyncio.run(run())
    assert published == len(taken)
    # Two limits of 1 MB, 8 MB of frames read ahead, and the socket's; without limits it is 32.
    assert stalled - before < 22


def peak_megabytes(process: int) -> float:
    """Most memory that a process ever had."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        pytest.skip("memory is read from /proc")
    return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024


def test_a_wrong_setting_ends_the_start_with_one_line(tmp_path: Path) -> None:
    async def run() -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "stream",
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "STREAM_SINK": str(tmp_path), "STREAM_FLUSH_INTERVAL": "soon"},
            stderr=asyncio.subprocess.PIPE,
        )
        _, errors = await process.communicate()
        return process.returncode, errors

    status, errors = asyncio.run(run())
    assert status == 1
    assert errors.decode().startswith("error: STREAM_FLUSH_INTERVAL: 'soon'")
    assert errors.count(b"\n") == 1
