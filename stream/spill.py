"""Records that wait on disk while the sink stalls: first in, first out, within a byte limit.

Segments are files of MessagePack records, each behind a mark, its length, its number of trades and a CRC-32.
A segment is deleted once everything in it was acknowledged, so what a killed process leaves behind is sent by
the next one. The disk holds whatever the operating system was told to write; it is not synced.

The disk may refuse or change anything. What it refused goes back to the caller; what it gave back changed is
left out, counted and logged; and the records around it are still read, from mark to mark.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import struct
import weakref
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from stream.record import Record

log = logging.getLogger(__name__)
SEGMENT_BYTES = 4 << 20
_MARK = b"\xb7rec"
_HEAD = struct.Struct("!4sIII")  # mark, length of the body, trades in it, CRC-32 of all but itself
_NAME_DIGITS = 12
_READ_TRIES = 5
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


@dataclass(slots=True)
class _Segment:
    """A file. `trades` is what was written into it, None where an earlier process wrote it."""

    number: int
    size: int = 0
    trades: int | None = 0
    tries: int = 0
    records: list[Record] = field(default_factory=list)  # while it is being written: in case the disk lies


class Spill:
    """The directory belongs to one producer, which locks it: a second one would take and delete its records.

    `on_lost` is told of trades that the disk did not give back.
    """

    def __init__(
        self,
        directory: Path,
        limit: int,
        segment_bytes: int = SEGMENT_BYTES,
        on_lost: Callable[[int], None] = lambda trades: None,
    ) -> None:
        """Take up the queue that is on the disk.

        Raises:
            BlockingIOError: another producer has it.
            OSError: the directory can't be made or read.
        """
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)  # goes with the process, however that ends
        self._unlock = weakref.finalize(self, os.close, lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._unlock()
            raise
        except OSError as error:  # a network's file system may know no locks
            log.warning("%s can't be locked: %s", directory, error)
        self._directory = directory
        self._limit = limit
        self._segment_bytes = segment_bytes
        self._on_lost = on_lost
        self._waiting: deque[_Segment] = deque()  # sealed, oldest first
        self._unacknowledged: dict[
            int, list[int]
        ] = {}  # segment -> [records, trades] loaded, not acknowledged
        self._writing: IO[bytes] | None = None
        self._segment = _Segment(0)
        self.returned: list[Record] = []
        """Records that the disk accepted and then did not keep; the caller takes them out."""
        self.bytes = 0
        for path in sorted(directory.glob("*.spill")):
            if (
                len(path.stem) == _NAME_DIGITS
                and path.stem.isascii()
                and path.stem.isdigit()
                and path.is_file()
            ):
                segment = _Segment(int(path.stem), path.stat().st_size, None)
                self._waiting.append(segment)
                self.bytes += segment.size
            else:
                log.warning("%s is none of ours: left alone", path)
        self._number = self._waiting[-1].number if self._waiting else 0

    def __bool__(self) -> bool:
        """True while records wait on disk."""
        return bool(self._waiting) or self._segment.size > 0

    @property
    def full(self) -> bool:
        return self.bytes >= self._limit

    def append(self, record: Record) -> None:
        """Add a record.

        Raises:
            OSError: the disk refuses; nothing of the record is there then.
        """
        if self._writing is None:
            number = self._number + 1
            self._writing = self._path(number).open("wb", buffering=0)
            self._number, self._segment = number, _Segment(number)
        segment = self._segment
        framed = _frame(record)
        try:
            view = memoryview(framed)
            while view:
                view = view[self._writing.write(view) :]
        except OSError:
            self._cut()
            raise
        segment.size += len(framed)
        segment.trades = (segment.trades or 0) + record.count
        segment.records.append(record)
        self.bytes += len(framed)
        if segment.size >= self._segment_bytes:
            self._seal()

    def load(self) -> list[Record]:
        """The oldest segment's records, which stay on disk until `acknowledge` was called for each."""
        if not self._waiting:
            self._seal()
        if not self._waiting:
            return []
        segment = self._waiting[0]
        try:
            records, damaged = _read(self._path(segment.number))
        except OSError as error:
            segment.tries += 1
            log.error("%s can't be read: %s", self._path(segment.number), error)
            if segment.tries < _READ_TRIES and not isinstance(error, FileNotFoundError):
                return []
            records, damaged = [], 1
        self._waiting.popleft()
        self.bytes -= segment.size
        found = sum(record.count for record in records)
        missing = damaged if segment.trades is None else segment.trades - found
        if missing > 0:
            log.critical(
                "%s is damaged: %d records (%d trades) are sound, %s %d trades are lost; the exchange's history is"
                " asked for them at the next start",
                self._path(segment.number),
                len(records),
                found,
                "at least" if segment.trades is None else "exactly",
                missing,
            )
            self._on_lost(missing)
        if not records:
            self._remove(segment.number)
            return []
        for record in records:
            record.origin = segment.number
        self._unacknowledged[segment.number] = [len(records), found]
        return records

    def left_behind(self) -> Iterator[Record]:
        """What waits on disk since an earlier process, without taking it."""
        for segment in list(self._waiting):
            with contextlib.suppress(OSError):
                records, _ = _read(self._path(segment.number))
                yield from records

    def acknowledge(self, record: Record) -> None:
        """A loaded record reached the sink."""
        left = self._unacknowledged[record.origin]
        left[0] -= 1
        left[1] -= record.count
        if not left[0]:
            del self._unacknowledged[record.origin]
            self._remove(record.origin)

    def remaining(self) -> tuple[int, int]:
        """(records, trades) on disk that were not acknowledged. Reads the segments of earlier processes."""
        records = sum(left[0] for left in self._unacknowledged.values()) + len(self._segment.records)
        trades = sum(left[1] for left in self._unacknowledged.values()) + (self._segment.trades or 0)
        for segment in self._waiting:
            with contextlib.suppress(OSError):
                found, _ = _read(self._path(segment.number))
                records += len(found)
                trades += sum(record.count for record in found)
        return records, trades

    def close(self) -> None:
        self._seal()
        self._unlock()

    def _cut(self) -> None:
        """After a failed write: back to the last whole record, or no further with this segment."""
        if self._writing is None:
            return
        try:
            self._writing.truncate(self._segment.size)
            self._writing.seek(self._segment.size)
        except OSError as error:
            log.error("%s can't be cut back: %s", self._path(self._segment.number), error)
            self._seal()
            return
        if not self._segment.size:
            self._seal()

    def _seal(self) -> None:
        if self._writing is None:
            return
        file, segment = self._writing, self._segment
        self._writing, self._segment = None, _Segment(0)
        records, segment.records = segment.records, []
        try:
            file.close()
        except OSError as error:
            log.error("%s was not closed: %s", self._path(segment.number), error)
            if not self._holds(segment, records):
                self.bytes -= segment.size
                self.returned += records
                self._remove(segment.number)
                return
        if records:
            self._waiting.append(segment)
        else:
            self._remove(segment.number)

    def _holds(self, segment: _Segment, records: list[Record]) -> bool:
        """Whether the disk gives back all that was written."""
        try:
            found, _ = _read(self._path(segment.number))
        except OSError:
            return False
        return len(found) == len(records)

    def _remove(self, number: int) -> None:
        try:
            self._path(number).unlink(missing_ok=True)
        except OSError as error:
            log.error("%s was not deleted, and will be sent again: %s", self._path(number), error)

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:0{_NAME_DIGITS}d}.spill"


