"""A checkpoint never claims what wasn't acknowledged, wherever it is kept."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.aws import AwsClient
from stream.checkpoint import (
    MARGIN,
    FileCheckpoint,
    KeptGap,
    MarketState,
    Progress,
    State,
    add_seen,
    merge,
)
from stream.errors import ConfigError
from stream.http import HttpClient
from stream.ledger import Runs
from stream.plausible import sound_runs
from stream.producer import open_gaps
from stream.record import Record
from stream.s3_checkpoint import CheckpointError, S3Checkpoint

CONTIGUOUS = {"kraken": True, "bitstamp": False}


def record(first: int, last: int, exchange: str = "kraken") -> Record:
    return Record(exchange, "BTC-USD", "k", b"", last - first + 1, [(first, last)], 0, last * 1_000_000)


@settings(deadline=None)
@given(st.lists(st.integers(0, 80), max_size=60))
def test_exactly_the_acknowledged_ids_are_claimed(starts: list[int]) -> None:
    progress = Progress(State(), CONTIGUOUS)
    claimed: set[int] = set()
    for start in starts:
        progress.acknowledged(record(start, start + 2))
        claimed |= {start, start + 1, start + 2}
    runs = progress.state().markets.get("kraken/BTC-USD", MarketState([], 0)).runs
    assert {n for first, last in runs for n in range(first, last + 1)} == claimed


def test_where_ids_have_holes_the_last_minutes_are_claimed_in_little_memory() -> None:
    progress = Progress(State(), CONTIGUOUS)
    tracemalloc.start()
    try:
        for number in range(1 << 20, (1 << 20) + 200_000, 2):  # two trades a minute
            progress.acknowledged(
                Record("bitstamp", "BTC-USD", "", b"", 1, [(number, number)], 0, number * 10**7)
            )
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert progress.state().markets["bitstamp/BTC-USD"].runs == [
        (number, number) for number in range((1 << 20) + 199_968, (1 << 20) + 200_000, 2)
    ]
    assert held < 500_000
    for number in range(2_000_000, 2_060_000, 2):
        progress.acknowledged(Record("bitstamp", "BTC-USD", "", b"", 1, [(number, number)], 0, 2 * 10**13))
    runs = progress.state().markets["bitstamp/BTC-USD"].runs
    assert runs == [(number, number) for number in range(2_020_000, 2_060_000, 2)]


def test_too_many_runs_are_cut_at_the_top_never_joined() -> None:
    progress = Progress(State(), CONTIGUOUS)
    for number in range(0, 60_000, 2):
        progress.acknowledged(record(number, number))
    runs = progress.state().markets["kraken/BTC-USD"].runs
    assert runs == [(number, number) for number in range(0, 20_000, 2)]


def test_holes_below_the_newest_are_repaired_at_the_next_start() -> None:
    kept = MarketState([(1, 100), (151, 200)], 10**15)
    (gap,) = open_gaps("BTC-USD", kept, contiguous=True)
    assert (gap.first_id, gap.last_id) == (101, 150)
    assert gap.since < 10**15


def test_an_open_gap_keeps_its_times_and_the_rest_of_its_hole_is_not_forgotten() -> None:
    kept = MarketState(
        [(1, 100), (151, 200)], 10**15, gaps=[KeptGap(110, 120, 5, 6), KeptGap(None, None, 7, 8)]
    )
    gaps = {(gap.first_id, gap.last_id): gap.since for gap in open_gaps("BTC-USD", kept, contiguous=True)}
    assert gaps == {(110, 120): 5, (101, 109): 10**15 - MARGIN, (121, 150): 10**15 - MARGIN}
    (span,) = open_gaps("BTC-USD", kept, contiguous=False)
    assert (span.first_id, span.since, span.until) == (None, 7, 8)


def test_where_ids_prove_nothing_the_last_minutes_are_remembered() -> None:
    progress = Progress(State(), CONTIGUOUS)
    for number in range(1, 1000, 3):
        progress.acknowledged(record(number, number, "bitstamp"))
    runs = progress.state().markets["bitstamp/BTC-USD"].runs
    assert runs[-1] == (997, 997)
    assert runs[0][0] in range(688, 698)  # traded five minutes earlier, in this test's seconds


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    store = FileCheckpoint(tmp_path / "state" / "checkpoint.json")
    state = State({"kraken/BTC-USD": MarketState([(1, 5), (9, 9)], 7)})
    asyncio.run(store.save(state))
    assert asyncio.run(store.load()) == state
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["checkpoint.json"]
    assert asyncio.run(FileCheckpoint(tmp_path / "none").load()) == State()


@pytest.mark.parametrize("content", ["", "{", '{"markets": 5}', '{"version": 99}', "[" * 100_000, "\udcff"])
def test_a_checkpoint_that_is_none_is_set_aside(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "checkpoint.json"
    path.write_text(content, errors="surrogateescape")
    assert asyncio.run(FileCheckpoint(path).load()) == State()
    (aside,) = tmp_path.iterdir()
    assert aside.name.startswith("checkpoint.json.bad-")
    assert aside.read_bytes() == content.encode(errors="surrogateescape")
    assert "is damaged" in caplog.text


@pytest.mark.parametrize(
    "market",
    [
        MarketState([(9, 5)], 7),
        MarketState([(5, 9), (8, 12)], 7),
        MarketState([(5, 9), (10, 12)], 7),
        MarketState([(20, 30), (1, 5)], 7),
        MarketState([(-3, 5)], 7),
        MarketState([(1, 1 << 63)], 7),
        MarketState([(1, 5)], -1),
        MarketState([(1, 5)], 10**17),
        MarketState([(1, 5)], 7, floor=-9),
        MarketState([(1, 5)], 7, gaps=[KeptGap(9, 5, 1, 2)]),
        MarketState([(1, 5)], 7, gaps=[KeptGap(None, 5, 1, 2)]),
        MarketState([(1, 5)], 7, gaps=[KeptGap(None, None, 2, 1)]),
    ],
)
def test_a_market_that_cannot_be_is_not_obeyed_and_costs_no_other(
    market: MarketState, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.json"
    sound = MarketState([(1, 5), (9, 9)], 7, gaps=[KeptGap(6, 8, 1, 2), KeptGap(None, None, 1, 2)])
    path.write_bytes(msgspec.json.encode(State({"kraken/BTC-USD": market, "binance/BTC-USDT": sound})))
    assert asyncio.run(FileCheckpoint(path).load()).markets == {"binance/BTC-USDT": sound}
    assert not path.exists()


@given(st.lists(st.integers(0, 300_000), min_size=1, max_size=20), st.sampled_from([10**18, (1 << 63) - 1]))
def test_the_ids_of_an_absurd_trade_are_not_believed(ids: list[int], absurd: int) -> None:
    runs = list(Runs((number * 3, number * 3 + 1) for number in ids))
    assert sound_runs([*runs, (absurd, absurd)]) == runs


def test_records_still_on_disk_count_as_seen() -> None:
    state = State({"kraken/BTC-USD": MarketState([(1, 5)], 7)})
    add_seen(state, record(6, 9))
    add_seen(state, record(20, 21))
    assert state.markets["kraken/BTC-USD"].runs == [(1, 9), (20, 21)]


class Bucket:
    """One S3 object with conditional writes, over HTTP."""

    def __init__(self) -> None:
        self.body: bytes | None = None
        self.version = 0
        self.status = 0
        self.listable_whole = True

    @property
    def etag(self) -> str:
        return f'"{self.version}"'

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = head.split(" ", 2)
        status, body = (
            self.listing(target) if "list-type=2" in target else self.answer(method, headers, content)
        )
        etag = f"ETag: {self.etag}\r\n" if status == 200 else ""
        writer.write(f"HTTP/1.1 {status} X\r\n{etag}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.write_eof()
        await writer.drain()
        writer.close()

    def listing(self, target: str) -> tuple[int, bytes]:
        """As S3 answers to whoever may list one key and no other."""
        if not target.endswith("&prefix=state%2Fproducer.json"):
            return 403, b""
        return 200, b"" if self.body is None else b"<Contents><Key>state/producer.json</Key></Contents>"

    def answer(self, method: str, headers: dict[str, str], content: bytes) -> tuple[int, bytes]:
        assert "AWS4-HMAC-SHA256" in headers["authorization"]
        if self.status:
            return self.status, b""
        if method == "GET":
            missing = 404 if self.listable_whole else 403
            return (missing, b"") if self.body is None else (200, self.body)
        if headers.get("if-none-match") == "*" and self.body is not None:
            return 412, b""
        if "if-match" in headers and headers["if-match"] != self.etag:
            return 412, b""
        self.body = content
        self.version += 1
        return 200, b""


@asynccontextmanager
async def store_in(bucket: Bucket) -> AsyncIterator[S3Checkpoint]:
    import botocore.credentials

    server = await asyncio.start_server(bucket.serve, "127.0.0.1", 0)
    http = HttpClient(2.0)
    client = AwsClient(
        "s3",
        http,
        region="us-east-1",
        endpoint=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        credentials=botocore.credentials.Credentials("a", "b"),
    )
    yield S3Checkpoint("s3://lake/state/producer.json", client)
    await http.close()
    server.close()


def test_two_producers_lose_nothing_of_each_other(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> State:
        bucket = Bucket()
        async with store_in(bucket) as one, store_in(bucket) as two:
            assert await one.load() == State()
            await two.load()
            await one.save(State({"kraken/BTC-USD": MarketState([(1, 5)], 5)}))
            await two.save(State({"kraken/BTC-USD": MarketState([(4, 9)], 9), "x/Y": MarketState([], 1)}))
            await one.save(State({"kraken/BTC-USD": MarketState([(1, 6)], 6)}))
            # Once merged, what the other had said stays said, though this one alone doesn't know it.
            await one.save(State({"kraken/BTC-USD": MarketState([(1, 7)], 7)}))
            await one.save(State({"kraken/BTC-USD": MarketState([(1, 8)], 8)}))
            return await two.load()

    state = asyncio.run(run())
    assert state.markets == {"kraken/BTC-USD": MarketState([(1, 9)], 9), "x/Y": MarketState([], 1)}
    assert "written by another producer" in caplog.text


def test_without_the_right_to_list_the_whole_bucket_a_first_start_finds_no_checkpoint() -> None:
    async def run() -> State:
        bucket = Bucket()
        bucket.listable_whole = False
        async with store_in(bucket) as store:
            assert await store.load() == State()
            await store.save(State({"x/Y": MarketState([], 1)}))
            return await store.load()

    assert asyncio.run(run()).markets == {"x/Y": MarketState([], 1)}


def test_s3_refusing_is_told_apart_from_s3_being_empty() -> None:
    async def run() -> None:
        bucket = Bucket()
        async with store_in(bucket) as store:
            bucket.body, bucket.status = b"{}", 403
            with pytest.raises(ConfigError, match="HTTP 403"):
                await store.load()
            with pytest.raises(CheckpointError, match="HTTP 403"):
                await store.save(State())

    asyncio.run(run())


def test_a_start_waits_for_s3_that_fails_for_a_moment() -> None:
    async def run() -> State:
        bucket = Bucket()
        async with store_in(bucket) as store:
            await store.save(State({"x/Y": MarketState([(1, 2)], 1)}))
            bucket.status = 503
            asyncio.get_running_loop().call_later(0.3, setattr, bucket, "status", 0)
            return await store.load()

    assert asyncio.run(run()).markets == {"x/Y": MarketState([(1, 2)], 1)}


@given(st.lists(st.integers(0, 50)), st.lists(st.integers(0, 50)))
def test_merging_is_a_union(mine: list[int], other: list[int]) -> None:
    def state(ids: list[int]) -> State:
        return State({"k/B": MarketState(list(Runs((n, n) for n in ids)), max(ids, default=0))})

    merged = merge(state(mine), state(other)).markets["k/B"]
    assert {n for a, b in merged.runs for n in range(a, b + 1)} == {*mine, *other}
