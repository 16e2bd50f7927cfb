"""Recorded sessions through the producer's own code: decoder, intake, records, outbox, sink.

The oldest session comes first, each at its own pace. Receive times are the recording's. There is nobody to
ask for missing trades, so holes in the ids become gap events at the end, once everything that came late has
come.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from bovespa.recordings.recording import Frame, Recording, open_recording
from stream.backoff import Backoff
from stream.config import Config
from stream.errors import FrameError, RecordingError
from stream.exchanges import exchange_named
from stream.exchanges.base import UNREADABLE, Gap, Session
from stream.exchanges.kraken import decode_rest
from stream.intake import Intake
from stream.outbox import Outbox
from stream.producer import open_spill
from stream.sinks.base import Sink
from stream.sinks.open import open_sink
from stream.stats import Snapshot, Stats
from stream.trade import iso

log = logging.getLogger(__name__)
_PORTION = 256  # frames between two looks at the rest of the program


class Replay:
    """One run over some files. `stats` may be watched meanwhile."""

    def __init__(
        self,
        files: Sequence[Path],
        config: Config,
        *,
        recorded_speed: bool = False,
        symbols: Sequence[str] = (),
        sink: Sink | None = None,
    ) -> None:
        """`symbols` empty: every market in the files.

        Raises:
            RecordingError: a file is no recording.
        """
        self.stats = Stats()
        opened = [open_recording(path) for path in files]
        self._recordings = sorted(opened, key=lambda recording: recording.begins_at)
        self._config = config
        self._recorded_speed = recorded_speed
        self._symbols = symbols
        self._sink = sink
        self._intakes: dict[str, Intake] = {}
        self._holes: list[tuple[Intake, Gap]] = []
        self._stopping = False
        self._begin: tuple[float, int] | None = None

    def stop(self) -> None:
        """End early; what was read is still delivered."""
        self._stopping = True

    def snapshot(self) -> Snapshot:
        return self.stats.snapshot()

    async def run(self) -> Snapshot:
        """Send every trade of the files.

        Everything else in the files is delivered all the same.

        Raises:
            SinkRefused: nothing could ever be written.
            RecordingError: a file ends in mid-stream or holds nothing readable.
        """
        config = self._config
        sink = self._sink if self._sink is not None else open_sink(config, self.stats)
        await sink.open()
        spill = open_spill(config, self.stats)
        outbox = Outbox(
            sink,
            self.stats,
            memory=config.buffer_bytes,
            spill=spill,
            senders=config.senders,
            backoff=lambda: Backoff(config.backoff, config.backoff_limit),
            on_acknowledged=lambda record: None,
            timed=False,
        )
        delivery = asyncio.create_task(outbox.run())
        reading = asyncio.create_task(self._read_all(outbox))
        try:
            await asyncio.wait((reading, delivery), return_when=asyncio.FIRST_COMPLETED)
            drained = asyncio.create_task(outbox.drained())
            await asyncio.wait((drained, delivery), return_when=asyncio.FIRST_COMPLETED)
            drained.cancel()
            if delivery.done():
                reading.cancel()
                delivery.result()
            reading.result()
        except* Exception as group:  # TaskGroups nest what one cause raised
            error: BaseException = group
            while isinstance(error, BaseExceptionGroup):
                error = error.exceptions[0]
            raise error from None
        finally:
            for task in (reading, delivery):
                task.cancel()
            await asyncio.wait((reading, delivery))
            outbox.shelve()
            await sink.close()
        return self.stats.snapshot()

    async def _read_all(self, outbox: Outbox) -> None:
        errors: list[RecordingError] = []
        try:
            for recording in self._recordings:
                try:
                    await self._read(recording, outbox)
                except RecordingError as error:
                    errors.append(error)
        finally:
            for intake, gap in self._holes:
                if gap.first_id is None or gap.last_id is None:
                    continue
                for hole in intake.missing(gap.symbol, gap.first_id, gap.last_id):
                    intake.record_gap(gap.symbol, hole, gap.since, gap.until, "not in the recording")
            for intake in self._intakes.values():
                intake.flush()
        for other in errors[1:]:
            log.error("%s", other)
        if errors:
            raise errors[0]

    async def _read(self, recording: Recording, outbox: Outbox) -> None:
        intake = self._intake(recording.exchange, outbox)
        exchange = exchange_named(recording.exchange)
        sessions: dict[str, Session] = {}
        stats = self.stats
        others, bad, before = stats.other_frames, stats.bad_frames, stats.trades + stats.duplicates
        self._begin = None
        number = -1
        for number, frame in enumerate(recording.frames):
            if self._stopping:
                return
            if self._recorded_speed:
                await self._wait_for(frame)
            elif not number % _PORTION:
                await asyncio.sleep(0)
            if not outbox.has_room:
                await outbox.room()
            if frame.opened or frame.connection not in sessions:
                sessions[frame.connection] = exchange.session()
            self._take(recording, frame, sessions[frame.connection], intake)
        found = stats.trades + stats.duplicates - before
        damaged = stats.bad_frames - bad
        if damaged and damaged == number + 1 and not found:
            raise RecordingError(recording.path, 0, f"none of its {damaged} frames can be read")
        wanted = f" of {', '.join(self._symbols)}" if self._symbols else ""
        log.log(
            logging.INFO if found else logging.WARNING,
            "%s (%s): %s trades%s in %d frames; %d hold no trade, %d are damaged",
            recording.path,
            recording.exchange,
            found or "no",
            wanted,
            number + 1,
            stats.other_frames - others,
            damaged,
        )

    def _take(self, recording: Recording, frame: Frame, session: Session, intake: Intake) -> None:
        try:
            if frame.damage:
                raise FrameError(recording.exchange, frame.damage, frame.payload)
            if recording.rest_symbol:
                trades, _ = decode_rest(frame.payload, recording.rest_symbol, frame.received_at)
            else:
                trades = list(session.decode(frame.payload, frame.received_at))
            self.stats.other_frames += not trades
        except UNREADABLE as error:
            bad = FrameError(recording.exchange, str(error), frame.payload)
            bad = error if isinstance(error, FrameError) else bad
            self.stats.bad_frames += 1
            if self.stats.bad_frames <= 20:
                log.error("bad frame in %s: %s", recording.path, bad)
            trades = list(bad.trades)
        session.messages.clear()
        if self._symbols:
            trades = [trade for trade in trades if trade.symbol in self._symbols]
        if trades:
            intake.accept(trades, iso(frame.received_at))

    def _intake(self, name: str, outbox: Outbox) -> Intake:
        intake = self._intakes.get(name)
        if intake is None:
            intake = self._intakes[name] = Intake(
                name,
                exchange_named(name).contiguous_ids,
                self.stats,
                outbox.put,
                lambda gap: self._holes.append((self._intakes[name], gap)),
                record_trades=self._config.record_trades,
                flush_interval=self._config.flush_interval,
                open_new=True,
            )
        return intake

    async def _wait_for(self, frame: Frame) -> None:
        if self._begin is None:
            self._begin = (time.monotonic(), frame.received_at)
        started, first = self._begin
        while not self._stopping:
            left = started + (frame.received_at - first) / 1e6 - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, 0.2))
