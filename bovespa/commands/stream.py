"""`bovespa stream`: record trades from the exchanges by hand, or replay recorded sessions."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click
from rich.console import Console
from rich.live import Live
from rich.logging import RichHandler
from rich.table import Table

from bovespa.commands.stream_options import AS_JSON, KINESIS_STREAM, TO, endpoints_of, user_errors
from bovespa.commands.stream_page import page_command
from bovespa.commands.stream_repair import repair_command
from bovespa.commands.stream_watch import watch_command
from bovespa.errors import UserError
from bovespa.recordings.replay import Replay
from stream.config import Config, from_environment
from stream.exchanges import EXCHANGES
from stream.producer import Outcome, Producer
from stream.stats import Snapshot
from stream.trade import iso

_REFRESH = 0.5  # seconds
_T = TypeVar("_T")


class Runner(Protocol):
    """A producer or a replay."""

    def snapshot(self) -> Snapshot: ...

    def stop(self) -> None: ...


@click.group()
def stream() -> None:
    """Bitcoin trades: record them live, or replay recorded sessions.

    Settings that have no option here come from STREAM_… variables (`python -m stream --help` lists them).
    """


stream.add_command(page_command)
stream.add_command(repair_command)
stream.add_command(watch_command)


@stream.command("run")
@click.option(
    "--exchange",
    default=None,
    help=f"Comma-separated, of {', '.join(EXCHANGES)}. [default: binance,coinbase]",
)
@click.option("--symbol", default=None, help="Comma-separated markets. [default: BTC-USD]")
@TO
@KINESIS_STREAM
@click.option(
    "--flush-interval", type=float, default=None, help="Seconds that a record may fill. [default: 1]"
)
@click.option("--checkpoint", default=None, help="Where progress is kept: a file or s3://bucket/key.")
@click.option("--spill", default=None, metavar="DIR", help="Where records wait when the sink stalls.")
@click.option(
    "--endpoints", default=None, metavar="JSON", help="Other addresses, as the simulator prints them."
)
@click.option(
    "--health-port",
    type=int,
    default=0,
    help="Of the endpoint that `stream watch` asks. [default: a free one]",
)
@click.option("--for", "seconds", type=float, default=None, help="Stop after so many seconds.")
@AS_JSON
def run_command(
    exchange: str | None,
    symbol: str | None,
    sink: str | None,
    kinesis_stream: str | None,
    flush_interval: float | None,
    checkpoint: str | None,
    spill: str | None,
    endpoints: str | None,
    health_port: int,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Record until interrupted; then deliver what was accepted, and end."""
    options: dict[str, Any] = {
        "exchanges": _split(exchange),
        "symbols": _split(symbol),
        "sink": sink,
        "kinesis_stream": kinesis_stream,
        "flush_interval": flush_interval,
        "checkpoint": checkpoint,
        "spill_directory": spill,
        "endpoints": endpoints_of(endpoints),
        "health_port": health_port,
        "metrics_interval": 0.0,
    }
    with user_errors():
        config = from_environment(**{name: value for name, value in options.items() if value is not None})
        outcome = asyncio.run(_record(config, seconds))
    _finish(outcome.snapshot, as_json, to_stdout=config.sink == "stdout")
    if outcome.lost:
        raise UserError(
            f"{outcome.lost} records were not delivered in {config.stop_timeout:g} s; --spill DIR keeps them"
        )
    if outcome.on_disk:
        click.echo(
            f"{outcome.on_disk} records wait in {config.spill_directory}: run again with the same --spill",
            err=True,
        )


