"""`bovespa query`: SQL through Athena."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.commands.explanation import explain_statement, print_explanation
from bovespa.errors import UserError
from bovespa.files import write_csv, write_parquet
from bovespa.output import console, json_option, print_json
from bovespa.target import find_target, stack_option
from lake.athena import QueryFailed
from lake.saved_queries import NoSuchIndex, UnknownQuery, saved_queries, saved_query
from reports.terminal import print_result


@click.command()
@click.argument("name", required=False)
@click.option("--sql", help="A statement in Athena's dialect instead of a saved query.")
@click.option(
    "--date",
    "until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Answer as of this day: later sessions don't count. [default: the latest]",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Read nothing before this day; ten days before the session asked about are needed.",
)
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
@stack_option
@json_option
def query(
    name: str | None,
    sql: str | None,
    until: datetime | None,
    since: datetime | None,
    indice: str | None,
    explain: bool,
    as_csv: bool,
    file: Path | None,
    listing: bool,
    stack: str | None,
    as_json: bool,
) -> None:
    """Run a saved query by its NAME, or any statement with --sql.

    The same SQL runs in Athena's console: the saved queries are there too, in the stack's workgroup.
    """
    if listing and as_json:
        print_json(
            [{"name": q.name, "title": q.title, "description": q.description} for q in saved_queries()]
        )
        return
    if listing:
        for saved in saved_queries():
            click.echo(f"{saved.name:22} {saved.title}\n{'':22} {saved.description}")
        return
    if (name is None) == (sql is None):
        raise click.UsageError("give the name of a saved query (see --list), or --sql")
    if sql is not None and (until or since or indice):
        raise click.UsageError(
            "--date, --since and --index are for saved queries: write them into the statement"
        )
    if sum((as_csv, as_json, file is not None, explain)) > 1 and not (explain and as_json):
        raise click.UsageError("--csv, --json, --parquet and --explain exclude each other")
    try:
        statement = sql if sql is not None else _saved_statement(name or "", until, since, indice)
        target = find_target(stack)
        if explain:
            print_explanation(explain_statement(target, statement), as_json=as_json)
            return
        result = target.athena.run(statement)
    except (UnknownQuery, NoSuchIndex, QueryFailed) as error:
        raise UserError(query_failure(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise UserError(f"Athena can't be asked: {error}") from error
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


def _saved_statement(name: str, until: datetime | None, since: datetime | None, indice: str | None) -> str:
    found = saved_query(name)
    if indice is not None:
        if not found.has_index:
            raise UserError(f"{name} asks about no index: leave --index out")
        found = found.of_index(indice)
    if until is not None:
        if not found.has_bound:
            raise UserError(f"{name} does not ask by session: leave --date out")
        found = found.until(until.date())
    if since is not None:
        if not found.has_start:
            raise UserError(f"{name} has no first session: leave --since out")
        found = found.since(since.date())
    return found.sql


def query_failure(error: Exception) -> str:
    """One line; an engine's message may have several, with the statement repeated."""
    first = str(error.args[0]).strip().splitlines()[0]
    if "does not exist" in first and "able" in first:
        return f"{first} (tables appear with the first run of the Glue job)"
    return first
