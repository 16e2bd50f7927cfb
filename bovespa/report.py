"""`bovespa report`: one session as tables and as a page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.errors import UserError
from bovespa.output import console, json_option, print_json
from bovespa.query import query_failure
from bovespa.target import find_target, stack_option
from queries.athena import QueryFailed
from reports.page import write
from reports.portfolio import NoSession, read_report
from reports.terminal import print_report


@click.command()
@click.option(
    "--date",
    "until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last session on or before this day. [default: the latest]",
)
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("out/report.html"),
    show_default=True,
    help="Where the HTML report goes.",
)
@stack_option
@json_option
def report(until: datetime | None, page: Path, stack: str | None, as_json: bool) -> None:
    """Report on a session: tables here, charts in an HTML page that opens offline."""
    try:
        made = read_report(find_target(stack).athena, until=until.date() if until else None)
        write(made, page)
    except (NoSession, QueryFailed) as error:
        raise UserError(query_failure(error)) from error
    except (ClientError, BotoCoreError, OSError) as error:
        raise UserError(f"the report can't be made: {error}") from error
    if as_json:
        tables = {name: made.records(name) for name in made.results}
        print_json({"date": made.session, "page": page, **tables})
        return
    output = console()
    print_report(made, output)
    output.print(f"The page is {page}")
