"""Shards, pacing, the disk queue, the directory: each alone."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bovespa.stand_ins.kinesis import SHARD_BYTES, SHARD_RECORDS
from stream.errors import SinkRefused
from stream.record import Record
from stream.sinks.directory import DirectorySink
from stream.sinks.shards import HASH_SPACE, ShardPacer, even_shards
from stream.spill import Spill


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@settings(deadline=None)
@given(st.lists(st.integers(min_value=100, max_value=60_000), min_size=1, max_size=300))
@example([34_000] * 200)
@example([100] * 3000)
def test_no_second_ever_exceeds_a_shards_quota(sizes: list[int]) -> None:
    clock = Clock()
    pacer = ShardPacer(even_shards(1), clock)
    sent: list[tuple[float, int]] = []
    for size in sizes:
        while wait := pacer.take("key", size):
            clock.now += wait
        sent.append((clock.now, size))
    for moment, _ in sent:
        window = [size for at, size in sent if moment <= at < moment + 1]
        assert sum(window) <= SHARD_BYTES
        assert len(window) <= SHARD_RECORDS


@given(st.text(min_size=1, max_size=40), st.integers(min_value=1, max_value=100))
def test_a_key_belongs_to_the_shard_that_holds_its_md5(key: str, count: int) -> None:
    starts = even_shards(count)
    number = int(hashlib.md5(key.encode()).hexdigest(), 16)
    shard = ShardPacer(starts).shard(key)
    assert starts[shard] <= number
    assert number < (starts[shard + 1] if shard + 1 < count else HASH_SPACE)


def test_keys_of_one_market_share_the_load() -> None:
    pacer = ShardPacer(even_shards(8))
    shards = [pacer.shard(f"binance:BTC-USDT:{1_723_161_255_611_000 + n * 1000}") for n in range(4000)]
    counts = [shards.count(shard) for shard in range(8)]
    assert min(counts) > 400
    assert max(counts) < 600


def record(number: int, size: int = 100) -> Record:
    return Record("kraken", "BTC-USD", f"k{number}", b"x" * size, 1, [(number, number)], number, number)


def test_what_is_spilled_comes_back_in_order_and_leaves_nothing(tmp_path: Path) -> None:
    spill = Spill(tmp_path, limit=10_000, segment_bytes=1_000)
    for number in range(50):
        spill.append(record(number))
    assert spill
    back = []
    while spill:
        for loaded in spill.load():
            back.append(loaded.runs[0][0])
            spill.acknowledge(loaded)
    assert back == list(range(50))
    assert spill.bytes == 0
    assert list(tmp_path.iterdir()) == []


def test_the_disk_limit_is_known(tmp_path: Path) -> None:
    spill = Spill(tmp_path, limit=1_000)
    assert not spill.full
    spill.append(record(1, 2_000))
    assert spill.full


def test_a_killed_process_leaves_its_records_to_the_next(tmp_path: Path) -> None:
    first = Spill(tmp_path, limit=10_000)
    for number in range(5):
        first.append(record(number))
    first.close()
    (segment,) = tmp_path.iterdir()
    segment.write_bytes(segment.read_bytes()[:-30])
    second = Spill(tmp_path, limit=10_000)
    assert [left.runs[0][0] for left in second.left_behind()] == [0, 1, 2, 3]
    second.append(record(9))
    assert [loaded.runs[0][0] for loaded in second.load()] == [0, 1, 2, 3]
    assert [loaded.runs[0][0] for loaded in second.load()] == [9]


def write(sink: DirectorySink, *records: Record) -> None:
    async def run() -> None:
        await sink.open()
        assert list(await sink.write(records)) == []
        await sink.close()

    asyncio.run(run())


def line(trade_id: int) -> Record:
    data = (
        f'{{"exchange":"kraken","symbol":"BTC-USD","trade_id":{trade_id},"traded_at":'
        '"2026-08-09T21:05:48.000000Z","via":"live"}\n'
    ).encode()
    return Record("kraken", "BTC-USD", "k", data, 1, [(trade_id, trade_id)], 0, 0)


def test_a_torn_line_is_cut_and_the_rest_is_known(tmp_path: Path) -> None:
    write(DirectorySink(tmp_path), line(1), line(2))
    (path,) = tmp_path.glob("dt=*/hour=*/*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"exchange":"kraken","symbol":"BTC-USD","trade_id":3,"tra')
    sink = DirectorySink(tmp_path)
    write(sink, line(4))
    assert [stored.runs for stored in sink.stored()] == [[(1, 1)], [(2, 2)], [(4, 4)]]
    assert all(file.read_bytes().endswith(b"}\n") for file in tmp_path.glob("dt=*/hour=*/*.jsonl"))


def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkRefused, match="cannot be written"):
        asyncio.run(DirectorySink(tmp_path / "file").open())
