"""A week of played time.

Maintenance of every exchange, two deploys that overlap, an outage of Kinesis, a retirement in the middle of another,
whose disk goes with the task, and trades that an exchange forgets.

Its hours are three minutes long, but for the outage's, to end within a minute; BOVESPA_WHOLE_WEEK=1 plays whole ones.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.credentials
import pytest

from bovespa.stand_ins.exchanges import MARKETS, Simulator, serve
from bovespa.stand_ins.exchanges.wire.coinbase import CoinbaseWire
from bovespa.stand_ins.exchanges.wire.kraken import KrakenWire
from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis
from bovespa.stand_ins.played_time import play
from stream.aws import AwsClient
from stream.config import Config
from stream.health import report
from stream.http import HttpClient, Response
from stream.ledger import Runs
from stream.producer import Outcome, Producer
from stream.s3_checkpoint import S3Checkpoint
from stream.sinks.kinesis import KinesisSink
from stream.trade import NOT_THERE

HOUR = 3600.0 if os.environ.get("BOVESPA_WHOLE_WEEK") == "1" else 180.0
PAUSE = {"binance": 12.0, "coinbase": 30.0, "kraken": 60.0, "bitstamp": 120.0, "mercado_bitcoin": 600.0}
MAINTENANCE = (  # exchange, its first hour, how many
    ("binance", 10.0, 2.0),
    ("coinbase", 30.0, 0.5),
    ("kraken", 50.0, 1.0),
    ("bitstamp", 70.0, 0.75),
    ("mercado_bitcoin", 90.0, 3.0),
)
DEPLOYS = (24.0, 100.0)
OUTAGE, OUTAGE_MINUTES = 60.0, 20
RETIREMENT = 120.0
FORGOTTEN_AT, FORGOTTEN = 130.0, 25
CREDENTIALS = botocore.credentials.Credentials("week", "week")


@dataclass
class Bucket:
    """One S3 object with conditional writes, in the place of `AwsClient`."""

    endpoint: str = "http://s3"
    body: bytes | None = None
    version: int = 0

    async def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        await asyncio.sleep(0.02)
        known, etag = headers or {}, f'"{self.version}"'
        if method == "GET":
            return Response(404, {}, b"") if self.body is None else Response(200, {"etag": etag}, self.body)
        if (known.get("If-None-Match") == "*" and self.body is not None) or known.get(
            "If-Match", etag
        ) != etag:
            return Response(412, {}, b"")
        self.body, self.version = body, self.version + 1
        return Response(200, {"etag": f'"{self.version}"'}, b"")


@dataclass
class Task:
    """One life of the producer, with the disk that goes with it."""

    producer: Producer
    running: asyncio.Task[Outcome]
    disk: Path

    async def end(self) -> Outcome:
        self.producer.stop()
        outcome = await self.running
        shutil.rmtree(self.disk)
        return outcome


@dataclass
class Week:
    """The world around the tasks, and what became of it."""

    simulator: Simulator
    kinesis: FakeKinesis
    endpoint: str
    directory: Path
    bucket: Bucket = field(default_factory=Bucket)
    taken: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name, _ in MARKETS})
    gaps: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    unhealthy: list[str] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        for line in data.splitlines():
            row = json.loads(line)
            if row["via"] == "gap":
                self.gaps.append(row)
            else:
                self.taken[row["exchange"]][row["trade_id"]] += 1

    async def start(self) -> Task:
        disk = self.directory / f"task{len(self.outcomes) + len(self.tasks)}"
        config = Config(
            exchanges=tuple(name for name, _ in MARKETS),
            symbols=tuple(f"{name}:{market}" for name, market in MARKETS),
            kinesis_stream="week",
            endpoints=self.simulator.endpoints,
            buffer_bytes=1 << 16,
            flush_interval=120.0,  # fewer of everything that costs this test minutes
            checkpoint_interval=60.0,
            reconcile_interval=300.0,
            quiet_after=300.0,
            spill_directory=str(disk),
            spill_kept=0,
            stop_timeout=100.0,
            health_port=-1,
            metrics_interval=0.0,
        )
        http = HttpClient(10.0)
        client = AwsClient("kinesis", http, region="x", endpoint=self.endpoint, credentials=CREDENTIALS)
        store: Any = self.bucket
        producer = Producer(config, checkpoint=S3Checkpoint("s3://lake/stream/checkpoint.json", store))
        producer._sink = KinesisSink(client, "week", producer.stats)
        task = Task(producer, asyncio.create_task(producer.run()), disk)
        await producer.ready.wait()
        self.tasks.append(task)
        return task

    async def end(self, task: Task) -> None:
        self.tasks.remove(task)
        self.outcomes.append(await task.end())

    async def replace(self, overlap: float) -> None:
        """As a deploy, or (with a pause in place of the overlap) as ECS after a retirement."""
        (old,) = self.tasks
        if overlap > 0:
            await self.start()
            await asyncio.sleep(overlap)
            await self.end(old)
        else:
            await self.end(old)
            await asyncio.sleep(-overlap)
            await self.start()

    async def check_health(self) -> None:
        while True:
            await asyncio.sleep(30)
            for task in self.tasks:
                assert not task.running.done(), task.running.result()
                healthy, shown = report(task.producer.config, task.producer.stats)
                if not healthy:
                    self.unhealthy.append(str(shown["status"]))


async def trade(simulator: Simulator, exchange: str, symbol: str) -> None:
    chance = random.Random(exchange)
    while True:
        await asyncio.sleep(chance.expovariate(1 / PAUSE[exchange]))
        simulator.trade(exchange, symbol, chance.choice((1, 1, 1, 2, 7)))


async def maintain(simulator: Simulator, exchange: str, begin: float, hours: float) -> None:
    """No websocket and no history for so long, while trading goes on."""
    await asyncio.sleep(begin * HOUR)
    faults = simulator.faults[exchange]
    faults.refuse, faults.rest_status, faults.rest_failures = True, 503, 1 << 30
    simulator.announce_shutdown(exchange, seconds=5.0)
    simulator.disconnect(exchange)
    await asyncio.sleep(hours * HOUR)
    faults.refuse, faults.rest_failures = False, 0


async def happenings(week: Week) -> None:
    """In the order of the hours."""

    async def until(hour: float) -> None:
        await asyncio.sleep(began + hour * HOUR - asyncio.get_running_loop().time())

    began = asyncio.get_running_loop().time()
    await until(DEPLOYS[0])
    await week.replace(60)
    await until(OUTAGE)
    week.kinesis.refuse = "InternalFailure"
    await asyncio.sleep(OUTAGE_MINUTES * 60)
    week.kinesis.refuse = ""
    await until(DEPLOYS[1])
    week.simulator.faults["kraken"].drop = 5
    await week.replace(60)
    await until(RETIREMENT)
    week.kinesis.refuse = "ServiceUnavailable"
    await until(RETIREMENT + 0.1)
    await week.replace(-90)
    await until(RETIREMENT + 0.3)
    week.kinesis.refuse = ""
    await until(FORGOTTEN_AT)
    market = dict(MARKETS)["binance"]
    newest = week.simulator.ids("binance", market)[-1]
    faults = week.simulator.faults["binance"]
    faults.drop, faults.forgotten = FORGOTTEN, [(newest + 1, newest + FORGOTTEN)]
    week.simulator.trade("binance", market, FORGOTTEN + 3)


async def live(days: float, directory: Path) -> Week:
    holder: list[Week] = []
    kinesis = FakeKinesis("week", shards=1, throttle=False, on_data=lambda data: holder[0].take(data))
    async with serve_kinesis(kinesis) as url, serve(markets=MARKETS) as simulator:
        week = Week(simulator, kinesis, url.replace("localhost", "127.0.0.1"), directory)
        holder.append(week)
        await week.start()
        await asyncio.sleep(20)
        world = [
            asyncio.create_task(job)
            for job in (
                week.check_health(),
                *(trade(simulator, *market) for market in MARKETS),
                *(maintain(simulator, *window) for window in MAINTENANCE),
            )
        ]
        script = asyncio.create_task(happenings(week))
        await asyncio.sleep(days * 24 * HOUR)
        await script
        for job in world:
            if job.done():
                job.result()
            job.cancel()
        for exchange, symbol in MARKETS:
            simulator.trade(exchange, symbol, 3)
        await asyncio.sleep(900)
        await week.end(week.tasks[0])
    return week


def missing_by_events(gaps: Iterable[Mapping[str, Any]], exchange: str) -> set[int]:
    """Distinct ids that gap events name, as `bitcoin_lacunas` counts them."""
    spans = [
        (row["gap_first_id"], row["gap_last_id"])
        for row in gaps
        if row["exchange"] == exchange and "gap_first_id" in row
    ]
    return {number for first, last in Runs(spans, limit=1 << 30) for number in range(first, last + 1)}


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_week_loses_nothing_that_a_history_still_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wire in (CoinbaseWire, KrakenWire):
        monkeypatch.setattr(wire, "heartbeat_interval", 4.0)
    logging.disable(logging.CRITICAL)
    try:
        week = play(live(7, tmp_path), time.time_ns() - 9 * 86_400 * 10**9)
    finally:
        logging.disable(logging.NOTSET)
    forgotten = week.simulator.faults["binance"].forgotten
    assert [last - first + 1 for first, last in forgotten] == [FORGOTTEN]
    gone = set(range(forgotten[0][0], forgotten[0][1] + 1))
    total = 0
    for exchange, symbol in MARKETS:
        happened, taken = set(week.simulator.ids(exchange, symbol)), week.taken[exchange]
        total += len(happened)
        assert happened - taken.keys() == (gone if exchange == "binance" else set()), exchange
        assert taken.keys() <= happened, exchange
        # What an event names and a later repair brought is no loss; everything else that is lost is named.
        named = missing_by_events(week.gaps, exchange) - taken.keys()
        assert named == (gone if exchange == "binance" else set()), exchange
    assert total > 150_000 * HOUR / 3600
    copies = sum(number - 1 for ids in week.taken.values() for number in ids.values())
    assert copies < 1_000  # two tasks at once, and spans that are read again: the queries drop them
    assert week.unhealthy == []
    assert [bool(outcome.lost) for outcome in week.outcomes] == [False, False, True, False]
    assert week.outcomes[2].snapshot.left_behind > 0  # the metric LostTrades
    assert week.outcomes[3].snapshot.settled == FORGOTTEN
    settled = [row for row in week.gaps if row["gap_reason"] == NOT_THERE]
    assert {(row["gap_first_id"], row["gap_last_id"]) for row in settled} == set(forgotten)
