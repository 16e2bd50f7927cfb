"""The producer into a local TLS sink, beside the way it is commonly done, measured alternately in one run.

    python -m bench.stream [--trades 300000] [--rounds 3] [--seconds 8] [--json]

Four processes: a feeder (TLS websocket with Binance-shaped frames made before the clock starts), a sink
(TLS PutRecords that decodes and counts every trade), and one of the workers at a time, each measured by
its own CPU time:

- ours: the producer as the container runs it, records of up to 150 trades;
- naive: websockets' `async for`, json, one record and one boto3 put_record call per trade;
- batched: the same, 500 of those records in each boto3 put_records call.

The sink doesn't throttle, so that the worker is the limit. Latency is receive to acknowledged, of every
trade.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import resource
import signal
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bovespa.stand_ins.exchanges import MARKETS
from bovespa.stand_ins.exchanges.walk import Walk
from bovespa.stand_ins.exchanges.wire import WIRES
from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis
from bovespa.stand_ins.tls import self_signed

STREAM = "bench"
MARKET = dict(MARKETS)
SHARDS = 64
RATES = (31, 1_000, 10_000)
FLUSH_INTERVAL = 1.0


def frames(count: int, exchange: str) -> list[bytes]:
    """Websocket frames as an unmasking server sends them: one trade each, two where the exchange bundles them."""
    moment = 1_723_161_255_611_000
    wire = WIRES[exchange]()
    walk = Walk(exchange, MARKET[exchange], 7, lambda: moment, wire.id_step)
    made = []
    for start in range(0, count, step := min(2, wire.trades_per_frame)):
        trades = []
        for number in range(start, min(start + step, count)):
            moment += 0 if number % 4 else 30_000
            trades.append(walk.next())
        payload = wire.trades(trades).encode()
        made.append(struct.pack("!BBH", 0x81, 126, len(payload)) + payload)
    return made


async def feed(directory: Path, count: int, rate: float, exchange: str) -> None:
    """Serve one client: at full speed, or `rate` trades per second in bursts like a market's."""
    from websockets.asyncio.server import ServerConnection, serve

    context = server_context(directory)
    made = frames(count, exchange)
    chance = random.Random(3)

    async def handle(connection: ServerConnection) -> None:
        transport = connection.transport
        if not rate:
            portions = [b"".join(made[start : start + 64]) for start in range(0, len(made), 64)]
            for portion in portions:
                if transport.is_closing():
                    return
                transport.write(portion)
                while transport.get_write_buffer_size() > 1 << 18:
                    await asyncio.sleep(0.0005)
        else:
            started, sent = time.perf_counter(), 0
            while sent < count and not transport.is_closing():
                await asyncio.sleep(0.002)
                due = min(count, int((time.perf_counter() - started) * rate))
                if due > sent and (chance.random() < 0.2 or due - sent > rate):
                    transport.write(b"".join(made[sent:due]))
                    sent = due
        await connection.wait_closed()

    async with serve(handle, "127.0.0.1", 0, ssl=context, compression=None, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        say({"url": f"wss://localhost:{port}"})
        await asyncio.Event().wait()


def server_context(directory: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "localhost.crt", directory / "localhost.key")
    return context


async def sink(directory: Path) -> None:
    """Count trades; SIGUSR1 prints and resets the count."""
    context = server_context(directory)
    counted = 0

    def count(data: bytes) -> None:
        nonlocal counted
        counted += data.count(b'"trade_id"')

    def report() -> None:
        nonlocal counted
        say({"trades": counted, "records": kinesis.accepted})
        counted = kinesis.accepted = 0

    kinesis = FakeKinesis(STREAM, shards=SHARDS, throttle=False, on_data=count)
    async with serve_kinesis(kinesis, context=context) as url:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, report)
        say({"url": url})
        await asyncio.Event().wait()


async def ours(url: str, count: int, exchange: str) -> dict[str, Any]:
    """The producer, started as `python -m stream` starts it, stopped once everything is acknowledged."""
    from collections.abc import Sequence as Seq

    from stream.clock import now
    from stream.config import Config
    from stream.exchanges.base import Endpoints
    from stream.producer import Producer
    from stream.record import Record
    from stream.sinks.kinesis import kinesis_sink

    config = Config(
        exchanges=(exchange,),
        symbols=(MARKET[exchange],),
        kinesis_stream=STREAM,
        kinesis_shards=SHARDS,
        flush_interval=FLUSH_INTERVAL,
        endpoints={exchange: Endpoints(websocket=url, rest="http://127.0.0.1:9")},
        health_port=0,
        metrics_interval=0,
        reconcile_interval=0,
    )
    logging.disable(
        logging.WARNING
    )  # at full speed it is the sink's pace that counts: back-pressure is no news
    producer = Producer(config)
    inner = kinesis_sink(config, producer.stats)
    acknowledged: list[tuple[int, bytes]] = []

    class Timed:
        max_records, max_bytes = inner.max_records, inner.max_bytes

        async def open(self) -> None:
            await inner.open()

        async def close(self) -> None:
            await inner.close()

        async def write(self, records: Seq[Record]) -> Seq[Record]:
            failed = await inner.write(records)
            moment = now()
            if count <= 200_000:
                acknowledged.extend((moment, record.data) for record in records if record not in failed)
            return failed

    producer._sink = Timed()
    run = asyncio.create_task(producer.run())
    await producer.ready.wait()
    while not producer.stats.trades:
        await asyncio.sleep(0.005)
    cpu, wall = time.process_time(), time.perf_counter()
    while producer.stats.acknowledged < count:
        await asyncio.sleep(0.01)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    producer.stop()
    await run
    return {"cpu": cpu, "wall": wall, "memory": memory, "latency": latency(acknowledged)}


