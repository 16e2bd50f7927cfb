"""What an idle second costs the producer, in instructions: the one figure that a busy machine does not change.

    python -m bench.stream_idle [--rate 31] [--seconds 30] [--uvloop] [--json]

The producer runs as its own process under valgrind (`cachegrind` without its caches, which counts instructions and
nothing else), with TLS to five simulated exchanges and to Kinesis, its checkpoint, its metrics and its health, once
for `seconds` and once for three times as long. The difference is what running costs, without start and stop. 31
trades a second, which is Binance's BTC-USDT in the mean of a day, come one a frame, at random times, of all five.

Fargate's quarter vCPU is taken as `QUARTER` instructions a second: 2.5 GHz (Graviton2), one instruction a cycle,
of which a quarter. CPython does between one and two a cycle, so that is the careful end. What the kernel does for the
sockets is not counted: valgrind sees a process, not its system calls. The process' own CPU time, without valgrind,
is measured beside it, and has both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.stream_process import MARKET, SHARE, STREAM, producing
from bovespa.stand_ins.exchanges import MARKETS, Simulator, serve
from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis
from bovespa.stand_ins.tls import self_signed

QUARTER = 2.5e9 / 4
AIM = 0.02
_SETTLED = 10.0  # seconds after all are connected, in which starting ends
_VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
_refs = re.compile(r"I\s+refs:\s+([0-9,]+)").search


async def trade(simulator: Simulator, rate: float, seed: int = 5) -> None:
    """Trades one by one, at random times, until cancelled."""
    chance = random.Random(seed)
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, due - loop.time()))
        (exchange,) = chance.choices(list(SHARE), list(SHARE.values()))
        simulator.trade(exchange, MARKET[exchange])


async def run(rate: float, seconds: float, *, counted: bool, uvloop: bool = False) -> tuple[float, int]:
    """(instructions of a whole run, or CPU seconds of the given time; trades delivered)."""
    delivered = 0

    def take(data: bytes) -> None:
        nonlocal delivered
        delivered += data.count(b'"trade_id"')

    kinesis = FakeKinesis(STREAM, shards=4, on_data=take)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        certificate, context = self_signed(directory)
        async with (
            serve_kinesis(kinesis, context=context) as url,
            serve(markets=MARKETS, tls=context) as simulator,
            producing(
                simulator,
                url,
                directory,
                under=_VALGRIND if counted else (),
                uvloop=uvloop,
                certificate=certificate,
                settings={"PYTHONHASHSEED": "0"},
            ) as (child, _),
        ):
            async with asyncio.timeout(120):
                while not all(simulator.clients(exchange) for exchange, _ in MARKETS):
                    await asyncio.sleep(0.1)
            trading = asyncio.create_task(trade(simulator, rate))
            await asyncio.sleep(_SETTLED)
            before = _cpu(child.pid)
            await asyncio.sleep(seconds)
            used = _cpu(child.pid) - before
            trading.cancel()
            child.terminate()
            status = await child.wait()
            text = (directory / "producer.log").read_text()
        happened = sum(map(len, simulator.published.values()))
    if status or delivered != happened:
        raise SystemExit(f"error: {delivered} of {happened} trades, status {status}: {text[-500:]}")
    refs = _refs(text)
    return (float(refs[1].replace(",", "")) if refs is not None else used), delivered


def _cpu(pid: int) -> float:
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


def measure(rate: float, seconds: float, *, uvloop: bool = False) -> dict[str, Any]:
    """Both ways."""
    used, _ = asyncio.run(run(rate, seconds, counted=False, uvloop=uvloop))
    short, few = asyncio.run(run(rate, seconds, counted=True, uvloop=uvloop))
    long, many = asyncio.run(run(rate, 3 * seconds, counted=True, uvloop=uvloop))
    each = (long - short) / (2 * seconds)
    return {
        "rate": rate,
        "seconds": seconds,
        "trades": many - few,
        "instructions_a_second": round(each),
        "of_a_quarter_vcpu": round(each / QUARTER, 4),
        "start_and_stop": round(short - each * (seconds + _SETTLED)),
        "cpu_seconds_a_second_here": round(used / seconds, 4),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=31.0, help="trades a second of all exchanges together")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--uvloop", action="store_true", help="on that event loop, where it is installed")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.stderr.write("skipped: instructions are counted with valgrind, which is not installed\n")
        return 0
    found = measure(chosen.rate, chosen.seconds, uvloop=chosen.uvloop)
    if chosen.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return 0
    share = found["of_a_quarter_vcpu"]
    sys.stdout.write(
        f"{found['rate']:g} trades a second of five exchanges, TLS, one trade a frame\n"
        f"  instructions a second    {found['instructions_a_second']:>14,}\n"
        f"  of a quarter vCPU        {share:>14.2%}   ({QUARTER / 1e6:,.0f} million a second; aim below {AIM:.0%})\n"
        f"  start and stop           {found['start_and_stop']:>14,}\n"
        f"  CPU here, kernel too     {found['cpu_seconds_a_second_here']:>14.2%}   of a core\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