def _frame(record: Record) -> bytes:
    body = _encoder.encode(record)
    numbers = struct.pack("!II", len(body), record.count)
    return _HEAD.pack(_MARK, len(body), record.count, zlib.crc32(body, zlib.crc32(numbers))) + body


def _read(path: Path) -> tuple[list[Record], int]:
    """(sound records of a segment, damaged places).

    Raises:
        OSError: the disk refuses.
    """
    content = path.read_bytes()
    records: list[Record] = []
    damaged = at = 0
    while at < len(content):
        record, after = _record(content, at)
        if record is not None:
            records.append(record)
            at = after
            continue
        damaged += 1
        at = content.find(_MARK, at + 1)
        while at >= 0 and _record(content, at)[0] is None:
            at = content.find(_MARK, at + 1)
        if at < 0:
            break
    return records, damaged


def _record(content: bytes, at: int) -> tuple[Record | None, int]:
    """The record at a place, None where there is no sound one; and where it ends."""
    if at + _HEAD.size > len(content):
        return None, at
    mark, size, count, check = _HEAD.unpack_from(content, at)
    start = at + _HEAD.size
    body = memoryview(content)[start : start + size]
    numbers = struct.pack("!II", size, count)
    if mark != _MARK or len(body) < size or zlib.crc32(body, zlib.crc32(numbers)) != check:
        return None, at
    try:
        return _decoder.decode(body), start + size
    except msgspec.MsgspecError:
        return None, at
