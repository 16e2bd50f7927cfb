"""Records as newline-delimited JSON files, a folder an hour of arrival, laid out like Firehose's objects.

    DIR/dt=2026-08-09/hour=21/trades-20260809T210548.123456Z.jsonl

A file ends with a whole line: a line that a killed process left torn is cut off when the directory is
opened, and the ids in the newest files are read back, so that a restart goes on exactly where the files
end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from stream.clock import now
from stream.errors import SinkRefused, SinkUnavailable
from stream.record import Record
from stream.trade import NOT_THERE, iso, parse_iso

FILE_BYTES = 64 << 20


class _Row(msgspec.Struct):
    exchange: str
    symbol: str
    via: str
    traded_at: str
    trade_id: int | None = None
    gap_first_id: int | None = None
    gap_last_id: int | None = None
    gap_reason: str = ""


_row = msgspec.json.Decoder(_Row)


class DirectorySink:
    max_records = 100
    max_bytes = 1 << 20

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file: IO[bytes] | None = None
        self._path = Path()
        self._hour = ""
        self._size = 0
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            for path in self._newest(1):
                _cut_torn_line(path)
        except OSError as error:
            raise SinkRefused(f"{self._directory}: cannot be written ({error.strerror})") from None

    async def write(self, records: Sequence[Record]) -> Sequence[Record]:
        data = b"".join(record.data for record in records)
        async with self._lock:
            try:
                await asyncio.to_thread(self._append, data)
            except OSError as error:
                self._undo()
                raise SinkUnavailable(f"{self._path}: {error.strerror}") from None
        return ()

    async def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def stored(self, files: int = 3) -> Iterator[Record]:
        """What the newest files hold, one record of ids a line; for a restart. Blocking."""
        for path in self._newest(files):
            with path.open("rb") as lines:
                for line in lines:
                    try:
                        row = _row.decode(line)
                        traded_at = parse_iso(row.traded_at)
                    except (msgspec.MsgspecError, ValueError):
                        continue
                    if row.trade_id is not None:
                        runs = [(row.trade_id, row.trade_id)]
                    elif row.gap_first_id is not None and row.gap_last_id is not None:
                        if row.gap_reason != NOT_THERE:
                            continue
                        runs = [(row.gap_first_id, row.gap_last_id)]
                    else:
                        continue
                    yield Record(row.exchange, row.symbol, "", b"", 1, runs, 0, traded_at)

    def _newest(self, count: int) -> list[Path]:
        return sorted(self._directory.glob("dt=*/hour=*/trades-*.jsonl"))[-count:]

    def _append(self, data: bytes) -> None:
        moment = iso(now())
        hour = moment[:13]
        if self._file is None or hour != self._hour or self._size >= FILE_BYTES:
            if self._file is not None:
                self._file.close()
            stamp = moment.replace("-", "").replace(":", "")
            self._path = self._directory / f"dt={hour[:10]}" / f"hour={hour[11:]}" / f"trades-{stamp}.jsonl"
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab", buffering=0)
            self._hour, self._size = hour, 0
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._size += len(data)

    def _undo(self) -> None:
        """Take back whatever part of a failed write reached the file, as it will be written again."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(self._size)
            self._file.close()
            self._file = None


def _cut_torn_line(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        end = size
        while end > 0:
            start = max(0, end - 65_536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            file.truncate(end)
