"""`bovespa query`: SQL through Athena."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.commands.span import MOMENTS, Span
from bovespa.emptiness import Asked, why_empty
from bovespa.errors import UserError
from bovespa.files import write_csv, write_parquet
from bovespa.language import language_option
from bovespa.output import console, json_option, print_json, say
from bovespa.target import Where, athena_options, find_athena
from bovespa.unanswered import failure, unasked
from bovespa.words import words
from lake.athena import QueryFailed
from lake.saved_queries import (
    NoSuchIndex,
    NoSuchMarket,
    NoSuchTicker,
    SavedQuery,
    UnknownQuery,
    saved_queries,
    saved_query,
    stream_queries,
)
from reports.notation import Language, Notation
from reports.terminal import print_result


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
@click.option("--ticker", metavar="CODE", help="Of which share, by today's ticker. [default: PETR4]")
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
@language_option
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
    ticker: str | None,
    explain: bool,
    as_csv: bool,
    file: Path | None,
    listing: bool,
    where: Where,
    language: Language,
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
    said = words(language)
    if listing:
        _list(saved_queries(), language)
        click.echo(f"\n{said.of_the_stream}\n")
        _list(stream_queries(), language)
        return
    if (name is None) == (sql is None):
        raise click.UsageError("give the name of a saved query (see --list), or --sql")
    bitcoin = Span(since=since, until=until, last=last, exchange=exchange, symbol=symbol)
    if sql is not None and (day or indice or ticker or bitcoin.given):
        raise click.UsageError(
            "--date, --since, --index and the like are for saved queries: write them into the statement"
        )
    if sum((as_csv, as_json, file is not None, explain)) > 1 and not (explain and as_json):
        raise click.UsageError("--csv, --json, --parquet and --explain exclude each other")
    try:
        statement = (
            _typed(sql) if sql is not None else _narrowed(name or "", day, indice, ticker, bitcoin).sql
        )
    except (UnknownQuery, NoSuchIndex, NoSuchMarket, NoSuchTicker) as error:
        raise UserError(str(error.args[0])) from error
    target = find_athena(where)
    try:
        if explain:
            from bovespa.commands.explanation import explain_statement, print_explanation

            print_explanation(explain_statement(target, statement), as_json=as_json)
            return
        result = target.athena.run(statement)
        if not result.rows and name is not None:
            asked = Asked(
                query=saved_query(name), indice=indice, ticker=ticker, until=day, since=bitcoin.since
            )
            say(why_empty(target.athena, asked, said.empty), err=True)
    except QueryFailed as error:
        raise UserError(failure(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise UserError(unasked(error, target.athena)) from error
    notation = Notation(language=language)
    count = len(result.rows)
    rows = said.one_row if count == 1 else said.rows.format(count=notation.number(count))
    if as_csv:
        write_csv(result, sys.stdout)
    elif file is not None:
        write_parquet(result, file)
        say(said.written.format(rows=rows, file=file))
    elif as_json:
        print_json({"columns": result.columns, "rows": result.rows, "scanned_bytes": result.scanned_bytes})
    elif count or name is None:
        print_result(result, console(), language)
        scanned = result.scanned_bytes
        read = "" if scanned is None else ", " + said.scanned.format(bytes=notation.number(scanned))
        say(f"\n{rows}{read}")


def _typed(sql: str) -> str:
    """The statement as UTF-8, whatever the locale took the bytes of the command line for."""
    return os.fsencode(sql).decode("utf-8", errors="replace")


def _list(queries: Sequence[SavedQuery], language: Language) -> None:
    """Names, with the titles that Athena's console shows, which are Portuguese, or with what they answer, in English."""
    for saved in queries:
        click.echo(f"{saved.name:26} {saved.title if language is Language.PT_BR else saved.description}")


def _narrowed(
    name: str, day: datetime | None, indice: str | None, ticker: str | None, bitcoin: Span
) -> SavedQuery:
    found = saved_query(name)
    if ticker is not None:
        if not found.has_ticker:
            raise UserError(f"{name} asks about no single share: leave --ticker out")
        found = found.of_ticker(ticker)
    if found.has_window:
        if day is not None or indice is not None:
            raise UserError(
                f"{name} is of the Bitcoin stream: it takes --last, --since, --until, not --date or --index"
            )
        return bitcoin.of(found, datetime.now(UTC))
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
    return found
