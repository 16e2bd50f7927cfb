"""`bovespa demo`: the whole pipeline on this machine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from bovespa.errors import UserError
from bovespa.output import console, json_option, print_json
from glue.runtime.errors import RuntimeFailure
from local.captures import read_folder, read_sample
from local.demo import Demonstration, demonstrate
from local.errors import LocalError
from local.stack import Stack
from queries.athena import QueryFailed
from reports.terminal import print_report

PAGE = Path("out/report.html")


class _Lines:
    """One line a step, with its time; what is going on now, where somebody watches."""

    def __init__(self, output: Console) -> None:
        self._output = output
        self._status: Any = None

    def started(self, step: str) -> None:
        if self._output.is_terminal:
            self._status = self._output.status(step)
            self._status.start()

    def ended(self, step: str, seconds: float, outcome: str) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        line = f"{seconds:5.1f} s  {step}" + (f": {outcome}" if outcome else "")
        self._output.print(Text.assemble(("✓ ", "green"), line), soft_wrap=True)

    def stop(self) -> None:
        """Leave the terminal as it was, whatever happened."""
        if self._status is not None:
            self._status.stop()


@click.command()
@click.option(
    "--payloads",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Replay captured bodies (.json), downloads (.csv) and error pages (.html) of a folder, in date order.",
)
@click.option("--live", is_flag=True, help="Ask B3 itself.")
@click.option("--keep", is_flag=True, help="Leave the stack running until Ctrl-C.")
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    default=PAGE,
    show_default=True,
    help="Where the HTML report goes.",
)
@json_option
def demo(payloads: Path | None, live: bool, keep: bool, page: Path, as_json: bool) -> None:
    """The whole pipeline on this machine, with no AWS account.

    Starts an embedded AWS, deploys this project's own Pulumi program into it, and lets the pipeline
    run by its own wiring: scraper, raw parquet, S3 event, trigger, visual Glue job on Spark, REFINED,
    catalogue, Athena, report. Without --payloads or --live it replays the sample of the project.
    """
    if live and payloads:
        raise click.UsageError("--live and --payloads exclude each other")
    progress = _Lines(console(stderr=as_json))
    started = time.monotonic()
    try:
        captures = None if live else (read_folder(payloads) if payloads else read_sample())
        shown = demonstrate(captures, progress=progress, page=page, keep=_wait if keep else None)
    except (LocalError, RuntimeFailure, QueryFailed, OSError) as error:
        raise UserError(str(error)) from error
    finally:
        progress.stop()
    if as_json:
        print_json(_document(shown, time.monotonic() - started))
    elif shown.report is not None:
        output = console()
        output.print()
        print_report(shown.report, output)
        output.print(f"{time.monotonic() - started:.1f} s in all; the report is {shown.page}")
    if not any(session.rows for session in shown.sessions):
        raise UserError("no session was stored: every capture was refused (see the reasons above)")


def _wait(stack: Stack) -> None:
    click.echo(f"the embedded AWS answers at {stack.emulator.url} until Ctrl-C", err=True)
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
        "seconds": {**shown.seconds, "total": round(seconds, 2)},
        "report": shown.page,
    }
