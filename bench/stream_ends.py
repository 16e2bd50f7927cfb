"""Both ends of the benchmark: the exchange that feeds a worker, and the Kinesis that counts what it delivers.

    python -m bench.stream_ends feed --directory DIR --trades N [--rate R] [--exchange NAME]
    python -m bench.stream_ends sink --directory DIR

Each says on standard output where it is, as a line of JSON. DIR has the certificate that both serve TLS with.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import ssl
import struct
import sys
import time
from pathlib import Path

from bench.stream_process import MARKET, STREAM
from bovespa.stand_ins.exchanges.walk import Walk
from bovespa.stand_ins.exchanges.wire import WIRES
from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis

SHARDS = 64


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


def say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("end", choices=("feed", "sink"))
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--trades", type=int, default=300_000)
    parser.add_argument("--rate", type=float, default=0.0, help="trades a second; 0: at full speed")
    parser.add_argument("--exchange", default="binance", choices=MARKET)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if chosen.end == "feed":
        asyncio.run(feed(chosen.directory, chosen.trades, chosen.rate, chosen.exchange))
    else:
        asyncio.run(sink(chosen.directory))


if __name__ == "__main__":
    main()
