"""`bovespa query`: SQL through Athena."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.commands.explanation import explain_statement, print_explanation
from bovespa.errors import UserError
from bovespa.files import write_csv, write_parquet
from bovespa.output import console, json_option, print_json
from bovespa.target import Where, athena_options, find_athena
from bovespa.unanswered import failure, unasked
from lake.athena import QueryFailed
from lake.saved_queries import (
    NoSuchIndex,
    NoSuchMarket,
    SavedQuery,
    UnknownQuery,
    saved_queries,
    saved_query,
    stream_queries,
)
from reports.terminal import print_result

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
_SECOND = timedelta(seconds=1)
_LONGEST = timedelta(days=366)


@click.command()
@click.argument("name", required=False)
@click.option("--sql", help="A statement in Athena's dialect instead of a saved query.")
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Answer as of this day: later sessions don't count. [default: the latest]",
)
@click.option(
    "--since",
    type=click.DateTime(MOMENTS),
    help="Read nothing before this day; ten days before the session asked about are needed. For Bitcoin: the"
    " first moment (UTC).",
)
@click.option("--until", type=click.DateTime(MOMENTS), help="Bitcoin: the end (UTC). [default: now]")
@click.option("--last", metavar="15m|2h|7d", help="Bitcoin: so long before the end.")
@click.option("--exchange", metavar="NAME", help="Bitcoin: only this exchange.")
@click.option("--symbol", metavar="MARKET", help="Bitcoin: only this market, such as BTC-USDT.")
@click.option("--index", "indice", metavar="CODE", help="Which of B3's indices. [default: IBOV]")
@click.option("--explain", is_flag=True, help="Run it, and say what that read and costs instead of the rows.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: dates in ISO 8601, numbers with a point.")
@click.option(
    "--parquet",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the rows to a parquet file.",
)
@click.option("--list", "listing", is_flag=True, help="List the saved queries.")
@athena_options
@json_option
def query(
    name: str | None,
    sql: str | None,
    day: datetime | None,
    since: datetime | None,
    until: datetime | None,
    last: str | None,
    exchange: str | None,
    symbol: str | None,
    indice: str | None,
    explain: bool,
    as_csv: bool,
    file: Path | None,
    listing: bool,
    where: Where,
    as_json: bool,
) -> None:
    """Run a saved query by its NAME, or any statement with --sql.

    The same SQL runs in Athena's console: the saved queries are there too, in the stack's workgroup.
    """
    if listing and as_json:
        print_json(
            [
                {"name": q.name, "title": q.title, "description": q.description}
                for q in (*saved_queries(), *stream_queries())
            ]
        )
        return
    if listing:
        for saved in saved_queries():
            click.echo(f"{saved.name:24} {saved.title}\n{'':24} {saved.description}")
        click.echo(
            "\nOf the Bitcoin stream; with --last 15m, or --since and --until, --exchange and --symbol:\n"
        )
        for saved in stream_queries():
            click.echo(f"{saved.name:24} {saved.title}\n{'':24} {saved.description}")
        return
    if (name is None) == (sql is None):
        raise click.UsageError("give the name of a saved query (see --list), or --sql")
    bitcoin = Span(since=since, until=until, last=last, exchange=exchange, symbol=symbol)
    if sql is not None and (day or indice or bitcoin.given):
        raise click.UsageError(
            "--date, --since, --index and the like are for saved queries: write them into the statement"
        )
    if sum((as_csv, as_json, file is not None, explain)) > 1 and not (explain and as_json):
        raise click.UsageError("--csv, --json, --parquet and --explain exclude each other")
    try:
        statement = sql if sql is not None else _saved_statement(name or "", day, indice, bitcoin)
    except (UnknownQuery, NoSuchIndex, NoSuchMarket) as error:
        raise UserError(str(error.args[0])) from error
    target = find_athena(where)
    try:
        if explain:
            print_explanation(explain_statement(target, statement), as_json=as_json)
            return
        result = target.athena.run(statement)
    except QueryFailed as error:
        raise UserError(failure(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise UserError(unasked(error, target.athena)) from error
    if as_csv:
        write_csv(result, sys.stdout)
        return
    if file is not None:
        write_parquet(result, file)
        click.echo(f"{len(result.rows)} rows are in {file}")
        return
    scanned = result.scanned_bytes
    if as_json:
        print_json({"columns": result.columns, "rows": result.rows, "scanned_bytes": scanned})
        return
    output = console()
    print_result(result, output)
    cost = "" if scanned is None else f", {scanned:,} bytes scanned"
    output.print(f"\n{len(result.rows)} rows{cost}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a query of the stream is narrowed to; moments are UTC."""

    since: datetime | None = None
    until: datetime | None = None
    last: str | None = None
    exchange: str | None = None
    symbol: str | None = None

    @property
    def given(self) -> bool:
        """Whether anything is."""
        return any((self.since, self.until, self.last, self.exchange, self.symbol))

    def of(self, found: SavedQuery, now: datetime) -> SavedQuery:
        """The query, narrowed.

        Raises:
            UserError: both --last and --since, or nothing between the two ends.
        """
        found = found.of_market(self.exchange, self.symbol)
        until = self.until.replace(tzinfo=UTC) if self.until else now
        if self.last is not None and self.since is not None:
            raise UserError("--last and --since say the same: give one of them")
        if self.last is not None:
            since = until - duration(self.last)
        elif self.since is not None:
            since = self.since.replace(tzinfo=UTC)
        elif self.until is not None:
            return found.ending(until)
        else:
            return found
        try:
            return found.between(since, until)
        except ValueError as error:
            raise UserError(str(error)) from None


def duration(text: str) -> timedelta:
    """``15m``, ``2h``, ``7d``, ``90s``.

    Raises:
        UserError: anything else, or more than a year.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,7})([smhd])", text)
    if match is None:
        raise UserError(f"not a length of time, such as 15m, 2h or 7d: {text!r}")
    found = (
        int(match[1])
        * {"s": _SECOND, "m": 60 * _SECOND, "h": 3600 * _SECOND, "d": 86_400 * _SECOND}[match[2]]
    )
    if found > _LONGEST:
        raise UserError(f"{text} is more than {_LONGEST.days} days")
    return found


def _saved_statement(name: str, day: datetime | None, indice: str | None, bitcoin: Span) -> str:
    found = saved_query(name)
    if found.has_window:
        if day is not None or indice is not None:
            raise UserError(
                f"{name} is of the Bitcoin stream: it takes --last, --since, --until, not --date or --index"
            )
        return bitcoin.of(found, datetime.now(UTC)).sql
    if bitcoin.until or bitcoin.last or bitcoin.exchange or bitcoin.symbol:
        raise UserError(
            f"{name} is not of the Bitcoin stream: leave --until, --last, --exchange and --symbol out"
        )
    if indice is not None:
        if not found.has_index:
            raise UserError(f"{name} asks about no index: leave --index out")
        found = found.of_index(indice)
    if day is not None:
        if not found.has_bound:
            raise UserError(f"{name} does not ask by session: leave --date out")
        found = found.until(day.date())
    if bitcoin.since is not None:
        if not found.has_start:
            raise UserError(f"{name} has no first session: leave --since out")
        found = found.since(bitcoin.since.date())
    return found.sql
