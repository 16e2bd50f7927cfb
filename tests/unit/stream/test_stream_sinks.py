"""Shards, pacing, the disk queue, the directory: each alone."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bovespa.stand_ins.kinesis import SHARD_BYTES, SHARD_RECORDS
from stream.backoff import Backoff
from stream.errors import SinkRefused, SinkUnavailable
from stream.outbox import Outbox
from stream.record import Record
from stream.sinks.directory import DirectorySink
from stream.sinks.shards import HASH_SPACE, ShardPacer, even_shards
from stream.spill import Spill
from stream.stats import Stats


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
    lost: list[int] = []
    second = Spill(tmp_path, limit=10_000, on_lost=lost.append)
    assert [left.runs[0][0] for left in second.left_behind()] == [0, 1, 2, 3]
    second.append(record(9))
    assert [loaded.runs[0][0] for loaded in second.load()] == [0, 1, 2, 3]
    assert [loaded.runs[0][0] for loaded in second.load()] == [9]
    assert lost == [1]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_bit_costs_one_record_and_is_told(tmp_path: Path, data: st.DataObject) -> None:
    lost: list[int] = []
    spill = Spill(tmp_path, limit=100_000, on_lost=lost.append)
    for number in range(20):
        spill.append(record(number))
    spill.close()
    (segment,) = tmp_path.iterdir()
    content = bytearray(segment.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    segment.write_bytes(content)
    loaded = spill.load()
    for one in loaded:
        number = one.runs[0][0]
        assert (one.data, one.key, one.runs) == (record(number).data, f"k{number}", [(number, number)])
    assert len(loaded) == 19
    assert lost == [1]
    for one in loaded:
        spill.acknowledge(one)
    assert list(tmp_path.iterdir()) == []


def test_other_peoples_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("notes.spill", "12.spill", "000000000007.txt", "-00000000001.spill"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "000000000009.spill").mkdir()
    spill = Spill(tmp_path, limit=10_000)
    assert not spill
    spill.append(record(1))
    assert [one.runs[0][0] for one in spill.load()] == [1]
    assert (tmp_path / "notes.spill").read_text() == "mine"


class Disk:
    """Files of a disk that takes `room` bytes, and whose `close` fails, losing the last bytes, on demand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = 1 << 40
        self.bad_closes = 0
        self.cuts_fail = False
        opened = Path.open
        disk = self

        class File:
            def __init__(self, path: Path, file: Any) -> None:
                self._path, self._file = path, file

            def write(self, data: memoryview) -> int:
                taken = min(len(data), max(disk.room, 0))
                if not taken:
                    raise OSError(errno.ENOSPC, "No space left on device")
                disk.room -= taken
                written: int = self._file.write(bytes(data[:taken]))
                return written

            def truncate(self, size: int) -> None:
                if disk.cuts_fail:
                    raise OSError(errno.EIO, "Input/output error")
                self._file.truncate(size)

            def seek(self, place: int) -> None:
                self._file.seek(place)

            def close(self) -> None:
                self._file.close()
                if disk.bad_closes:
                    disk.bad_closes -= 1
                    os.truncate(self._path, self._path.stat().st_size - 50)
                    raise OSError(errno.EIO, "Input/output error")

        def open_file(path: Path, mode: str = "r", *arguments: Any, **keywords: Any) -> Any:
            file = opened(path, mode, *arguments, **keywords)
            return File(path, file) if mode == "wb" and path.suffix == ".spill" else file

        monkeypatch.setattr(Path, "open", open_file)


class Stalling:
    """A sink that takes nothing until it is `up`."""

    max_records, max_bytes = 500, 1 << 20

    def __init__(self) -> None:
        self.up = False
        self.taken: list[int] = []

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def write(self, records: Sequence[Record]) -> Sequence[Record]:
        if not self.up:
            raise SinkUnavailable("stalled")
        self.taken += [
            number for found in records for number in range(found.runs[0][0], found.runs[0][1] + 1)
        ]
        return ()


@pytest.mark.parametrize("trouble", ["full", "full, and can't be cut", "closes fail", "no new files"])
def test_what_the_disk_does_not_keep_is_delivered_all_the_same(
    trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    sink, stats = Stalling(), Stats()
    lost: list[int] = []

    async def run() -> None:
        outbox = Outbox(
            sink,
            stats,
            memory=1 << 16,
            spill=Spill(tmp_path / "spill", 1 << 30, segment_bytes=200_000, on_lost=lost.append),
            senders=4,
            backoff=lambda: Backoff(0.01, 0.05),
            on_acknowledged=lambda record: None,
        )
        task = asyncio.create_task(outbox.run())
        for number in range(60):
            if number == 20:
                disk.room = 1 << 40 if trouble == "closes fail" else 75_000
                disk.bad_closes = 3 if trouble == "closes fail" else 0
                disk.cuts_fail = "cut" in trouble
                if trouble == "no new files":
                    (tmp_path / "spill").rename(tmp_path / "away")
            if number == 40:
                disk.room, disk.cuts_fail = 1 << 40, False
                if trouble == "no new files":
                    (tmp_path / "away").rename(tmp_path / "spill")
            first = number * 150
            outbox.put(Record("k", "B", f"k{number}", b"x" * 34_000, 150, [(first, first + 149)], 1, 1))
            await asyncio.sleep(0)
        sink.up = True
        async with asyncio.timeout(10):
            await outbox.drained()
        task.cancel()

    asyncio.run(run())
    assert sorted(sink.taken) == list(range(9000))
    assert lost == []
    assert stats.acknowledged == 9000
    assert list((tmp_path / "spill").iterdir()) == []


def test_order_is_kept_through_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    sink = Stalling()

    async def run() -> None:
        outbox = Outbox(
            sink,
            Stats(),
            memory=1 << 16,
            spill=Spill(tmp_path, 1 << 30),
            senders=1,
            backoff=lambda: Backoff(0.01, 0.05),
            on_acknowledged=lambda record: None,
        )
        for number in range(30):
            disk.room = 60_000 if number == 10 else 1 << 40 if number == 20 else disk.room
            outbox.put(Record("k", "B", f"k{number}", b"x" * 34_000, 1, [(number, number)], 1, 1))
        sink.up = True
        task = asyncio.create_task(outbox.run())
        await outbox.drained()
        task.cancel()

    asyncio.run(run())
    assert sink.taken == list(range(30))


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
