"""`bovespa stream repair`: gaps that were recorded, filled from what the exchanges' histories still have."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from bovespa.commands.span import MOMENTS
from bovespa.commands.stream_options import AS_JSON, KINESIS_STREAM, endpoints_of, user_errors
from bovespa.errors import UserError
from bovespa.output import console, print_json
from bovespa.recordings.gaps import gaps_in
from bovespa.target import Target, find_target, stack_option
from bovespa.unanswered import failure, unasked
from lake.athena import QueryFailed
from lake.saved_queries import NoSuchMarket, saved_query
from stream.config import Config, from_environment
from stream.exchanges import EXCHANGES
from stream.exchanges.base import Gap
from stream.refill import Market, Refilled, refill
from stream.trade import parse_iso

_DAYS = 7
_QUERY = "bitcoin_lacunas_abertas"


@click.command("repair")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder that `stream run --to DIR` wrote. [default: the lake, by Athena]",
)
@click.option(
    "--to", "sink", default=None, metavar="kinesis|DIR", help="[default: the folder, or the stack's stream]"
)
@KINESIS_STREAM
@click.option("--since", type=click.DateTime(MOMENTS), help=f"Gaps since (UTC). [default: {_DAYS} days ago]")
@click.option("--exchange", help="Only this exchange.")
@click.option("--symbol", help="Only this market.")
@click.option(
    "--endpoints", default=None, metavar="JSON", help="Other addresses, as the simulator prints them."
)
@click.option("--dry-run", is_flag=True, help="List what is missing, and ask nobody.")
@stack_option
@AS_JSON
def repair_command(
    folder: Path | None,
    sink: str | None,
    kinesis_stream: str | None,
    since: datetime | None,
    exchange: str | None,
    symbol: str | None,
    endpoints: str | None,
    dry_run: bool,
    stack: str | None,
    as_json: bool,
) -> None:
    """Fill recorded gaps from the exchanges' own histories.

    What an exchange denies is recorded as settled, and not asked for again. What nobody could tell stays open.
    """
    begin = since.replace(tzinfo=UTC) if since else datetime.now(UTC) - timedelta(days=_DAYS)
    seen: dict[Market, set[int]] = {}
    target = None
    if folder is not None:
        found = gaps_in(folder, int(begin.timestamp() * 1e6))
        wanted, seen = dict(found.wanted), dict(found.seen)
    else:
        target = find_target(stack)
        wanted = _of_the_lake(target, begin, exchange, symbol)
    wanted = {
        market: gaps
        for market, gaps in wanted.items()
        if market[0] in EXCHANGES and exchange in (None, market[0]) and symbol in (None, market[1])
    }
    if dry_run or not wanted:
        _list(wanted, as_json=as_json)
        return
    options: dict[str, Any] = {
        "exchanges": tuple(dict.fromkeys(name for name, _ in wanted)),
        "symbols": tuple(f"{name}:{market}" for name, market in wanted),
        "sink": sink or (str(folder) if folder is not None else "kinesis"),
        "kinesis_stream": kinesis_stream
        or (target.exports.get("tradesStream") if target is not None else None),
        "endpoints": endpoints_of(endpoints),
    }
    with user_errors():
        config = from_environment(**{name: value for name, value in options.items() if value is not None})
        done = asyncio.run(_run(wanted, config, seen))
    _tell(done, as_json=as_json)


async def _run(
    wanted: dict[Market, list[Gap]], config: Config, seen: dict[Market, set[int]]
) -> list[Refilled]:
    return await refill(wanted, config, seen=seen)


def _of_the_lake(
    target: Target, since: datetime, exchange: str | None, symbol: str | None
) -> dict[Market, list[Gap]]:
    try:
        query = saved_query(_QUERY).of_market(exchange, symbol).between(since, datetime.now(UTC))
        records = target.athena.run(query.sql).records()
    except (NoSuchMarket, QueryFailed) as error:
        raise UserError(failure(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise UserError(unasked(error)) from error
    wanted: dict[Market, list[Gap]] = defaultdict(list)
    for row in records:
        if not row["settled"]:
            market = (str(row["exchange"]), str(row["symbol"]))
            first, last = row["first_id"], row["last_id"]
            wanted[market].append(
                Gap(
                    symbol=market[1],
                    first_id=first if isinstance(first, int) else None,
                    last_id=last if isinstance(last, int) else None,
                    since=_microseconds(row["since"]),
                    until=_microseconds(row["until"]),
                )
            )
    return dict(wanted)


def _microseconds(text: object) -> int:
    """Of Athena's `2026-11-22 00:10:00.123000`."""
    return parse_iso(str(text)[:26].replace(" ", "T").removesuffix("Z") + "Z")


def _size(gap: Gap) -> int:
    return 0 if gap.first_id is None or gap.last_id is None else gap.last_id - gap.first_id + 1


def _list(wanted: dict[Market, list[Gap]], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {"exchange": name, "symbol": market, "gaps": len(gaps), "missing": sum(map(_size, gaps))}
                for (name, market), gaps in wanted.items()
            ]
        )
        return
    if not wanted:
        click.echo("nothing is missing that an exchange might have")
    for (name, market), gaps in wanted.items():
        click.echo(f"{name} {market}: {sum(map(_size, gaps)):,} trades in {len(gaps)} gaps")


def _tell(done: list[Refilled], *, as_json: bool) -> None:
    if as_json:
        print_json([dataclasses.asdict(line) for line in done])
    else:
        table = Table("exchange", "market", "missing", "filled", "not there", "open", "why open")
        for line in done:
            numbers = (line.wanted, line.written, line.denied, line.open)
            table.add_row(line.exchange, line.symbol, *(f"{number:,}" for number in numbers), line.reason)
        console().print(table)
    failed = [line for line in done if line.reason]
    if failed:
        raise UserError(
            f"{len(failed)} of {len(done)} markets have gaps that could not be looked for; run it again later"
        )
