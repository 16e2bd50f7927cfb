"""The producer into a Kinesis that throttles, fails, stalls and breaks as AWS does, accepted ids counted."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from stream_scenario import Scenario, recording, until  # type: ignore[import-not-found]

from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis
from bovespa.stand_ins.tls import self_signed
from stream.errors import SinkRefused


class Taken:
    """Every line that Kinesis accepted."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def __call__(self, data: bytes) -> None:
        self.rows += [json.loads(line) for line in data.splitlines()]

    @property
    def ids(self) -> list[int]:
        return sorted(row["trade_id"] for row in self.rows if row["via"] != "gap")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return monkeypatch


@contextlib.asynccontextmanager
async def into_kinesis(
    kinesis: FakeKinesis, aws: pytest.MonkeyPatch, directory: Path, **settings: Any
) -> AsyncIterator[Scenario]:
    async with serve_kinesis(kinesis) as url:
        aws.setenv("AWS_ENDPOINT_URL_KINESIS", url)
        defaults = {"sink": "kinesis", "kinesis_stream": kinesis.stream, "stop_timeout": 10.0}
        async with recording("binance", directory, **{**defaults, **settings}) as scenario:
            yield scenario


def test_trades_arrive_once_in_records_of_many_lines(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=2, on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path) as scenario:
            for _ in range(20):
                scenario.trade(500)
                await asyncio.sleep(0.01)
            await scenario.complete()
        return scenario

    scenario = asyncio.run(run())
    assert taken.ids == scenario.published
    assert kinesis.accepted < len(taken.ids) / 50


def test_a_third_of_the_records_failing_loses_and_repeats_nothing(
    tmp_path: Path, aws: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=2, on_data=taken, failure_rate=0.3)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path, record_trades=10) as scenario:
            for _ in range(20):
                scenario.trade(200)
                await asyncio.sleep(0.01)
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert taken.ids == scenario.published
    assert scenario.stats.retries > 50
    assert scenario.stats.acknowledged == len(scenario.published)


def test_the_pace_stays_below_the_shard_quota(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    """3 MB at once for one shard: seconds of patience, but no throttling.

    (The exact bound is a unit test's; here a busy machine may bunch two requests up.)
    """
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=1, on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path) as scenario:
            scenario.trade(14_000)
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert taken.ids == scenario.published
    assert kinesis.throttled <= kinesis.accepted * 0.05


def test_throttled_records_alone_are_tried_again(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    """The stream has one shard, the producer was told eight: AWS says no, and nothing is lost or repeated."""
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=1, on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path, kinesis_shards=8) as scenario:
            scenario.trade(14_000)
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert kinesis.throttled > 0
    assert scenario.stats.throttled == kinesis.throttled
    assert taken.ids == scenario.published


def stall(tmp_path: Path, aws: pytest.MonkeyPatch, seconds: float, rate: int) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=4, on_data=taken)
    settings = {
        "buffer_bytes": 1 << 17,
        "spill_directory": str(tmp_path / "spill"),
        "spill_bytes": 1 << 19,
    }
    most = {"queued": 0, "spilled": 0}
    paused = False

    async def run() -> Scenario:
        nonlocal paused
        async with into_kinesis(kinesis, aws, tmp_path, **settings) as scenario:
            kinesis.stalled = True
            ends = asyncio.get_running_loop().time() + seconds
            while asyncio.get_running_loop().time() < ends:
                scenario.trade(rate // 20)
                await asyncio.sleep(0.05)
                shown = scenario.producer.snapshot()
                most["queued"] = max(most["queued"], shown.queued_bytes)
                most["spilled"] = max(most["spilled"], shown.spilled_bytes)
                paused = paused or shown.paused
            kinesis.stalled = False
            await scenario.complete(60)
            await until(lambda: not scenario.stats.paused)
        return scenario

    scenario = asyncio.run(run())
    assert sorted(set(taken.ids)) == scenario.published
    assert paused
    # One unacknowledged batch a sender may come on top of what waits, and one socket's worth of frames.
    assert most["queued"] < (1 << 17) + 2_500_000
    assert most["spilled"] < (1 << 19) + 2_500_000
    assert list((tmp_path / "spill").iterdir()) == []


def test_a_stall_fills_memory_then_disk_then_stops_reading(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    stall(tmp_path, aws, seconds=4, rate=4000)


@pytest.mark.slow
def test_a_stall_of_a_minute_loses_nothing(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    stall(tmp_path, aws, seconds=60, rate=500)


def test_an_answer_lost_on_the_way_repeats_but_never_loses(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path) as scenario:
            for _ in range(5):
                kinesis.break_after = 1
                scenario.trade(100)
                await scenario.complete()
        return scenario

    scenario = asyncio.run(run())
    assert sorted(set(taken.ids)) == scenario.published
    assert len(taken.ids) > len(scenario.published)


def test_a_stream_deleted_under_the_producer_stops_nothing(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path) as scenario:
            await scenario.complete()
            kinesis.refuse = "ResourceNotFoundException"
            scenario.trade(100)
            await until(lambda: scenario.stats.retries > 2)
            kinesis.refuse = ""
            await scenario.complete()
        return scenario

    assert asyncio.run(run()).published == taken.ids


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_a_stream_that_is_not_there_ends_the_start(
    code: str, tmp_path: Path, aws: pytest.MonkeyPatch
) -> None:
    kinesis = FakeKinesis("trades", refuse=code)

    async def run() -> None:
        async with into_kinesis(kinesis, aws, tmp_path):
            pass

    with pytest.raises(SinkRefused, match=f"Kinesis stream trades in sa-east-1: {code}"):
        asyncio.run(run())


def test_an_unknown_certificate_is_refused_and_a_named_one_trusted(
    tmp_path: Path, aws: pytest.MonkeyPatch
) -> None:
    certificate, context = self_signed(tmp_path)
    taken = Taken()
    kinesis = FakeKinesis("trades", on_data=taken)

    async def run() -> Scenario:
        async with serve_kinesis(kinesis, context=context) as url:
            aws.setenv("AWS_ENDPOINT_URL_KINESIS", url)
            settings = {"sink": "kinesis", "kinesis_stream": "trades"}
            async with recording("binance", tmp_path, **settings) as scenario:
                scenario.trade(100)
                await scenario.complete()
        return scenario

    with pytest.raises(SinkRefused, match="certificate verify failed"):
        asyncio.run(run())
    aws.setenv("AWS_CA_BUNDLE", str(certificate))
    assert asyncio.run(run()).published == taken.ids
