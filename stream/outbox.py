"""Between sealed records and the sink: bounded memory, then disk, then back-pressure; retries of what failed
only.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from stream.backoff import Backoff
from stream.errors import SinkRefused, SinkUnavailable
from stream.record import Record, now
from stream.sinks.base import Sink
from stream.spill import Spill
from stream.stats import Stats

log = logging.getLogger(__name__)
_OVERHEAD = 512  # bytes that a waiting record costs besides its data


class Outbox:
    """Accepts records without waiting, and delivers them with `senders` batches in flight.

    `put` never blocks and never drops: whoever produces records calls `await room()` between them, which
    returns at once unless memory and disk are both full. `on_acknowledged` gets every record that the sink
    has taken.
    """

    def __init__(
        self,
        sink: Sink,
        stats: Stats,
        *,
        memory: int,
        spill: Spill | None,
        senders: int,
        backoff: Callable[[], Backoff],
        on_acknowledged: Callable[[Record], None],
        timed: bool = True,
    ) -> None:
        """`timed`: receive times are of now, so that receive-to-acknowledged is worth measuring."""
        self._sink = sink
        self._stats = stats
        self._memory_limit = memory
        self._spill = spill
        self._senders = senders
        self._backoff = backoff
        self._on_acknowledged = on_acknowledged
        self._timed = timed
        self._waiting: deque[Record] = deque()
        self._memory = 0
        self._in_flight = 0
        self._arrived = asyncio.Condition()
        self._notified = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._unfinished: list[Record] = []
        self._warned = 0.0

    def put(self, record: Record) -> None:
        if self._spill is not None and (self._spill or self._memory >= self._memory_limit):
            try:
                self._spill.append(record)
            except OSError as error:
                self._warn("cannot spill to disk (%s): keeping records in memory, reading stops", error)
                self._keep(record)
        else:
            self._keep(record)
        self._empty.clear()
        self._notified.set()
        self._update()

    async def room(self) -> None:
        """Returns when there is room for more records."""
        await self._room.wait()

    @property
    def has_room(self) -> bool:
        return self._room.is_set()

    async def run(self) -> None:
        """Deliver until cancelled. Raises SinkRefused when the sink can never take the records."""
        if self._spill:
            self._empty.clear()
            self._notified.set()
        async with asyncio.TaskGroup() as group:
            for _ in range(self._senders):
                group.create_task(self._send_forever())

    async def drained(self) -> None:
        """Returns when everything that was put has been acknowledged."""
        await self._empty.wait()

    def shelve(self) -> int:
        """After `run` was cancelled: move what is left to disk where there is one. Returns records that have
        no home.
        """
        left = [record for record in (*self._unfinished, *self._waiting) if not record.origin]
        self._unfinished.clear()
        self._waiting.clear()
        homeless = 0
        for record in left:
            try:
                if self._spill is None:
                    raise OSError("no spill directory is set")
                self._spill.append(record)
            except OSError:
                homeless += 1
        if self._spill is not None:
            self._spill.close()
        return homeless

    def _keep(self, record: Record) -> None:
        self._waiting.append(record)
        self._memory += len(record.data) + _OVERHEAD

    def _take(self) -> list[Record]:
        """The next batch, within the sink's limits; empty when nothing waits."""
        if not self._waiting and self._spill is not None and self._spill:
            for record in self._spill.load():
                self._keep(record)
        batch: list[Record] = []
        size = 0
        while self._waiting and len(batch) < self._sink.max_records:
            size += len(self._waiting[0].data)
            if batch and size > self._sink.max_bytes:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _send_forever(self) -> None:
        while True:
            batch = self._take()
            if not batch:
                self._notified.clear()
                if not self._in_flight and not self._spill:
                    self._empty.set()
                await self._notified.wait()
                continue
            self._in_flight += len(batch)
            await self._deliver(batch)

    async def _deliver(self, pending: Sequence[Record]) -> None:
        backoff = self._backoff()
        while pending:
            try:
                rejected = await self._sink.write(pending)
            except SinkUnavailable as error:
                self._warn("sink unavailable, %d records wait: %s", len(pending), error)
                rejected = list(pending)
            except (SinkRefused, asyncio.CancelledError):
                self._unfinished.extend(pending)
                raise
            again = {id(record) for record in rejected}
            for record in pending:
                if id(record) not in again:
                    self._acknowledge(record)
            pending = rejected
            if pending:
                self._stats.retries += len(pending)
                try:
                    await asyncio.sleep(backoff.next())
                except asyncio.CancelledError:
                    self._unfinished.extend(pending)
                    raise
        self._update()

    def _acknowledge(self, record: Record) -> None:
        self._in_flight -= 1
        self._memory -= len(record.data) + _OVERHEAD
        if record.origin and self._spill is not None:
            self._spill.acknowledge(record)
        self._stats.acknowledged += record.count
        if self._timed:
            self._stats.delivery.add((now() - record.received_at) / 1e6, max(record.count, 1))
        self._on_acknowledged(record)

    def _update(self) -> None:
        stats, spill = self._stats, self._spill
        stats.queued_records = len(self._waiting) + self._in_flight
        stats.queued_bytes = self._memory
        stats.spilled_bytes = spill.bytes if spill is not None else 0
        full = self._memory >= self._memory_limit if spill is None else spill.full
        # The disk may refuse while its limit isn't reached: memory alone then says stop.
        full = full or self._memory >= 2 * self._memory_limit
        if full and self._room.is_set():
            self._room.clear()
            self._warn(
                "the sink has stalled and %d bytes wait: reading stops",
                stats.queued_bytes + stats.spilled_bytes,
            )
        elif not full and not self._room.is_set():
            self._room.set()
            log.warning("there is room again: reading goes on")
        stats.paused = full

    def _warn(self, message: str, *arguments: object) -> None:
        """At most one warning every five seconds: a stall would repeat it a thousand times."""
        moment = time.monotonic()
        if moment - self._warned >= 5:
            self._warned = moment
            log.warning(message, *arguments)
