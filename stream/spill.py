"""Records that wait on disk while the sink stalls: first in, first out, within a byte limit.

Segments are files of length-prefixed MessagePack records. A segment is deleted once everything in it was
acknowledged, so what a killed process leaves behind is sent by the next one (a torn last record is dropped:
it was never accepted as written). The disk holds whatever the operating system was told to write; it is not
synced.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from stream.record import Record

SEGMENT_BYTES = 4 << 20
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


class Spill:
    """Not safe for two processes: the directory belongs to one producer."""

    def __init__(self, directory: Path, limit: int, segment_bytes: int = SEGMENT_BYTES) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._limit = limit
        self._segment_bytes = segment_bytes
        self._waiting: deque[tuple[int, int]] = deque()  # (number, bytes) of sealed segments, oldest first
        self._unacknowledged: dict[int, int] = {}  # segment -> records loaded and not yet acknowledged
        self._writing: IO[bytes] | None = None
        self._written = 0
        self.bytes = 0
        for path in sorted(directory.glob("*.spill")):
            size = path.stat().st_size
            self._waiting.append((int(path.stem), size))
            self.bytes += size
        self._number = self._waiting[-1][0] if self._waiting else 0

    def __bool__(self) -> bool:
        """True while records wait on disk."""
        return bool(self._waiting) or self._written > 0

    @property
    def full(self) -> bool:
        return self.bytes >= self._limit

    def append(self, record: Record) -> None:
        """Raises OSError when the disk refuses."""
        if self._writing is None:
            self._number += 1
            self._writing = self._path(self._number).open("wb")
        body = _encoder.encode(record)
        self._writing.write(len(body).to_bytes(4, "big") + body)
        self._written += len(body) + 4
        self.bytes += len(body) + 4
        if self._written >= self._segment_bytes:
            self._seal()

    def load(self) -> list[Record]:
        """The oldest segment's records, which stay on disk until `acknowledge` was called for each."""
        if not self._waiting:
            self._seal()
        if not self._waiting:
            return []
        number, size = self._waiting.popleft()
        records = _read(self._path(number))
        self.bytes -= size
        if not records:
            self._path(number).unlink(missing_ok=True)
            return []
        for record in records:
            record.origin = number
        self._unacknowledged[number] = len(records)
        return records

    def left_behind(self) -> Iterator[Record]:
        """What waits on disk since an earlier process, without taking it."""
        for number, _ in list(self._waiting):
            yield from _read(self._path(number))

    def acknowledge(self, record: Record) -> None:
        """A loaded record reached the sink."""
        left = self._unacknowledged[record.origin] - 1
        self._unacknowledged[record.origin] = left
        if not left:
            del self._unacknowledged[record.origin]
            self._path(record.origin).unlink(missing_ok=True)

    def close(self) -> None:
        self._seal()

    def _seal(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._waiting.append((self._number, self._written))
            self._writing = None
            self._written = 0

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:012d}.spill"


def _read(path: Path) -> list[Record]:
    """Records of a segment up to the first torn one."""
    content = memoryview(path.read_bytes())
    records = []
    at = 0
    while at + 4 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        body = content[at + 4 : at + 4 + size]
        if len(body) < size:
            break
        try:
            records.append(_decoder.decode(body))
        except msgspec.MsgspecError:
            break
        at += 4 + size
    return records
