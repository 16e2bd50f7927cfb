"""Gaps that were recorded earlier, asked for once more: what the exchanges still have goes where trades go."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stream.backoff import Backoff
from stream.config import Config
from stream.errors import SinkUnavailable
from stream.exchanges import exchange_named
from stream.exchanges.base import Gap
from stream.http import HttpClient
from stream.intake import Intake
from stream.ledger import Run, Runs
from stream.outbox import Outbox
from stream.repair import Repairer
from stream.rest import RestClient
from stream.sinks.base import Sink
from stream.sinks.open import open_sink
from stream.stats import Stats

Market = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refilled:
    """What became of a market's recorded gaps; trades, but for `spans`: spans of time read again.

    `written`: found and delivered. `denied`: the exchange's history was read and does not have them. `open`: nobody
    could tell, because of `reason`.
    """

    exchange: str
    symbol: str
    wanted: int
    spans: int
    written: int
    denied: int
    open: int
    reason: str


async def refill(
    wanted: Mapping[Market, Sequence[Gap]],
    config: Config,
    *,
    seen: Mapping[Market, Iterable[int]] | None = None,
    sink: Sink | None = None,
) -> list[Refilled]:
    """Fetch, deliver and account for gaps of any exchanges.

    `seen`: ids that are recorded already, of markets whose ids prove nothing; without them a span is written
    again whole, which the queries see as copies.

    Raises:
        SinkRefused: nothing could ever be written.
        SinkUnavailable: it took nothing.
        ConfigError: a setting cannot work.
    """
    stats = Stats()
    http = HttpClient(config.rest_timeout)
    target = sink if sink is not None else open_sink(config, stats)
    await target.open()
    outbox = Outbox(
        target,
        stats,
        memory=config.buffer_bytes,
        spill=None,
        senders=config.senders,
        backoff=lambda: Backoff(config.backoff, config.backoff_limit),
        on_acknowledged=lambda record: None,
        timed=False,
    )
    delivery = asyncio.create_task(outbox.run())
    by_exchange: dict[str, dict[str, Sequence[Gap]]] = defaultdict(dict)
    for (exchange, symbol), gaps in wanted.items():
        by_exchange[exchange][symbol] = gaps
    try:
        work = asyncio.gather(
            *(
                _exchange(name, markets, config, stats, http, outbox, seen or {})
                for name, markets in by_exchange.items()
            )
        )
        await asyncio.wait((work, delivery), return_when=asyncio.FIRST_COMPLETED)
        if delivery.done():
            work.cancel()
            delivery.result()
        found = await work
        drained = asyncio.create_task(outbox.drained())
        await asyncio.wait(
            (drained, delivery), timeout=config.stop_timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if delivery.done():
            delivery.result()
        if not drained.done():
            drained.cancel()
            raise SinkUnavailable(f"the sink took nothing for {config.stop_timeout:g} s")
        return [line for lines in found for line in lines]
    finally:
        delivery.cancel()
        await asyncio.wait((delivery,))
        await target.close()
        await http.close()


async def _exchange(
    name: str,
    markets: Mapping[str, Sequence[Gap]],
    config: Config,
    stats: Stats,
    http: HttpClient,
    outbox: Outbox,
    seen: Mapping[Market, Iterable[int]],
) -> list[Refilled]:
    exchange = exchange_named(name)
    rest = RestClient(
        http,
        config.rest_interval or exchange.rest_interval,
        Backoff(config.backoff, config.backoff_limit),
        refused_pause=config.refused_pause,
    )
    found: list[Refilled] = []
    for symbol, gaps in markets.items():
        repairer = Repairer(exchange, config.endpoints_of(name), rest, stats, config, outbox.room)
        intake = Intake(
            name,
            exchange.contiguous_ids,
            stats,
            outbox.put,
            lambda gap: None,
            record_trades=config.record_trades,
            flush_interval=config.flush_interval,
        )
        repairer.intake = intake
        holes = [(gap.first_id, gap.last_id) for gap in gaps if gap.first_id is not None]
        runs = Runs(((a, b) for a, b in holes if a is not None and b is not None), limit=1 << 30)
        if exchange.contiguous_ids:
            intake.open_market(symbol, _around(runs))
        else:
            market = intake.open_market(symbol, floor=-1)
            for trade_id in sorted(seen.get((name, symbol), ())):
                market.ledger.add(trade_id)
        for gap in gaps:
            repairer.put(gap)
        reason = await repairer.sweep()
        intake.flush()
        size = sum(last - first + 1 for first, last in runs)
        written = intake.markets[symbol].stats.trades
        left = repairer.open_trades()
        found.append(
            Refilled(
                exchange=name,
                symbol=symbol,
                wanted=size,
                spans=sum(gap.first_id is None for gap in gaps),
                written=written,
                denied=max(0, size - written - left) if exchange.contiguous_ids else 0,
                open=left,
                reason=reason,
            )
        )
    return found


def _around(holes: Runs) -> list[Run]:
    """Everything around the holes counts as seen."""
    runs: list[Run] = []
    edge: int | None = None
    for first, last in holes:
        runs.append((first - 1 if edge is None else edge, first - 1))
        edge = last + 1
    if edge is not None:
        runs.append((edge, edge))
    return runs
