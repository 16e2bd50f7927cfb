"""`bovespa demo`: the whole pipeline on this machine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from bovespa.demo.batch import Demonstration, demonstrate, payloads, sample
from bovespa.errors import UserError
from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.language import language_option
from bovespa.local.daemon import announced
from bovespa.local.errors import LocalError
from bovespa.local.stack import Stack
from bovespa.output import console, json_option, print_json, say
from bovespa.steps import StepLines
from bovespa.words import words
from lake.athena import QueryFailed
from reports.notation import Language, Notation
from reports.terminal import print_report, print_result

PAGE = Path("out/report.html")


@click.command()
@click.option(
    "--payloads",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Replay a folder in date order: captured bodies (.json), downloads (.csv) and error pages (.html) of "
    "portfolios, and COTAHIST files (.ZIP or .TXT, named as B3 names them).",
)
@click.option("--live", is_flag=True, help="Ask B3 itself.")
@click.option("--stream", is_flag=True, help="The Bitcoin stream instead of the daily pipeline.")
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(5, 3600),
    metavar="SECONDS",
    help="With --stream: how long the simulated exchanges trade. [default: 20]",
)
@click.option("--keep", is_flag=True, help="Leave the stack running until Ctrl-C.")
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    default=PAGE,
    show_default=True,
    help="Where the HTML report goes.",
)
@language_option
@json_option
@click.pass_context
def demo(
    context: click.Context,
    folder: Path | None,
    live: bool,
    stream: bool,
    seconds: float | None,
    keep: bool,
    page: Path,
    language: Language,
    as_json: bool,
) -> None:
    """The whole pipeline on this machine, with no AWS account.

    Starts an embedded AWS, deploys this project's own Pulumi program into it, and lets the pipeline
    run by its own wiring: scraper, raw parquet, S3 event, trigger, visual Glue job on Spark, REFINED,
    catalogue, Athena, report. Without --payloads or --live it replays the sample of the project.

    With --stream: simulated exchanges, the real producer, Kinesis, Firehose, parquet, Athena.
    """
    if stream:
        if live or folder or context.get_parameter_source("page") is not ParameterSource.DEFAULT:
            raise click.UsageError("--stream excludes --payloads, --live and --page")
        from bovespa.commands.demo_stream import demo_stream

        demo_stream(seconds, keep=_wait if keep else None, as_json=as_json)
        return
    if seconds is not None:
        raise click.UsageError("--for is for --stream")
    if live and folder:
        raise click.UsageError("--live and --payloads exclude each other")
    progress = StepLines(console(stderr=as_json))
    started = time.monotonic()
    try:
        material = None if live else (payloads(folder) if folder else sample())
        shown = demonstrate(material, progress=progress, page=page, keep=_wait if keep else None)
    except (LocalError, RuntimeFailure, QueryFailed, OSError) as error:
        raise UserError(str(error)) from error
    finally:
        progress.stop()
    if as_json:
        print_json(_document(shown, time.monotonic() - started))
    else:
        _print(shown, time.monotonic() - started, language)
    if not any(session.rows for session in shown.sessions) and not shown.traded:
        raise UserError("no session was stored: everything was refused (see the reasons above)")


def _print(shown: Demonstration, seconds: float, language: Language) -> None:
    output, said = console(), words(language)
    if shown.traded:
        output.print()
        print_result(shown.traded, output, language, title=said.traded_by_session)
    if shown.report is not None:
        output.print()
        print_report(shown.report, output, language)
        say(said.demonstrated.format(seconds=Notation(language=language).number(seconds, 1), page=shown.page))


def _wait(stack: Stack) -> None:
    with announced(stack):
        click.echo(
            f"the embedded AWS answers at {stack.emulator.url} until Ctrl-C; ask it with `bovespa query` elsewhere",
            err=True,
        )
        try:
            while True:
                time.sleep(1)
                stack.emulator.check()
        except KeyboardInterrupt:
            click.echo("ending it", err=True)


def _document(shown: Demonstration, seconds: float) -> dict[str, Any]:
    return {
        "sessions": [
            {
                "index": session.scraped.indice,
                "date": session.scraped.session,
                "members": session.scraped.members,
                "status": session.scraped.status,
                "reason": session.scraped.reason,
                "rows": session.rows,
                "quantity": session.quantity,
            }
            for session in shown.sessions
        ],
        "quotes": [
            {
                "file": quotes.name,
                "sessions": quotes.sessions,
                "quotes": quotes.quotes,
                "status": quotes.status,
                "reason": quotes.reason,
            }
            for quotes in shown.quotes
        ],
        "traded": shown.traded.records() if shown.traded else [],
        "seconds": {**shown.seconds, "total": round(seconds, 2)},
        "report": shown.page,
    }
