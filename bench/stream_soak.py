"""The producer for a long time, with faults at random: what was lost, doubled or invented, and what it cost.

    python -m bench.stream_soak [--minutes 60] [--rate 2000] [--seed 1] [--json]

Five simulated exchanges and a throttling Kinesis with faults (see `Faults` and `FakeKinesis`), and the producer in
a process of its own, as the container runs it. Every trade that happened is held against every line that Kinesis
took. Memory, descriptors and asyncio tasks of the producer are measured all along. Ends with status 1 where a trade
is lost or invented, or where one of those three does not level off.

Level means: in the last third of the time they are, by the median, no more above the middle third than `LEVEL`
says. The first third does not count, in which the windows of known ids fill up (50,000 ids of eight bytes for each
market whose ids have holes, 20,000 of sixteen for the checkpoint), and the allocator meets its first large answers.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bench.stream_process import MARKET, SHARE, STREAM, producing
from bovespa.stand_ins.exchanges import MARKETS, Simulator, serve
from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis

COUNTED_DOWN = ("drop", "duplicate", "reorder", "corrupt", "malformed", "fragment", "rest_rubbish")
SETTLE = 120.0  # seconds after the last fault in which everything has to arrive
SETTINGS = {
    "STREAM_BUFFER_BYTES": str(1 << 20),
    "STREAM_REPAIR_INTERVAL": "60",  # the longest pause of a gap: shorter than SETTLE
    "STREAM_REPAIR_LIMIT": "2000000",  # an hour of such faults is more than the budget of an ordinary one
}
LOG = Path(tempfile.gettempdir()) / "stream_soak.log"  # the producer's own, of the last run
SAMPLES = 60  # of what the producer costs, over the whole time
LEVEL = {"memory_mb": 8.0, "descriptors": 6.0, "tasks": 6.0}
"""How much the median of the last third may lie above the middle third's, at most."""


class _Line(msgspec.Struct):
    exchange: str
    via: str
    trade_id: int = -1
    gap_reason: str = ""


_line = msgspec.json.Decoder(_Line)


