"""The producer into a Kinesis that throttles, fails, stalls and breaks as AWS does, accepted ids counted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from kinesis_lines import Taken  # type: ignore[import-not-found]
from stream_scenario import Scenario, recording, until  # type: ignore[import-not-found]

from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis
from bovespa.stand_ins.tls import self_signed
from stream.errors import SinkRefused
from stream.sinks.shards import ShardPacer


@contextlib.asynccontextmanager
async def into_kinesis(
    kinesis: FakeKinesis, aws_variables: pytest.MonkeyPatch, directory: Path, **settings: Any
) -> AsyncIterator[Scenario]:
    async with serve_kinesis(kinesis) as url:
        aws_variables.setenv("AWS_ENDPOINT_URL_KINESIS", url)
        defaults = {"sink": "kinesis", "kinesis_stream": kinesis.stream, "stop_timeout": 10.0}
        async with recording("binance", directory, **{**defaults, **settings}) as scenario:
            yield scenario


def test_trades_arrive_once_in_records_of_many_lines(
    tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=2, on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path) as scenario:
            for _ in range(20):
                scenario.trade(500)
                await asyncio.sleep(0.01)
            await scenario.complete()
        return scenario

    scenario = asyncio.run(run())
    assert taken.ids == scenario.published
    assert kinesis.accepted < len(taken.ids) / 50


def test_a_third_of_the_records_failing_loses_and_repeats_nothing(
    tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=2, on_data=taken, failure_rate=0.3)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path, record_trades=10) as scenario:
            for _ in range(20):
                scenario.trade(200)
                await asyncio.sleep(0.01)
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert taken.ids == scenario.published
    assert scenario.stats.retries > 50
    assert scenario.stats.acknowledged == len(scenario.published)


def test_an_answer_that_contradicts_itself_is_no_delivery(
    tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=2, on_data=taken, failure_rate=0.5, miscount=True)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path) as scenario:
            scenario.trade(1000)
            await asyncio.sleep(0.5)
            kinesis.miscount, kinesis.failure_rate = False, 0.0
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert sorted(set(taken.ids)) == scenario.published


def test_the_pace_stays_below_the_shard_quota(tmp_path: Path, aws_variables: pytest.MonkeyPatch) -> None:
    """3 MB at once for one shard: seconds of patience, but no throttling.

    (The exact bound is a unit test's; here a busy machine may bunch two requests up.)
    """
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=1, on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path) as scenario:
            scenario.trade(14_000)
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert taken.ids == scenario.published
    assert kinesis.throttled <= kinesis.accepted * 0.05


def test_throttled_records_alone_are_tried_again(tmp_path: Path, aws_variables: pytest.MonkeyPatch) -> None:
    """The stream has one shard, the producer was told eight: AWS says no, and nothing is lost or repeated."""
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=1, on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path, kinesis_shards=8) as scenario:
            scenario.trade(14_000)
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert kinesis.throttled > 0
    assert scenario.stats.throttled == kinesis.throttled
    assert taken.ids == scenario.published


def stall(tmp_path: Path, aws_variables: pytest.MonkeyPatch, seconds: float, rate: int) -> None:
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
        async with into_kinesis(kinesis, aws_variables, tmp_path, **settings) as scenario:
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


def test_a_stall_fills_memory_then_disk_then_stops_reading(
    tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    stall(tmp_path, aws_variables, seconds=4, rate=4000)


@pytest.mark.slow
def test_a_stall_of_a_minute_loses_nothing(tmp_path: Path, aws_variables: pytest.MonkeyPatch) -> None:
    stall(tmp_path, aws_variables, seconds=60, rate=500)


def test_an_answer_lost_on_the_way_repeats_but_never_loses(
    tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path) as scenario:
            for _ in range(5):
                kinesis.break_after = 1
                scenario.trade(100)
                await scenario.complete()
        return scenario

    scenario = asyncio.run(run())
    assert sorted(set(taken.ids)) == scenario.published
    assert len(taken.ids) > len(scenario.published)


def test_a_shard_that_somebody_else_fills_holds_up_nothing(
    tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=4, on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path, senders=2) as scenario:
            kinesis.full = {0, 3}
            for _ in range(60):
                scenario.trade(20)
                await asyncio.sleep(0.02)
            await scenario.complete()
            assert kinesis.full
        return scenario

    scenario = asyncio.run(run())
    assert taken.ids == scenario.published
    assert scenario.stats.throttled > 0


def test_a_stream_deleted_under_the_producer_stops_nothing(
    tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path) as scenario:
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
    code: str, tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    kinesis = FakeKinesis("trades", refuse=code)

    async def run() -> None:
        async with into_kinesis(kinesis, aws_variables, tmp_path):
            pass

    with pytest.raises(SinkRefused, match=f"Kinesis stream trades in sa-east-1: {code}"):
        asyncio.run(run())


def test_an_unknown_certificate_is_refused_and_a_named_one_trusted(
    tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    certificate, context = self_signed(tmp_path)
    taken = Taken()
    kinesis = FakeKinesis("trades", on_data=taken)

    async def run() -> Scenario:
        async with serve_kinesis(kinesis, context=context) as url:
            aws_variables.setenv("AWS_ENDPOINT_URL_KINESIS", url)
            settings = {"sink": "kinesis", "kinesis_stream": "trades"}
            async with recording("binance", tmp_path, **settings) as scenario:
                scenario.trade(100)
                await scenario.complete()
        return scenario

    with pytest.raises(SinkRefused, match="certificate verify failed"):
        asyncio.run(run())
    aws_variables.setenv("AWS_CA_BUNDLE", str(certificate))
    assert asyncio.run(run()).published == taken.ids


def test_resharding_in_mid_stream_is_noticed_and_loses_nothing(
    tmp_path: Path, aws_variables: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=1, on_data=taken)
    aws_variables.setattr("stream.sinks.kinesis._SHARDS_AGE", 0.3)
    paced: list[int] = []
    listed: list[Sequence[int]] = []

    class Pacer(ShardPacer):
        def reshard(self, starts: Sequence[int]) -> None:
            listed.append(starts)
            super().reshard(starts)

    aws_variables.setattr("stream.sinks.kinesis.ShardPacer", Pacer)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path) as scenario:
            for shards in (1, 4, 2, 8):
                kinesis.reshard(shards)
                for _ in range(12):
                    scenario.trade(200)
                    await asyncio.sleep(0.05)
                paced.append(len(listed[-1]))
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert taken.ids == scenario.published
    assert paced == [1, 4, 2, 8]


def test_a_frozen_kinesis_is_left_and_asked_again(tmp_path: Path, aws_variables: pytest.MonkeyPatch) -> None:
    """It holds its connections and says nothing, as a paused process does; then it goes on."""
    taken = Taken()
    kinesis = FakeKinesis("trades", on_data=taken)
    aws_variables.setattr("stream.sinks.kinesis._REQUEST_TIMEOUT", 0.5)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws_variables, tmp_path) as scenario:
            await scenario.complete()
            kinesis.stalled = True
            for _ in range(20):
                scenario.trade(50)
                await asyncio.sleep(0.1)
            assert scenario.stats.retries > 0
            kinesis.stalled = False
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert sorted(set(taken.ids)) == scenario.published
