"""The producer: feeds, repairs, records, sink and checkpoint of one process, from start to an orderly stop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from stream.backoff import Backoff
from stream.checkpoint import (
    MARGIN,
    CheckpointStore,
    FileCheckpoint,
    KeptGap,
    MarketState,
    NoCheckpoint,
    Progress,
    State,
    add_seen,
)
from stream.clock import now
from stream.config import Config
from stream.errors import ConfigError, StreamError
from stream.exchanges import exchange_named
from stream.exchanges.base import Gap
from stream.feed import Feed
from stream.health import serve_health
from stream.http import HttpClient
from stream.intake import Intake, Market
from stream.ledger import Runs, WindowLedger
from stream.metrics import MetricLines
from stream.outbox import Outbox
from stream.plausible import sound_runs
from stream.record import Record
from stream.repair import Repairer
from stream.rest import RestClient
from stream.sinks.base import Sink
from stream.sinks.directory import DirectorySink
from stream.sinks.open import open_sink
from stream.spill import Spill
from stream.stats import Snapshot, Stats

log = logging.getLogger(__name__)
_STALLED = 60_000_000  # µs behind that no pause of the sink explains
_UNRECORDED = 30 * 86_400_000_000  # µs that a market may have gone on without us


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    `lost` counts records that were accepted but neither delivered nor kept on a disk that outlives the process;
    `on_disk` those that the next start finds there.
    """

    snapshot: Snapshot
    lost: int
    on_disk: int = 0