@dataclass(slots=True)
class Taken:
    """What Kinesis took: how often each id, and the gap events."""

    ids: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in MARKET})
    gaps: Counter[str] = field(default_factory=Counter)

    def take(self, data: bytes) -> None:
        for line in data.splitlines():
            row = _line.decode(line)
            if row.via == "gap":
                self.gaps[row.gap_reason[:60]] += 1
            else:
                self.ids[row.exchange][row.trade_id] += 1

    def missing(self, happened: Mapping[str, set[int]]) -> int:
        return sum(len(ids - self.ids[exchange].keys()) for exchange, ids in happened.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of the producer's process at a moment."""

    memory_mb: float
    descriptors: int
    tasks: int
    cpu: float


def trouble(simulator: Simulator, kinesis: FakeKinesis, chance: random.Random) -> None:
    """What may happen within a second."""
    for name in MARKET:
        faults, what = simulator.faults[name], chance.random()
        if what < 0.04:
            fault = chance.choice(COUNTED_DOWN)
            # Few tries fail: the producer asks a failing host twice a minute, and more would never end.
            setattr(faults, fault, chance.randint(1, 3 if fault == "rest_rubbish" else 20))
        elif what < 0.05:
            simulator.disconnect(name, in_frame=chance.random() < 0.5)
        elif what < 0.055:
            simulator.announce_shutdown(name, seconds=2.0)
        elif what < 0.06:
            faults.rest_status, faults.rest_failures = chance.choice((429, 500, 503)), 3
        elif what < 0.065:
            faults.rest_delay = chance.choice((0.0, 0.0, 0.5))
        elif what < 0.07:
            faults.refuse = not faults.refuse
        elif faults.refuse and what < 0.3:
            faults.refuse = False
    what = chance.random()
    if what < 0.02:
        kinesis.break_after = 1
    elif what < 0.04:
        kinesis.failure_rate = chance.choice((0.0, 0.0, 0.3))
    elif what < 0.045:
        kinesis.stalled = True
    elif kinesis.stalled and what < 0.2:
        kinesis.stalled = False


def peace(simulator: Simulator, kinesis: FakeKinesis) -> None:
    kinesis.stalled, kinesis.failure_rate, kinesis.break_after = False, 0.0, 0
    for faults in simulator.faults.values():
        for name in (*COUNTED_DOWN, "rest_failures"):
            setattr(faults, name, 0)
        faults.rest_delay, faults.refuse = 0.0, False


def cost(pid: int, health: dict[str, Any]) -> Cost:
    """By /proc and the health endpoint (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Cost(
        memory_mb=round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1),
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        tasks=health["tasks"],
        cpu=(int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK"),
    )


async def asked(url: str) -> dict[str, Any]:
    def get() -> dict[str, Any]:
        with urllib.request.urlopen(url, timeout=5) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found

    return await asyncio.to_thread(get)


async def soak(minutes: float, rate: float, seed: int, settle: float = SETTLE) -> dict[str, Any]:
    """One run. Returns what it found."""
    taken, chance = Taken(), random.Random(seed)
    kinesis = FakeKinesis(STREAM, shards=4, on_data=taken.take, seed=seed)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        async with serve_kinesis(kinesis) as url, serve(markets=MARKETS) as simulator:
            happened: dict[str, set[int]] = {market: set() for market in MARKET}
            async with producing(simulator, url, directory, settings=SETTINGS) as (child, health):
                markets: list[asyncio.Task[None]] = []
                async with asyncio.timeout(60):
                    for exchange, symbol in MARKETS:
                        while not simulator.clients(exchange):
                            await asyncio.sleep(0.05)
                        markets.append(
                            asyncio.create_task(
                                simulator.run_market(exchange, symbol, rate * SHARE[exchange])
                            )
                        )
                costs: list[Cost] = []
                loop = asyncio.get_running_loop()
                began, length = loop.time(), minutes * 60
                while (passed := loop.time() - began) < length:
                    trouble(simulator, kinesis, chance)
                    await asyncio.sleep(min(1, length / SAMPLES))
                    note(simulator, happened)
                    if passed >= len(costs) * length / SAMPLES:
                        costs.append(cost(child.pid, await asked(health)))
                peace(simulator, kinesis)
                for market in markets:
                    market.cancel()
                await asyncio.sleep(3)
                for (
                    exchange,
                    symbol,
                ) in MARKETS:  # the last trades may have been dropped: later ones show the hole
                    await _until(lambda at=exchange: simulator.clients(at), settle)  # type: ignore[misc]
                    simulator.trade(exchange, symbol, 20)
                note(simulator, happened)
                await _until(lambda: not taken.missing(happened), settle)
                note(simulator, happened)
                used = cost(child.pid, await asked(health)).cpu
                child.terminate()
                status = await child.wait()
                shutil.copy(directory / "producer.log", LOG)
    total = sum(len(ids) for ids in happened.values())
    return {
        "minutes": minutes,
        "rate": rate,
        "seed": seed,
        "trades": total,
        "lost": taken.missing(happened),
        "lost_of": {at: gone for at, ids in happened.items() if (gone := len(ids - taken.ids[at].keys()))},
        "doubled": sum(n - 1 for ids in taken.ids.values() for n in ids.values()),
        "invented": sum(len(taken.ids[at].keys() - ids) for at, ids in happened.items()),
        "gap_events": dict(taken.gaps),
        "throttled": kinesis.throttled,
        "status": status,
        "log": str(LOG),
        "thirds": thirds(costs),
        "most": {name: max(getattr(cost, name) for cost in costs) for name in LEVEL},
        "memory_mb": [cost.memory_mb for cost in costs],
        "cpu_per_trade_us": round(1e6 * (used / total), 1),
    }


def note(simulator: Simulator, happened: dict[str, set[int]]) -> None:
    """Remember what happened: the simulator's own history is bounded."""
    for exchange, symbol in MARKETS:
        known, recent = happened[exchange], simulator.published[exchange, symbol]
        for trade in reversed(recent):
            if trade.trade_id in known:
                break
            known.add(trade.trade_id)


async def _until(condition: Callable[[], object], seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(1)


def thirds(costs: Sequence[Cost]) -> dict[str, list[float]]:
    """Of what the producer needs: the median of each third of the time."""
    size = max(1, len(costs) // 3)
    parts = costs[:size], costs[size : 2 * size], costs[2 * size :]
    return {
        name: [round(statistics.median(getattr(cost, name) for cost in part or costs), 1) for part in parts]
        for name in LEVEL
    }


def problems(found: dict[str, Any]) -> list[str]:
    """Why a run is not good; empty where it is."""
    said = [f"{found[what]} trades {what}" for what in ("lost", "invented") if found[what]]
    if found["status"]:
        said.append(f"the producer ended with status {found['status']}")
    for name, (_, middle, last) in found["thirds"].items():
        if last > middle + LEVEL[name]:
            said.append(f"{name} does not level off: {middle} in the middle third, {last} in the last one")
    return said


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument(
        "--rate", type=float, default=2000.0, help="trades a second of all exchanges together"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = asyncio.run(soak(chosen.minutes, chosen.rate, chosen.seed))
    said = problems(found)
    if chosen.json:
        sys.stdout.write(msgspec.json.encode({**found, "problems": said}).decode() + "\n")
    else:
        for name, value in found.items():
            sys.stdout.write(f"{name:<18} {value}\n")
        sys.stdout.write(
            "\n".join(["", *said]) if said else "\nnothing lost, nothing invented, everything level\n"
        )
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
