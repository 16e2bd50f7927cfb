"""The producer:

feeds, repairs, records, sink and checkpoint of one process, from start to an orderly stop.
"""

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
from stream.config import Config
from stream.errors import StreamError
from stream.exchanges import exchange_named
from stream.exchanges.base import Gap
from stream.feed import Feed
from stream.health import serve_health
from stream.http import HttpClient
from stream.intake import Intake
from stream.ledger import Runs, WindowLedger
from stream.metrics import MetricLines
from stream.outbox import Outbox
from stream.record import Record
from stream.repair import Repairer
from stream.rest import RestClient
from stream.sinks.base import Sink
from stream.sinks.directory import DirectorySink
from stream.sinks.open import open_sink
from stream.spill import Spill
from stream.stats import Snapshot, Stats

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `lost` counts records that were accepted but neither delivered nor kept on disk."""

    snapshot: Snapshot
    lost: int


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
        """Begin the orderly stop:

        what was accepted is delivered within `stop_timeout`. Safe to call twice.
        """
        self._stopping.set()

    def snapshot(self) -> Snapshot:
        return self.stats.snapshot()

    async def run(self) -> Outcome:
        """Record until `stop()`.

        Raises SinkRefused or ConfigError when nothing could be recorded at all. Cancelling does the orderly
        stop too.
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
            spill = (
                Spill(Path(config.spill_directory), config.spill_bytes) if config.spill_directory else None
            )
            outbox = Outbox(
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
                lost = await asyncio.shield(
                    asyncio.ensure_future(self._shut_down(background, delivery, outbox, store))
                )
                stopping.cancel()
                final = self.stats.snapshot()
                if config.metrics_interval:
                    metrics.emit()  # what the stop itself delivered is counted too
            for task in (delivery, *background):
                if task.done() and not task.cancelled() and (error := task.exception()):
                    raise _first(error)
            return Outcome(final, lost)

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
                progress.keep_gaps(name, self._repairers[intake.exchange].kept(market.symbol))
        if not progress.dirty:
            return
        progress.dirty = False
        try:
            await store.save(self._progress.state())
        except (OSError, StreamError) as error:
            self._progress.dirty = True
            log.error("the checkpoint was not saved, will retry: %s", error)

    async def _shut_down(
        self,
        background: list[asyncio.Task[None]],
        delivery: asyncio.Task[None],
        outbox: Outbox,
        store: CheckpointStore,
    ) -> int:
        """Stop reading, deliver what was accepted, shelve the rest. Returns records that have no home."""
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
        lost = outbox.shelve()
        if lost:
            log.critical("%d records were not delivered before the stop time-out and are lost", lost)
        await self._save(store)
        return lost


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


__all__ = ["Outcome", "Producer", "Record", "open_checkpoint", "run", "running"]
