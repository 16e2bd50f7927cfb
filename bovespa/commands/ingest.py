"""`bovespa ingest`: a portfolio file into raw, the remedy for a missed day."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.commands.job_wait import await_runs, run_ids
from bovespa.commands.parse import read_checked
from bovespa.errors import UserError
from bovespa.output import json_option, print_json
from bovespa.target import find_target, stack_option
from functions.b3.checks import check_known_day
from functions.b3.client import Payload
from functions.b3.clock import day_in_sao_paulo
from functions.b3.errors import B3Error
from functions.b3.lake import Lake
from functions.scraper.collect import Collected
from functions.scraper.raw import rows_of
from functions.scraper.store import DATASET, store


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--index", "indice", metavar="INDEX", help="For JSON bodies, which don't name their index.")
@click.option("--wait", is_flag=True, help="Wait until the Glue job has refined what was stored.")
@stack_option
@json_option
def ingest(files: tuple[Path, ...], indice: str | None, wait: bool, stack: str | None, as_json: bool) -> None:
    """Put downloaded portfolios into raw, through the scraper's own checks.

    B3 shows no history: a day that was missed can only come from a file that somebody kept. The
    bucket's event then starts the Glue job, as for a captured day. All files are checked before the
    first is written.
    """
    now = datetime.now(UTC)
    checked = [(file, _collected(file, indice, now)) for file in files]
    target = find_target(stack)
    lake = Lake(target.aws["s3"], target.exports["lakeBucket"])
    glue, job = target.aws["glue"], target.exports["carteiraJob"]
    known = run_ids(glue, job) if wait else frozenset()
    done = []
    for file, collected in checked:
        portfolio = collected.portfolio
        payload = Payload(name=f"{portfolio.indice}-arquivo", url=f"file:{file.name}", body=file.read_bytes())
        day = portfolio.data_pregao
        if day is None:
            raise UserError(f"{file}: no date in the file")
        try:
            lake.archive(DATASET, payload, captured_at=now)
            stored = store(lake, day, {portfolio.indice: rows_of(collected, captured_at=now)})
        except (ClientError, BotoCoreError) as error:
            raise UserError(f"{file}: the lake can't be written: {error}") from error
        status = "stored" if stored.changed else "unchanged"
        done.append(
            {
                "file": file,
                "index": portfolio.indice,
                "date": day,
                "members": len(portfolio.members),
                "status": status,
                "key": stored.key,
            }
        )
        if not as_json:
            click.echo(
                f"{file}: {portfolio.indice} {day} {status}, {len(portfolio.members)} members ({stored.key})"
            )
    if wait:
        await_runs(glue, job, known, sum(entry["status"] == "stored" for entry in done))
    if as_json:
        print_json(done)


def _collected(file: Path, indice: str | None, now: datetime) -> Collected:
    portfolio = read_checked(file, indice)
    try:
        check_known_day(portfolio, today=day_in_sao_paulo(now))
    except B3Error as error:
        raise UserError(f"{file}: {error}") from error
    return Collected(portfolio=portfolio, payload_sha256=hashlib.sha256(file.read_bytes()).hexdigest())
