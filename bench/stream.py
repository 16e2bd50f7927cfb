"""The producer into a local TLS sink, beside the way it is commonly done, measured alternately in one run.

    python -m bench.stream [--trades 300000] [--rounds 3] [--seconds 8] [--json]

Four processes: a feeder (TLS websocket with Binance-shaped frames made before the clock starts), a sink
(TLS PutRecords that decodes and counts every trade), and one of the workers at a time, each measured by
its own CPU time:

- ours: the producer as the container runs it, records of up to 150 trades;
- uvloop: the same on that event loop, where it is installed;
- naive: websockets' `async for`, json, one record and one boto3 put_record call per trade;
- batched: the same, 500 of those records in each boto3 put_records call.

The sink doesn't throttle, so that the worker is the limit. Latency is receive to acknowledged, of every
trade.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.stream_ends import say
from bench.stream_process import MARKET
from bench.stream_workers import FLUSH_INTERVAL
from bovespa.stand_ins.tls import self_signed

ENDS, WORKERS = "bench.stream_ends", "bench.stream_workers"
RATES = (31, 1_000, 10_000)


class Process:
    """A module of this folder that says JSON lines."""

    def __init__(self, module: str, *arguments: object, **variables: str) -> None:
        own = {"PATH": os.environ["PATH"], **variables}
        command = [sys.executable, "-m", module, *map(str, arguments)]
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
    what = ("--trades", count, "--exchange", exchange)
    feeder = Process(ENDS, "feed", "--directory", directory, "--rate", rate, *what)
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
        working = Process(WORKERS, worker, "--url", url, *what, **variables)
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
    counts = {
        "ours": trades,
        "uvloop": trades,
        "naive": max(200, trades // 150),
        "batched": max(500, trades // 10),
    }
    if importlib.util.find_spec("uvloop") is None:
        del counts["uvloop"]
    rates: dict[str, list[float]] = {worker: [] for worker in counts}
    by_exchange: dict[str, list[float]] = {exchange: [] for exchange in MARKET}
    memory: dict[str, float] = dict.fromkeys(rates, 0.0)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        directory = Path(name)
        self_signed(directory)
        sinking = Process(ENDS, "sink", "--directory", directory)
        stack.callback(sinking.end)
        sink_url = sinking.hear()["url"]
        for number in range(rounds):
            for worker, count in counts.items():
                result = measure(directory, sinking, sink_url, worker, count, 0)
                rates[worker].append(result["trades"] / result["cpu"])
                memory[worker] = max(memory[worker], result["memory"])
                report.setdefault("records", {})[worker] = result["records"]
                note(f"round {number + 1}, {worker}: {rates[worker][-1]:,.0f} trades per core-second")
            by_exchange["binance"].append(rates["ours"][-1])
            for exchange in (name for name in MARKET if name != "binance"):
                result = measure(directory, sinking, sink_url, "ours", trades, 0, exchange)
                by_exchange[exchange].append(result["trades"] / result["cpu"])
                note(
                    f"round {number + 1}, {exchange}: {by_exchange[exchange][-1]:,.0f} trades per core-second"
                )
        report["by_exchange"] = {name: statistics.median(found) for name, found in by_exchange.items()}
        for rate, worker in itertools.product(RATES, [name for name in ("ours", "uvloop") if name in counts]):
            result = measure(directory, sinking, sink_url, worker, int(rate * seconds), rate)
            core = result["cpu"] / result["wall"]
            report["latency"][f"{worker} {rate}"] = {**result["latency"], "core": core}
            memory[worker] = max(memory[worker], result["memory"])
            note(f"{worker}, {rate} trades/s: p99 {result['latency']['p99']:,.0f} ms, {core:.2%} of a core")
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
        "uvloop": "the same with uvloop",
        "naive": "naive: json, boto3, one record and one call per trade",
        "batched": "batched: json, boto3, one record per trade, 500 a call",
    }
    for worker, name in ((worker, names[worker]) for worker in rates):
        times = "" if worker == "ours" else f"{rates['ours'] / rates[worker]:,.1f} x"
        memory = report["peak_memory_mb"][worker]
        say_text(f"{name:<58}{rates[worker]:>24,.0f}{times:>10}{memory:>9,.0f}\n")
    say_text("\n")
    say_text(f"{'ours, frames of':<58}{'trades per core-second':>24}\n")
    for exchange, found in report["by_exchange"].items():
        say_text(f"{exchange:<58}{found:>24,.0f}\n")
    say_text("\n")
    say_text(f"receive to acknowledged, flush interval {FLUSH_INTERVAL * 1000:.0f} ms\n")
    say_text(f"{'':<8}{'trades/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}{'% of a core':>14}\n")
    for what, found in report["latency"].items():
        worker, rate = what.split()
        say_text(
            f"{worker:<8}{int(rate):>10,}{found['p50']:>10,.0f}{found['p99']:>10,.0f}{found['max']:>10,.0f}{found['core']:>14.2%}\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trades", type=int, default=300_000, help="trades in a full-speed round of ours")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each latency measurement")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    report = bench(chosen.trades, chosen.rounds, chosen.seconds)
    say(report) if chosen.json else show(report)


if __name__ == "__main__":
    main()