class Producer:
    """One run. Use `run()`; `snapshot()` may be called at any time from the same event loop."""

    def __init__(
        self, config: Config, *, sink: Sink | None = None, checkpoint: CheckpointStore | None = None
    ) -> None:
        self.config = config
        self.stats = Stats()
        self.health_url = ""
        self.ready = asyncio.Event()
        self._sink = sink
        self._checkpoint = checkpoint
        self._stopping = asyncio.Event()
        self._intakes: list[Intake] = []
        self._repairers: dict[str, Repairer] = {}
        self._progress = Progress(State(), {})

    def stop(self) -> None:
        """Begin the orderly stop: what was accepted is delivered within `stop_timeout`; safe to call twice."""
        self._stopping.set()

    def snapshot(self) -> Snapshot:
        return self.stats.snapshot()

    async def run(self) -> Outcome:
        """Record until `stop()`.

        Cancelling does the orderly
        stop too.

        Raises:
            SinkRefused: nothing could be recorded at all.
            ConfigError: nothing could be recorded at all.
        """
        config = self.config
        async with contextlib.AsyncExitStack() as stack:
            http = HttpClient(config.rest_timeout)
            stack.push_async_callback(http.close)
            sink = self._sink if self._sink is not None else open_sink(config, self.stats)
            await sink.open()
            stack.push_async_callback(sink.close)
            store = self._checkpoint if self._checkpoint is not None else open_checkpoint(config)
            state = await store.load()
            contiguous = {name: exchange_named(name).contiguous_ids for name in config.exchanges}
            self._progress = Progress(state, contiguous)
            if isinstance(sink, DirectorySink):
                for record in sink.stored():
                    self._progress.acknowledged(record)
            spill = open_spill(config, self.stats)
            self._outbox = outbox = Outbox(
                sink,
                self.stats,
                memory=config.buffer_bytes,
                spill=spill,
                senders=config.senders,
                backoff=lambda: Backoff(config.backoff, config.backoff_limit),
                on_acknowledged=self._progress.acknowledged,
            )
            seen = self._progress.state()
            for record in spill.left_behind() if spill is not None else ():
                add_seen(seen, record)
            feeds = [self._feed(name, seen, http, outbox) for name in config.exchanges]
            if config.health_port >= 0:
                self.health_url = await stack.enter_async_context(serve_health(config, self.stats))
                log.info("health at %s", self.health_url)
            delivery = asyncio.create_task(outbox.run())
            background = [
                *(asyncio.create_task(feed.run()) for feed in feeds),
                *(asyncio.create_task(repairer.run()) for repairer in self._repairers.values()),
                asyncio.create_task(self._save_regularly(store)),
            ]
            metrics = MetricLines(config, self.stats)
            if config.metrics_interval:
                background.append(asyncio.create_task(metrics.run()))
            stopping = asyncio.create_task(self._stopping.wait())
            self.ready.set()
            try:
                await asyncio.wait((stopping, delivery, *background), return_when=asyncio.FIRST_COMPLETED)
            finally:
                lost, on_disk = await asyncio.shield(
                    asyncio.ensure_future(self._shut_down(background, delivery, outbox, store))
                )
                stopping.cancel()
                final = self.stats.snapshot()
                if config.metrics_interval:
                    metrics.emit()  # what the stop itself delivered is counted too
            for task in (delivery, *background):
                if task.done() and not task.cancelled() and (error := task.exception()):
                    raise _first(error)
            return Outcome(final, lost, on_disk)

    def _feed(self, name: str, state: State, http: HttpClient, outbox: Outbox) -> Feed:
        config, exchange = self.config, exchange_named(name)
        endpoints = config.endpoints_of(name)
        rest = RestClient(
            http,
            config.rest_interval or exchange.rest_interval,
            Backoff(config.backoff, config.backoff_limit),
            refused_pause=config.refused_pause,
            on_refusal=lambda host, status: feed.refusal(host, status),
        )
        repairer = Repairer(exchange, endpoints, rest, self.stats, config, outbox.room)
        intake = Intake(
            name,
            exchange.contiguous_ids,
            self.stats,
            outbox.put,
            repairer.put,
            record_trades=config.record_trades,
            flush_interval=config.flush_interval,
            on_reset=lambda symbol: self._progress.forget(f"{name}/{symbol}"),
        )
        repairer.intake = intake
        self.stats.exchange(name)
        for symbol in config.markets_of(name):
            kept = state.markets.get(f"{name}/{symbol}")
            if kept is None:
                intake.open_market(symbol)
                continue
            kept.runs = sound_runs(kept.runs, _UNRECORDED)
            back = 0 if exchange.contiguous_ids else MARGIN
            intake.open_market(symbol, kept.runs, max(kept.traded_at - back, 1), kept.floor)
            for gap in open_gaps(symbol, kept, contiguous=exchange.contiguous_ids):
                repairer.put(gap)
        self._intakes.append(intake)
        self._repairers[name] = repairer
        feed = Feed(exchange, endpoints, intake, repairer, self.stats, config, outbox.room)
        return feed

    async def _save_regularly(self, store: CheckpointStore) -> None:
        while True:
            await asyncio.sleep(self.config.checkpoint_interval)
            await self._save(store)

    async def _save(self, store: CheckpointStore) -> None:
        progress = self._progress
        for intake in self._intakes:
            for market in intake.markets.values():
                name = f"{intake.exchange}/{market.symbol}"
                if isinstance(market.ledger, WindowLedger) and market.ledger.floor is not None:
                    progress.floors.setdefault(name, market.ledger.floor)
                gaps = self._repairers[intake.exchange].kept(market.symbol)
                progress.keep_gaps(name, [*gaps, *self._undelivered(intake, market)])
        if not progress.dirty:
            return
        progress.dirty, saved = False, False
        try:
            await store.save(progress.state())
            saved = True
        except (OSError, StreamError) as error:
            log.error("the checkpoint was not saved, will retry: %s", error)
        finally:  # the stop may cancel a save that is under way, and then does its own
            progress.dirty = progress.dirty or not saved

    def _undelivered(self, intake: Intake, market: Market) -> Iterator[KeptGap]:
        """Where ids prove nothing, the span of time that waits to be delivered: the next start reads it again."""
        behind = now() - self._outbox.caught_up_at
        if not intake.contiguous and market.traded_at and behind > _STALLED:
            since = market.exchange_time(self._outbox.caught_up_at) - MARGIN
            # Whole minutes, so that a stall doesn't write the checkpoint anew every time.
            until = market.exchange_time(now()) // 60_000_000 * 60_000_000 + 60_000_000
            yield KeptGap(None, None, since, until)

    async def _shut_down(
        self,
        background: list[asyncio.Task[None]],
        delivery: asyncio.Task[None],
        outbox: Outbox,
        store: CheckpointStore,
    ) -> tuple[int, int]:
        """Stop reading, deliver what was accepted, shelve the rest. Returns (records lost, records on disk)."""
        for task in background:
            task.cancel()
        await asyncio.wait(background)
        for repairer in self._repairers.values():
            repairer.abandon()
        for intake in self._intakes:
            intake.flush()
        drained = asyncio.create_task(outbox.drained())
        await asyncio.wait(
            (drained, delivery), timeout=self.config.stop_timeout, return_when=asyncio.FIRST_COMPLETED
        )
        drained.cancel()
        delivery.cancel()
        await asyncio.wait((delivery,))
        left = outbox.shelve()
        lost, trades = left.homeless, left.homeless_trades
        if left.on_disk and self.config.spill_kept:
            log.warning(
                "%d records (%d trades) are left on disk in %s: the next start delivers them",
                left.on_disk,
                left.on_disk_trades,
                self.config.spill_directory,
            )
        elif left.on_disk:
            lost, trades = lost + left.on_disk, trades + left.on_disk_trades
        if lost:
            self.stats.left_behind += trades
            log.critical(
                "%d records (%d trades) were not delivered within %g s and are lost, %d of them on a disk that goes"
                " with this process: the next start asks the exchanges for them",
                lost,
                trades,
                self.config.stop_timeout,
                0 if self.config.spill_kept else left.on_disk,
            )
        await self._save(store)
        return lost, 0 if lost and not self.config.spill_kept else left.on_disk


