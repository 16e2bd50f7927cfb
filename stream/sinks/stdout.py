"""Records as lines on a byte stream, such as standard output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import BinaryIO

from stream.errors import SinkRefused
from stream.record import Record


class StdoutSink:
    max_records = 100
    max_bytes = 1 << 20

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream = stream or sys.stdout.buffer
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        return None

    async def write(self, records: Sequence[Record]) -> Sequence[Record]:
        async with self._lock:
            try:
                await asyncio.to_thread(self._write, b"".join(record.data for record in records))
            except (BrokenPipeError, ValueError):
                raise SinkRefused("standard output was closed by its reader") from None
        return ()

    def _write(self, data: bytes) -> None:
        self._stream.write(data)
        self._stream.flush()

    async def close(self) -> None:
        return None
