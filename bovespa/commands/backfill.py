"""`bovespa backfill`: the history of what was traded, from B3's yearly files."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bovespa.directory_s3 import DirectoryS3
from bovespa.errors import UserError
from bovespa.indices import await_indices
from bovespa.output import say
from bovespa.refinement import QUOTES, Refinement
from bovespa.target import find_target, stack_option
from functions.b3.cotahist.client import COTAHIST_URL, CotahistClient
from functions.b3.cotahist.period import FIRST_YEAR, of_name
from functions.b3.errors import B3Error
from functions.b3.lake import Lake
from functions.quotes.collect import Span
from functions.quotes.history import FileTaken, Watcher, backfill_file, backfill_years
from functions.quotes.store import Session

_SESSIONS_A_YEAR = 250
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("backfill")
@click.option("--from", "first", type=_DAY, help="First session, such as 2016-01-01.")
@click.option("--to", "last", type=_DAY, help="Last session. [default: today]")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A COTAHIST file (ZIP or TXT, named as B3 names it) instead of downloads. May be repeated.",
)
@click.option(
    "--lake", "place", metavar="s3://BUCKET|DIR", help="Where raw is written, instead of a stack's lake."
)
@stack_option
@click.option("--wait", is_flag=True, help="Wait until the sessions are refined as raw says.")
@click.option("--url", default=None, help="Where the files are. [default: $COTAHIST_URL or B3's host]")
@click.option("--again", is_flag=True, help="Also ask again for years that were taken whole before.")
@click.option(
    "--skip-bad",
    type=click.IntRange(0, 1000),
    default=0,
    metavar="N",
    help="Up to N records of a file that break the layout go to quarantine, and the rest to raw. [default: 0]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def backfill(
    first: datetime | None,
    last: datetime | None,
    files: tuple[Path, ...],
    place: str | None,
    stack: str | None,
    wait: bool,
    url: str | None,
    again: bool,
    skip_bad: int,
    as_json: bool,
) -> None:
    """Fill raw with the sessions of the past, a yearly file at a time.

    Each file is checked as a whole before anything of it is written. What is in raw already is left as
    it is, so a run that was stopped goes on where it was. When a file is done, one object under
    lotes/negociacao/ says so, and its event starts the Glue job once for all of the file's sessions.
    Without --lake, this works on the lake of a stack, by default the embedded one of `bovespa up`.
    """
    if place is not None and (stack is not None or wait):
        raise click.UsageError("--lake excludes --stack and --wait")
    if not files and first is None:
        raise click.UsageError("give --from (and --to), or --file")
    now = datetime.now(UTC)
    span = Span(
        first=first.date() if first else date.min,
        last=last.date() if last else date.max if files else now.date(),
        captured_at=now,
        skip_bad=skip_bad,
    )
    if span.first > span.last or (not files and span.first > now.date()):
        raise click.UsageError("--from must not be after --to, nor after today")
    if not files and span.first.year < FIRST_YEAR:
        raise click.UsageError(f"--from must be in {FIRST_YEAR} or later")
    client = CotahistClient(url or os.environ.get("COTAHIST_URL") or COTAHIST_URL)
    refinement = None
    if place is not None:
        lake = _lake_at(place)
    else:
        target = find_target(stack)
        place = f"s3://{target.exports['lakeBucket']}"
        lake = Lake(target.aws["s3"], target.exports["lakeBucket"])
        refinement = Refinement(target, QUOTES, tell=lambda line: say(line, err=True)) if wait else None
    taken: list[FileTaken] = []
    with _Bars(hidden=as_json) as bars:
        try:
            for each in _files(files, client, lake, span, bars, again):
                taken.append(each)
                bars.finished(each)
        except (B3Error, ValueError) as error:
            raise UserError(_after(taken, str(error))) from error
        except (BotoCoreError, ClientError, OSError) as error:
            raise UserError(_after(taken, f"{place}: {error}")) from error
    if refinement:
        announced = sum(each.announced for each in taken)
        days = _sessions(refinement, taken, span)
        refinement.await_refined(days, event=announced > 0, count=max(1, len(taken)))
        await_indices(target, tell=lambda line: say(line, err=True))
    for each in taken:
        if each.skipped:
            say(f"{each.name}: {each.skipped} records set aside, in quarantine/negociacao/", err=True)
    if as_json:
        click.echo(json.dumps(_document(taken), indent=2))
    else:
        total = _document(taken)
        say(f"{total['sessions']} sessions, {total['quotes']} quotes, {total['written']} sessions written")


def _sessions(refinement: Refinement, taken: list[FileTaken], span: Span) -> list[date]:
    """The sessions in raw that the files are of, those among them that an earlier run took."""
    periods = [of_name(each.name) for each in taken]
    return [day for day in refinement.sessions() if day in span and any(day in period for period in periods)]


def _files(
    files: tuple[Path, ...], client: CotahistClient, lake: Lake, span: Span, bars: _Bars, again: bool
) -> Iterator[FileTaken]:
    if not files:
        yield from backfill_years(client, lake, span, bars, again=again)
    for path in files:
        yield backfill_file(path, lake, span, bars)


def _lake_at(target: str) -> Lake:
    scheme, separator, rest = target.partition("://")
    if not separator:
        folder = Path(target).absolute()
        return Lake(DirectoryS3(folder.parent), folder.name)
    bucket = rest.rstrip("/")
    if scheme != "s3" or not bucket or "/" in bucket:
        raise click.UsageError(f"--lake is s3://BUCKET or a directory, not {target!r}")
    return Lake(boto3.client("s3"), bucket)


def _after(taken: list[FileTaken], message: str) -> str:
    if not taken:
        return message
    done = "; ".join(_told(each) for each in taken[-3:])
    earlier = f"{len(taken) - 3} files, then " if len(taken) > 3 else ""
    return f"{message} (before it: {earlier}{done}; run again to go on)"


def _told(taken: FileTaken) -> str:
    if taken.status == "skipped":
        return f"{taken.name} skipped, as taken before"
    return f"{taken.name} {taken.status}, {taken.written} of {taken.sessions} sessions written"


def _document(taken: list[FileTaken]) -> dict[str, Any]:
    return {
        "files": [dataclasses.asdict(each) for each in taken],
        "sessions": sum(each.sessions for each in taken),
        "written": sum(each.written for each in taken),
        "quotes": sum(each.quotes for each in taken),
        "seconds": round(sum(each.seconds for each in taken), 3),
    }


class _Bars(Watcher):
    """A bar for each file, on stderr: bytes while it is downloaded, sessions while it is stored."""

    def __init__(self, *, hidden: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.fields[file]}"),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=hidden,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> _Bars:
        self._progress.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._progress.__exit__(*raised)

    def downloading(self, name: str, done: int, total: int | None) -> None:
        self._progress.update(
            self._task(name), description=f"{done / 1e6:.1f} MB", completed=done, total=total
        )

    def checking(self, name: str) -> None:
        self._progress.update(self._task(name), description="checking", completed=0, total=_SESSIONS_A_YEAR)

    def storing(self, name: str, stored: Session) -> None:
        self._progress.update(self._task(name), description=str(stored.day), advance=1)

    def finished(self, taken: FileTaken) -> None:
        told = f"{taken.status}: {taken.written} of {taken.sessions} sessions written"
        told = "skipped: taken before" if taken.status == "skipped" else told
        self._progress.update(self._task(taken.name), description=told, completed=1, total=1)

    def _task(self, name: str) -> TaskID:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task("", file=name, total=None)
        return self._tasks[name]
