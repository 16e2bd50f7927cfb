"""`bovespa report`: one session of an index as tables and as a page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.errors import UserError
from bovespa.language import language_option
from bovespa.output import console, json_option, print_json, say
from bovespa.target import Where, athena_options, find_athena
from bovespa.unanswered import failure, unasked
from bovespa.words import words
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
@click.option("--full", is_flag=True, help="Print the whole portfolio here too; the page always has it.")
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("out/report.html"),
    show_default=True,
    help="Where the HTML report goes.",
)
@athena_options
@language_option
@json_option
def report(
    until: datetime | None,
    indice: str,
    full: bool,
    page: Path,
    where: Where,
    language: Language,
    as_json: bool,
) -> None:
    """Report on a session of an index: tables here, and an HTML page that opens offline, in both languages.

    What was traded comes from the quotes, who enters and leaves next from the theoretical portfolio
    and its previews; where those are missing, the report says so and shows the rest.
    """
    athena = find_athena(where).athena
    try:
        made = read_report(athena, until=until.date() if until else None, indice=indice.upper())
        write(made, page, language)
    except (NoSession, NoSuchIndex, QueryFailed) as error:
        raise UserError(failure(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise UserError(unasked(error, athena)) from error
    except OSError as error:
        raise UserError(f"the report can't be made: {error}") from error
    if as_json:
        print_json(_document(made, page))
        return
    output = console()
    print_report(made, output, language, full=full)
    say("\n" + words(language).page.format(page=page))


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
