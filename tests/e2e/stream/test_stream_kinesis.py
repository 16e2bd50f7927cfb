"""The producer into a Kinesis that throttles, fails, stalls and breaks as AWS does, accepted ids counted."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from stream_scenario import FAST, Scenario, recording, until  # type: ignore[import-not-found]

from bovespa.stand_ins.exchanges import serve
from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis
from bovespa.stand_ins.tls import self_signed
from stream.config import Config
from stream.errors import SinkRefused
from stream.producer import Producer, running
from stream.sinks.shards import ShardPacer


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


def test_an_answer_that_contradicts_itself_is_no_delivery(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=2, on_data=taken, failure_rate=0.5, miscount=True)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path) as scenario:
            scenario.trade(1000)
            await asyncio.sleep(0.5)
            kinesis.miscount, kinesis.failure_rate = False, 0.0
            await scenario.complete(30)
        return scenario

    scenario = asyncio.run(run())
    assert sorted(set(taken.ids)) == scenario.published


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


def test_a_shard_that_somebody_else_fills_holds_up_nothing(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=4, on_data=taken)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path, senders=2) as scenario:
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


def test_resharding_in_mid_stream_is_noticed_and_loses_nothing(
    tmp_path: Path, aws: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=1, on_data=taken)
    aws.setattr("stream.sinks.kinesis._SHARDS_AGE", 0.3)
    paced: list[int] = []
    listed: list[Sequence[int]] = []

    class Pacer(ShardPacer):
        def reshard(self, starts: Sequence[int]) -> None:
            listed.append(starts)
            super().reshard(starts)

    aws.setattr("stream.sinks.kinesis.ShardPacer", Pacer)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path) as scenario:
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


def test_a_frozen_kinesis_is_left_and_asked_again(tmp_path: Path, aws: pytest.MonkeyPatch) -> None:
    """It holds its connections and says nothing, as a paused process does; then it goes on."""
    taken = Taken()
    kinesis = FakeKinesis("trades", on_data=taken)
    aws.setattr("stream.sinks.kinesis._REQUEST_TIMEOUT", 0.5)

    async def run() -> Scenario:
        async with into_kinesis(kinesis, aws, tmp_path) as scenario:
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


class Bucket:
    """One S3 object with conditional writes; `status` answers everything else instead."""

    def __init__(self) -> None:
        self.body: bytes | None = None
        self.version = 0
        self.status = 0
        self.refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            content = await reader.readexactly(int(fields.get("content-length", 0)))
            status, body = self.answer(head.split(" ")[0], fields, content)
            tag = f'ETag: "{self.version}"\r\n' if status == 200 else ""
            told = f"HTTP/1.1 {status} X\r\n{tag}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(told.encode() + body)
            await writer.drain()
        writer.close()

    def answer(self, method: str, fields: dict[str, str], content: bytes) -> tuple[int, bytes]:
        if self.status:
            self.refused += 1
            return self.status, b""
        if method == "GET":
            return (404, b"") if self.body is None else (200, self.body)
        expected = fields.get("if-match")
        if (fields.get("if-none-match") == "*" and self.body is not None) or expected not in (
            None,
            f'"{self.version}"',
        ):
            return 412, b""
        self.body, self.version = content, self.version + 1
        return 200, b""


@pytest.mark.parametrize("trouble", ["two tasks", "s3 fails"])
def test_the_checkpoint_under_trouble_costs_no_trade(
    trouble: str, tmp_path: Path, aws: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two tasks at once, as in a deploy that overlaps; or S3 refusing for a while. Then a third task goes on alone."""
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=2, on_data=taken)
    bucket = Bucket()

    async def run() -> list[int]:
        server = await asyncio.start_server(bucket.serve, "127.0.0.1", 0)
        aws.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with serve_kinesis(kinesis) as url, serve(markets=[("binance", "BTC-USDT")]) as simulator:
            aws.setenv("AWS_ENDPOINT_URL_KINESIS", url)
            config = Config(
                exchanges=("binance",),
                symbols=("BTC-USDT",),
                sink="kinesis",
                kinesis_stream="trades",
                checkpoint="s3://state/producer.json",
                endpoints=simulator.endpoints,
                **FAST,
            )

            def trade() -> None:
                simulator.trade("binance", "BTC-USDT", 40)

            async with running(Producer(config)) as first:
                await until(lambda: simulator.clients("binance") == 1)
                trade()
                await until(lambda: first.stats.acknowledged == 40)
                await until(lambda: bucket.version)
                if trouble == "two tasks":
                    async with running(Producer(config)):
                        await until(lambda: simulator.clients("binance") == 2)
                        for _ in range(20):
                            trade()
                            await asyncio.sleep(0.05)
                else:
                    bucket.status = 503
                    for _ in range(20):
                        trade()
                        await asyncio.sleep(0.05)
                    await until(lambda: bucket.refused > 1)
                    bucket.status = 0
                trade()
                await until(lambda: first.stats.acknowledged == len(simulator.ids("binance", "BTC-USDT")))
            simulator.trade("binance", "BTC-USDT", 500)
            async with running(Producer(config)) as third:
                await until(lambda: simulator.clients("binance") == 1)
                trade()
                await until(lambda: third.stats.acknowledged >= 540)
            server.close()
            return simulator.ids("binance", "BTC-USDT")

    published = asyncio.run(run())
    assert sorted(set(taken.ids)) == published
    # While two ran, each trade may be there twice; before and after, once.
    assert len(taken.ids) - len(published) <= (21 * 40 if trouble == "two tasks" else 0)
