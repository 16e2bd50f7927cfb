"""`bovespa report`: one session of an index as tables and as a page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.commands.query import query_failure
from bovespa.errors import UserError
from bovespa.output import console, json_option, print_json
from bovespa.target import find_target, stack_option
from lake.athena import QueryFailed
from lake.saved_queries import NoSuchIndex
from reports import INDEX, IndexReport, NoSession, read_report
from reports.notation import Language
from reports.page import write
from reports.terminal import print_report


@click.command()
@click.option(
    "--date",
    "until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last session on or before this day. [default: the latest]",
)
@click.option(
    "--index", "indice", default=INDEX, show_default=True, metavar="CODE", help="Which of B3's indices."
)
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    default=Language.PT_BR.value,
    show_default=True,
    help="Of the tables here, and that in which the page opens; the page has both.",
)
@click.option("--full", is_flag=True, help="Print the whole portfolio here too; the page always has it.")
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("out/report.html"),
    show_default=True,
    help="Where the HTML report goes.",
)
@stack_option
@json_option
def report(
    until: datetime | None,
    indice: str,
    language: str,
    full: bool,
    page: Path,
    stack: str | None,
    as_json: bool,
) -> None:
    """Report on a session of an index: tables here, and an HTML page that opens offline.

    What was traded comes from the quotes, who enters and leaves next from the theoretical portfolio
    and its previews; where those are missing, the report says so and shows the rest.
    """
    try:
        made = read_report(find_target(stack).athena, until=until.date() if until else None, indice=indice)
        write(made, page, Language(language))
    except (NoSession, NoSuchIndex, QueryFailed) as error:
        raise UserError(query_failure(error)) from error
    except (ClientError, BotoCoreError, OSError) as error:
        raise UserError(f"the report can't be made: {error}") from error
    if as_json:
        print_json(_document(made, page))
        return
    output = console()
    print_report(made, output, Language(language), full=full)
    output.print(f"\nThe page is {page}", soft_wrap=True)


def _document(made: IndexReport, page: Path) -> dict[str, Any]:
    missing = [{"part": lack.part, "table": lack.table, "latest": lack.latest} for lack in made.missing]
    tables = {name: made.records(name) for name in made.results}
    return {
        "index": made.index,
        "date": made.session,
        "page": page,
        "missing": missing,
        "made_up_prices": list(made.made_up),
        **tables,
    }