def latency(acknowledged: Sequence[tuple[int, bytes]]) -> dict[str, float]:
    """Quantiles in ms over every trade, from the receive times in its lines."""
    from stream.trade import parse_iso

    waits = sorted(
        (moment - parse_iso(json.loads(line)["received_at"])) / 1000
        for moment, data in acknowledged
        for line in data.splitlines()
    )
    if not waits:
        return {}
    return {"p50": waits[len(waits) // 2], "p99": waits[int(len(waits) * 0.99)], "max": waits[-1]}


async def naive(url: str, count: int, portion: int) -> dict[str, Any]:
    """json, one record per trade, boto3; `portion` records a call."""
    import boto3
    from websockets.asyncio.client import connect

    client = boto3.client("kinesis")
    batch: list[dict[str, Any]] = []
    seen = 0
    cpu, wall = time.process_time(), time.perf_counter()
    async with connect(f"{url}/stream?streams=btcusdt@trade") as connection:
        async for message in connection:
            if not seen:
                cpu, wall = time.process_time(), time.perf_counter()
            event = json.loads(message)["data"]
            trade = {
                "exchange": "binance",
                "symbol": event["s"],
                "trade_id": event["t"],
                "price": float(event["p"]),
                "quantity": float(event["q"]),
                "side": "sell" if event["m"] else "buy",
                "traded_at": event["T"],
                "received_at": time.time(),
            }
            data = (json.dumps(trade) + "\n").encode()
            seen += 1
            if portion == 1:
                client.put_record(StreamName=STREAM, Data=data, PartitionKey=event["s"])
            else:
                batch.append({"Data": data, "PartitionKey": str(event["t"])})
                if len(batch) == portion or seen == count:
                    client.put_records(StreamName=STREAM, Records=batch)
                    batch = []
            if seen == count:
                break
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": cpu, "wall": wall, "memory": memory}


def say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


class Process:
    """A child of this file that says JSON lines."""

    def __init__(self, directory: Path, *arguments: object, **variables: str) -> None:
        own = {"PATH": os.environ["PATH"], **variables}
        command = [sys.executable, "-m", "bench.stream", *map(str, arguments)]
        command += ["--directory", str(directory)]
        root = Path(__file__).resolve().parents[1]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, env=own, cwd=root)

    def hear(self) -> dict[str, Any]:
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        if not line:
            raise SystemExit(f"error: a part of the benchmark ended with status {self.child.wait()}")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def end(self) -> None:
        self.child.terminate()
        self.child.wait(10)
        if self.child.stdout is not None:
            self.child.stdout.close()


def measure(
    directory: Path,
    sinking: Process,
    sink_url: str,
    worker: str,
    count: int,
    rate: float,
    exchange: str = "binance",
) -> dict[str, Any]:
    """One worker against a fresh feeder; the sink's count is checked."""
    feeder = Process(directory, "--role", "feed", "--trades", count, "--rate", rate, "--exchange", exchange)
    try:
        url = feeder.hear()["url"]
        variables = {
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_ENDPOINT_URL_KINESIS": sink_url,
            "AWS_CA_BUNDLE": str(directory / "localhost.crt"),
            "SSL_CERT_FILE": str(directory / "localhost.crt"),
        }
        working = Process(
            directory, "--role", worker, "--trades", count, "--url", url, "--exchange", exchange, **variables
        )
        try:
            result = working.hear()
        finally:
            working.end()
    finally:
        feeder.end()
    sinking.child.send_signal(signal.SIGUSR1)
    counted = sinking.hear()
    if counted["trades"] != count:
        raise SystemExit(f"error: {worker} delivered {counted['trades']} of {count} trades")
    return {**result, "trades": count, "records": counted["records"]}


def bench(trades: int, rounds: int, seconds: float) -> dict[str, Any]:
    """All measurements; progress goes to stderr."""
    report: dict[str, Any] = {"python": sys.version.split()[0], "cores": os.cpu_count(), "latency": {}}
    rates: dict[str, list[float]] = {"ours": [], "naive": [], "batched": []}
    by_exchange: dict[str, list[float]] = {exchange: [] for exchange in MARKET}
    memory: dict[str, float] = dict.fromkeys(rates, 0.0)
    counts = {"ours": trades, "naive": max(200, trades // 150), "batched": max(500, trades // 10)}
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        directory = Path(name)
        self_signed(directory)
        sinking = Process(directory, "--role", "sink")
        stack.callback(sinking.end)
        sink_url = sinking.hear()["url"]
        for number in range(rounds):
            for worker, count in counts.items():
                result = measure(directory, sinking, sink_url, worker, count, 0)
                rates[worker].append(result["trades"] / result["cpu"])
                memory[worker] = max(memory[worker], result["memory"])
                report.setdefault("records", {})[worker] = result["records"]
                note(f"round {number + 1}, {worker}: {rates[worker][-1]:,.0f} trades per core-second")
            for exchange in MARKET:
                result = measure(directory, sinking, sink_url, "ours", trades, 0, exchange)
                by_exchange[exchange].append(result["trades"] / result["cpu"])
                note(
                    f"round {number + 1}, {exchange}: {by_exchange[exchange][-1]:,.0f} trades per core-second"
                )
        report["by_exchange"] = {name: statistics.median(found) for name, found in by_exchange.items()}
        for rate in RATES:
            result = measure(directory, sinking, sink_url, "ours", int(rate * seconds), rate)
            report["latency"][str(rate)] = {**result["latency"], "core": result["cpu"] / result["wall"]}
            memory["ours"] = max(memory["ours"], result["memory"])
            note(f"{rate} trades/s: p99 {result['latency']['p99']:,.0f} ms")
    report["trades_per_core_second"] = {worker: statistics.median(found) for worker, found in rates.items()}
    report["all_rounds"] = rates
    report["peak_memory_mb"] = memory
    return report


def note(text: str) -> None:
    sys.stderr.write(text + "\n")


def show(report: dict[str, Any]) -> None:
    rates = report["trades_per_core_second"]
    say_text = sys.stdout.write
    say_text(f"Python {report['python']}, {report['cores']} cores; medians of the rounds\n\n")
    say_text(f"{'':<58}{'trades per core-second':>24}{'ours is':>10}{'peak MB':>9}\n")
    names = {
        "ours": "ours: 150 trades a record, up to 500 records a call",
        "naive": "naive: json, boto3, one record and one call per trade",
        "batched": "batched: json, boto3, one record per trade, 500 a call",
    }
    for worker, name in names.items():
        times = "" if worker == "ours" else f"{rates['ours'] / rates[worker]:,.1f} x"
        memory = report["peak_memory_mb"][worker]
        say_text(f"{name:<58}{rates[worker]:>24,.0f}{times:>10}{memory:>9,.0f}\n")
    say_text("\n")
    say_text(f"{'ours, frames of':<58}{'trades per core-second':>24}\n")
    for exchange, found in report["by_exchange"].items():
        say_text(f"{exchange:<58}{found:>24,.0f}\n")
    say_text("\n")
    say_text(f"receive to acknowledged, flush interval {FLUSH_INTERVAL * 1000:.0f} ms\n")
    say_text(f"{'trades/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}{'% of a core':>14}\n")
    for rate, found in report["latency"].items():
        say_text(
            f"{int(rate):>10,}{found['p50']:>10,.0f}{found['p99']:>10,.0f}{found['max']:>10,.0f}{found['core']:>14.2%}\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trades", type=int, default=300_000, help="trades in a full-speed round of ours")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each latency measurement")
    parser.add_argument("--json", action="store_true")
    hidden = argparse.SUPPRESS
    parser.add_argument("--role", default="bench", help=hidden)
    parser.add_argument("--directory", type=Path, help=hidden)
    parser.add_argument("--rate", type=float, default=0.0, help=hidden)
    parser.add_argument("--url", default="", help=hidden)
    parser.add_argument("--exchange", default="binance", help=hidden)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if chosen.role == "feed":
        asyncio.run(feed(chosen.directory, chosen.trades, chosen.rate, chosen.exchange))
    elif chosen.role == "sink":
        asyncio.run(sink(chosen.directory))
    elif chosen.role == "ours":
        say(asyncio.run(ours(chosen.url, chosen.trades, chosen.exchange)))
    elif chosen.role in ("naive", "batched"):
        say(asyncio.run(naive(chosen.url, chosen.trades, 500 if chosen.role == "batched" else 1)))
    else:
        report = bench(chosen.trades, chosen.rounds, chosen.seconds)
        say(report) if chosen.json else show(report)


if __name__ == "__main__":
    main()