@stream.command("replay")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--speed",
    type=click.Choice(["recorded", "full"]),
    default="full",
    show_default=True,
    help="As it was recorded, or as fast as it goes.",
)
@click.option("--symbol", default=None, help="Only these markets, comma-separated. [default: all]")
@TO
@KINESIS_STREAM
@AS_JSON
def replay_command(
    files: tuple[Path, ...],
    speed: str,
    symbol: str | None,
    sink: str | None,
    kinesis_stream: str | None,
    as_json: bool,
) -> None:
    """Feed recorded sessions through the producer's own code.

    Read are: lines of '<time> <raw frame>' or '<time>: <raw frame>' (hftbacktest's and cryptofeed's raw files),
    one raw JSON frame a line, cryptofeed's recorded sessions, and Kraken's REST Trades answer; each plain or
    compressed with gzip, zstd or bzip2. The exchange is told by the frames.
    """
    options: dict[str, Any] = {"sink": sink, "kinesis_stream": kinesis_stream}
    with user_errors():
        config = from_environment(**{name: value for name, value in options.items() if value is not None})
        replay = Replay(files, config, recorded_speed=speed == "recorded", symbols=_split(symbol) or ())
        shown = asyncio.run(_watched(replay, replay.run))
    _finish(shown, as_json, to_stdout=config.sink == "stdout")


async def _record(config: Config, seconds: float | None) -> Outcome:
    producer = Producer(config)
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, producer.stop)
    return await _watched(producer, producer.run)


async def _watched(runner: Runner, run: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run with a live table on a terminal, plain log lines elsewhere; signals begin the orderly stop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runner.stop)
    console = Console(stderr=True)
    if not console.is_terminal:
        _log_to(logging.StreamHandler(sys.stderr))
        return await run()
    _log_to(RichHandler(console=console, show_path=False))
    with Live(live_table(runner.snapshot()), console=console, refresh_per_second=4) as live:
        task = asyncio.create_task(run())
        while not task.done():
            await asyncio.wait((task,), timeout=_REFRESH)
            live.update(live_table(runner.snapshot()))
        return task.result()


def live_table(shown: Snapshot, title: str = "Trades") -> Table:
    """What a terminal shows of a running producer: a row per market, the whole in the caption."""
    table = Table(title=title, title_justify="left", caption=_caption(shown), caption_justify="left")
    for column in ("exchange", "market", "last price", "side", "traded at", "trades"):
        table.add_column(column, justify="right" if column in ("last price", "trades") else "left")
    for (exchange, symbol), market in sorted(shown.markets.items()):
        at = iso(market.traded_at)[11:23] if market.traded_at else "-"
        table.add_row(exchange, symbol, market.last_price or "-", market.last_side, at, f"{market.trades:,}")
    return table


def _caption(shown: Snapshot) -> str:
    waiting = (shown.queued_bytes + shown.spilled_bytes) / 1e6
    return (
        f"{shown.rate:,.0f} trades/s, {shown.trades:,} in {shown.uptime:,.0f} s, "
        f"{shown.acknowledged:,} delivered; lag p50/p99 {_milliseconds(shown.lag_p50, shown.lag_p99)}, "
        f"delivery {_milliseconds(shown.delivery_p50, shown.delivery_p99)}; "
        f"gaps {shown.gaps} ({shown.repaired} of {shown.missing} trades repaired), "
        f"{shown.duplicates} duplicates dropped; {shown.queued_records} records ({waiting:,.1f} MB) wait"
        f"{'; reading is paused' if shown.paused else ''}"
    )


def _milliseconds(*seconds: float | None) -> str:
    return "/".join("-" if value is None else f"{value * 1000:,.0f}" for value in seconds) + " ms"


def summary(shown: Snapshot) -> dict[str, Any]:
    """A finished run as a JSON document."""
    document = dataclasses.asdict(shown)
    document["markets"] = [
        {
            "exchange": exchange,
            "symbol": symbol,
            "trades": market.trades,
            "last_price": market.last_price,
            "traded_at": iso(market.traded_at) if market.traded_at else None,
        }
        for (exchange, symbol), market in sorted(shown.markets.items())
    ]
    return document


def _finish(shown: Snapshot, as_json: bool, *, to_stdout: bool) -> None:
    if as_json:
        click.echo(json.dumps(summary(shown)), err=to_stdout)
    else:
        Console(stderr=to_stdout).print(live_table(shown, time.strftime("Ended %H:%M:%S")))


def _log_to(handler: logging.Handler) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler], force=True)
    logging.getLogger("websockets").setLevel(logging.WARNING)


def _split(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())
