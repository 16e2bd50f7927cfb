"""Between sealed records and the sink: bounded memory, disk, back-pressure; retries of what failed only."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stream.backoff import Backoff
from stream.clock import monotonic, now
from stream.errors import SinkRefused, SinkUnavailable
from stream.record import Record
from stream.sinks.base import Sink
from stream.spill import Spill
from stream.stats import Stats

log = logging.getLogger(__name__)
_READ_PAUSE = 0.05
_BEHIND = 30.0  # seconds without a delivery that are a stall
_OVERHEAD = 512  # bytes that a waiting record costs besides its data


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """What a stop left undelivered: records with no home at all, and those on disk."""

    homeless: int
    homeless_trades: int
    on_disk: int
    on_disk_trades: int


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
        self._refused: deque[Record] = deque()  # the disk's turn, which it did not take; in memory meanwhile
        self._memory = 0
        self._in_flight = 0
        self._arrived = asyncio.Condition()
        self._notified = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._unfinished: list[Record] = []
        self.caught_up_at = now()
        """When (µs) delivery was last no further behind than it always is."""
        self._warned = 0.0

    def put(self, record: Record) -> None:
        if self._spill is not None and (self._spill or self._refused or self._memory >= self._memory_limit):
            self._refused.append(record)
            self._memory += len(record.data) + _OVERHEAD
            self._spill_refused()
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
        """Deliver until cancelled.

        Raises:
            SinkRefused: the sink can never take the records.
        """
        if self._spill:
            self._empty.clear()
            self._notified.set()
        async with asyncio.TaskGroup() as group:
            for _ in range(self._senders):
                group.create_task(self._send_forever())

    async def drained(self) -> None:
        """Returns when everything that was put has been acknowledged."""
        await self._empty.wait()

    def shelve(self) -> Shelved:
        """After `run` was cancelled: move what is left to disk where there is one, and count it."""
        left = [record for record in (*self._unfinished, *self._waiting) if not record.origin]
        left += self._refused
        for queue in (self._unfinished, self._waiting, self._refused):
            queue.clear()
        homeless: list[Record] = []
        spill = self._spill
        for record in left:
            try:
                if spill is None:
                    raise OSError("no spill directory is set")
                spill.append(record)
            except OSError:
                homeless.append(record)
        records = trades = 0
        if spill is not None:
            spill.close()
            homeless += spill.returned
            spill.returned.clear()
            records, trades = spill.remaining()
        return Shelved(
            homeless=len(homeless),
            homeless_trades=sum(record.count for record in homeless),
            on_disk=records,
            on_disk_trades=trades,
        )

    def _keep(self, record: Record) -> None:
        self._waiting.append(record)
        self._memory += len(record.data) + _OVERHEAD

    def _spill_refused(self) -> None:
        """Hand the disk what it is to take, in order."""
        spill, refused = self._spill, self._refused
        while spill is not None and refused:
            try:
                spill.append(refused[0])
            except OSError as error:
                self._warn("cannot spill to disk (%s): keeping records in memory, reading stops", error)
                return
            finally:
                self._take_back(spill)
            record = refused.popleft()
            self._memory -= len(record.data) + _OVERHEAD

    def _take_back(self, spill: Spill) -> None:
        """What the disk had accepted and did not keep waits in memory, before what came later."""
        for record in spill.returned:
            self._keep(record)
        spill.returned.clear()

    def _take(self) -> list[Record]:
        """The next batch, within the sink's limits; empty when nothing waits."""
        spill = self._spill
        if not self._waiting and spill is not None:
            for record in spill.load() if spill else ():
                self._keep(record)
            self._take_back(spill)
            if not self._waiting and not spill:
                self._waiting, self._refused = self._refused, self._waiting
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
                if self._spill:  # a segment could not be read, or held nothing
                    await asyncio.sleep(_READ_PAUSE)
                    continue
                if not self._in_flight:
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
        self._stats.sent_records += 1
        self._stats.sent_bytes += len(record.data)
        self._stats.delivered()
        if self._timed:
            self._stats.delivery.add((now() - record.received_at) / 1e6, max(record.count, 1))
        self._on_acknowledged(record)

    def _update(self) -> None:
        stats, spill = self._stats, self._spill
        stats.queued_records = len(self._waiting) + len(self._refused) + self._in_flight
        if not stats.queued_records and not spill:
            stats.delivered()
        if not spill and (not stats.queued_records or stats.undelivered < _BEHIND):
            self.caught_up_at = now()
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
        moment = monotonic()
        if moment - self._warned >= 5:
            self._warned = moment
            log.warning(message, *arguments)