def open_checkpoint(config: Config) -> CheckpointStore:
    """The store that the configuration names; a directory sink keeps its own checkpoint beside the data."""
    where = config.checkpoint
    if where.startswith("s3://"):
        from stream.s3_checkpoint import S3Checkpoint

        return S3Checkpoint(where)
    if where:
        return FileCheckpoint(Path(where))
    if config.sink not in ("kinesis", "stdout"):
        return FileCheckpoint(Path(config.sink) / ".checkpoint.json")
    return NoCheckpoint()


def open_spill(config: Config, stats: Stats) -> Spill | None:
    """The disk queue that the configuration names.

    Raises:
        ConfigError: the folder can't be used.
    """
    if not config.spill_directory:
        return None

    def lost(trades: int) -> None:
        stats.spill_lost += trades

    try:
        return Spill(Path(config.spill_directory), config.spill_bytes, on_lost=lost)
    except BlockingIOError:
        reason = f"another producer waits with its records in {config.spill_directory}"
        raise ConfigError("spill_directory", reason) from None
    except OSError as error:
        raise ConfigError("spill_directory", f"{config.spill_directory}: {error.strerror}") from None


async def run(config: Config) -> Outcome:
    """Record until cancelled; see `Producer` for a run that can be watched and stopped."""
    return await Producer(config).run()


@contextlib.asynccontextmanager
async def running(producer: Producer) -> AsyncIterator[Producer]:
    """A producer in the background of a block, stopped in order at its end; its failure is raised."""
    task = asyncio.create_task(producer.run())
    ready = asyncio.create_task(producer.ready.wait())
    await asyncio.wait((task, ready), return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if task.done():
        task.result()
    try:
        yield producer
    finally:
        producer.stop()
        await task


def open_gaps(symbol: str, kept: MarketState, *, contiguous: bool) -> Iterator[Gap]:
    """What an earlier life looked for in vain, and what it had accepted but not delivered before later trades."""
    known: dict[tuple[int | None, int | None], KeptGap] = {
        (gap.first_id, gap.last_id): gap for gap in kept.gaps
    }
    for gap in kept.gaps:
        if (gap.first_id is None) != contiguous:
            yield Gap(
                symbol=symbol, first_id=gap.first_id, last_id=gap.last_id, since=gap.since, until=gap.until
            )
    if contiguous:
        since = max(kept.traded_at - MARGIN, 0)
        spans = Runs(
            ((first, last) for first, last in known if first is not None and last is not None), 1 << 30
        )
        for (_, before), (after, _) in itertools.pairwise(kept.runs):
            for first, last in spans.missing(before + 1, after - 1):
                yield Gap(symbol=symbol, first_id=first, last_id=last, since=since, until=kept.traded_at)


def _first(error: BaseException) -> BaseException:
    """The first real error inside nested exception groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


__all__ = ["Outcome", "Producer", "Record", "open_checkpoint", "open_spill", "run", "running"]
