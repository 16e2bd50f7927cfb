"""The benchmark's workers: the producer, and the two ways that it is commonly done.

    python -m bench.stream_workers ours|uvloop|naive|batched --url URL --trades N [--exchange NAME]

Each reads N trades from URL into Kinesis (of the environment), and says on standard output what it cost, as a line
of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import time
from collections.abc import Sequence
from typing import Any

from bench.stream_ends import SHARDS, say
from bench.stream_process import MARKET, STREAM

FLUSH_INTERVAL = 1.0


async def ours(url: str, count: int, exchange: str) -> dict[str, Any]:
    """The producer, started as `python -m stream` starts it, stopped once everything is acknowledged."""
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

        async def write(self, records: Sequence[Record]) -> Sequence[Record]:
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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("worker", choices=("ours", "uvloop", "naive", "batched"))
    parser.add_argument("--url", required=True)
    parser.add_argument("--trades", type=int, required=True)
    parser.add_argument("--exchange", default="binance", choices=MARKET)
    chosen = parser.parse_args()
    if chosen.worker in ("ours", "uvloop"):
        factory = None
        if chosen.worker == "uvloop":
            import uvloop

            factory = uvloop.new_event_loop
        with asyncio.Runner(loop_factory=factory) as runner:
            say(runner.run(ours(chosen.url, chosen.trades, chosen.exchange)))
    else:
        say(asyncio.run(naive(chosen.url, chosen.trades, 500 if chosen.worker == "batched" else 1)))


if __name__ == "__main__":
    main()
