"""`bovespa stream watch`: what a running producer does, from its health endpoint."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal

import click
import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from bovespa.costs.model import Traffic, transport_day
from bovespa.errors import UserError
from stream.health import read_report
from stream.http import HttpClient, HttpError
from stream.stats import MarketStats, Snapshot

_TIMEOUT = 5.0
_DAY = 86_400
_GIVE_UP = 30.0  # seconds without an answer


class Watch:
    """Each market's rate, from two looks at a producer."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, str], tuple[float, int]] = {}
        self._rates: dict[tuple[str, str], float] = {}

    def table(self, shown: Snapshot, moment: float, wall: float) -> Table:
        """A row per market; ``moment`` is of a clock that only goes on, ``wall`` Unix time, both in seconds."""
        table = Table(
            title=_title(shown), title_justify="left", caption=_caption(shown), caption_justify="left"
        )
        for column in (
            "exchange",
            "market",
            "price",
            "spread",
            "trades/s",
            "trades",
            "last",
            "lag",
            "open gaps",
            "",
        ):
            table.add_column(column, justify="left" if column in ("exchange", "market", "") else "right")
        lowest = _lowest(shown)
        for key, market in sorted(shown.markets.items()):
            exchange, symbol = key
            known = shown.exchanges.get(exchange)
            age = wall - market.received_at / 1e6 if market.received_at else None
            refused = (
                ", ".join(f"{host} refuses: {status}" for host, status in known.refused.items())
                if known
                else ""
            )
            connected = known.connections if known else 0
            table.add_row(
                exchange,
                symbol,
                market.last_price or "-",
                _spread(market, lowest.get(_quote(symbol))),
                f"{self._rate(key, market, moment):,.1f}",
                f"{market.trades:,}",
                "-" if age is None else f"{max(age, 0):,.0f} s",
                _lag(market),
                f"{known.open_trades:,} in {known.open_gaps}" if known and known.open_gaps else "0",
                refused or ("" if connected else "not connected"),
            )
        return table

    def _rate(self, key: tuple[str, str], market: MarketStats, moment: float) -> float:
        at, trades = self._before.get(key, (moment, market.trades))
        if moment - at >= 1 or key not in self._before:
            self._rates[key] = (market.trades - trades) / (moment - at) if moment > at else 0.0
            self._before[key] = (moment, market.trades)
        return self._rates.get(key, 0.0)


@click.command("watch")
@click.option(
    "--url",
    default="http://127.0.0.1:8080/",
    show_default=True,
    help="The producer's health endpoint; `stream run` and the task log its address.",
)
@click.option("--every", type=click.FloatRange(0.2, 3600), default=1.0, show_default=True, help="Seconds.")
@click.option("--once", is_flag=True, help="Show one moment, and end.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document of one moment.")
def watch_command(url: str, every: float, once: bool, as_json: bool) -> None:
    """Watch a running producer: price, spread, rate, lag, gaps, and what it costs.

    On AWS the task answers on its own loopback only: see the stack's export streamDashboard.
    """
    try:
        asyncio.run(_watch(url, every, once=once, as_json=as_json))
    except HttpError as error:
        raise UserError(
            f"no producer answers: {error}; start one with `bovespa stream run --health-port 8080`"
        ) from None
    except msgspec.MsgspecError as error:
        raise UserError(f"{url} is no producer's health endpoint: {error}") from None


async def _watch(url: str, every: float, *, once: bool, as_json: bool) -> None:
    http = HttpClient(_TIMEOUT)
    try:
        body = (await http.request("GET", url)).body
        shown = read_report(body)
        if as_json:
            click.echo(json.dumps(json.loads(body)))
            return
        watch = Watch()
        console = Console()
        first = watch.table(shown, time.monotonic(), time.time())
        if once or not console.is_terminal:
            console.print(first)
            return
        await _live(watch, http, url, every, first, console)
    finally:
        await http.close()


async def _live(
    watch: Watch, http: HttpClient, url: str, every: float, first: Table, console: Console
) -> None:
    answered = time.monotonic()
    table = first
    with Live(first, console=console, refresh_per_second=4) as live:
        while True:
            await asyncio.sleep(every)
            try:
                shown = read_report((await http.request("GET", url)).body)
            except HttpError as error:
                if time.monotonic() - answered > _GIVE_UP:
                    raise
                live.update(Group(table, f"no answer: {error}"))
                continue
            answered = time.monotonic()
            table = watch.table(shown, answered, time.time())
            live.update(table)


def _title(shown: Snapshot) -> str:
    rate = f"{shown.rate:,.0f} trades/s"
    return f"Producer, up {shown.uptime / 3600:,.1f} h, {rate}" + (
        "; reading is paused" if shown.paused else ""
    )


def _caption(shown: Snapshot) -> str:
    waiting = (shown.queued_bytes + shown.spilled_bytes) / 1e6
    return (
        f"{shown.acknowledged:,} of {shown.trades:,} trades delivered, {waiting:,.1f} MB wait; "
        f"{shown.missing:,} missed, {shown.repaired:,} repaired, {shown.settled:,} not to be had, {shown.lost:,} lost here; "
        f"{shown.reconnects} reconnects, {shown.bad_frames} bad frames; "
        f"Kinesis and Firehose so far about ${cost(shown):,.4f} (list prices)"
    )


def cost(shown: Snapshot) -> Decimal:
    """Dollars that Kinesis (on demand) and Firehose take for what was sent so far, by the mean record."""
    if not shown.sent_records or not shown.acknowledged:
        return Decimal(0)
    traffic = Traffic(
        rate=1,
        markets=1,
        trade_bytes=max(1, shown.sent_bytes // shown.acknowledged),
        record_trades=max(1, shown.acknowledged // shown.sent_records),
        flush_seconds=Decimal(_DAY),  # the mean record is known: no timer shortens it
    )
    day = transport_day(traffic)
    standing = day.pop("Kinesis: stream") * Decimal(shown.uptime) / _DAY
    return standing + sum(day.values(), Decimal(0)) * shown.acknowledged / _DAY


def _lowest(shown: Snapshot) -> dict[str, Decimal]:
    """The lowest price of each quote currency."""
    found: dict[str, Decimal] = {}
    for (_, symbol), market in shown.markets.items():
        if market.last_price:
            quote, price = _quote(symbol), Decimal(market.last_price)
            found[quote] = min(found.get(quote, price), price)
    return found


def _quote(symbol: str) -> str:
    """Dollars and coins that stand for them are compared, as in the query *Bitcoin: spread entre bolsas*."""
    base, _, quote = symbol.partition("-")
    return f"{base}-{'USD' if quote in ('USDT', 'USDC') else quote}"


def _spread(market: MarketStats, lowest: Decimal | None) -> str:
    if not market.last_price or not lowest:
        return "-"
    return f"{(Decimal(market.last_price) - lowest) * 10_000 / lowest:+.1f} bp"


def _lag(market: MarketStats) -> str:
    if not market.received_at or not market.traded_at:
        return "-"
    return f"{(market.received_at - market.traded_at) / 1000:,.0f} ms"
