"""What a sink promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stream.record import Record


class Sink(Protocol):
    """One attempt at a time: retrying, pacing between attempts and order of batches belong to the caller."""

    @property
    def max_records(self) -> int:
        """Records in one `write` at most."""

    @property
    def max_bytes(self) -> int:
        """Bytes of data in one `write` at most (a single record may exceed it)."""

    async def open(self) -> None:
        """Make ready to write.

        Raises:
            SinkRefused: nothing could ever be written (no such stream, no permission).
        """

    async def write(self, records: Sequence[Record]) -> Sequence[Record]:
        """Write records.

        Returns:
            Those that were not taken.

        Raises:
            SinkUnavailable: none was taken.
            SinkRefused: none ever will be.
        """

    async def close(self) -> None:
        """Give back connections and files."""
