"""`bovespa ingest`: a portfolio file into raw, the remedy for a missed day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.commands.parse import read_checked
from bovespa.errors import UserError
from bovespa.indices import await_indices
from bovespa.output import json_option, print_json, say
from bovespa.refinement import PORTFOLIO, Refinement
from bovespa.target import find_target, stack_option
from functions.b3.client import Payload
from functions.b3.clock import day_in_sao_paulo
from functions.b3.errors import B3Error
from functions.b3.lake import Lake, Stored
from functions.b3.portfolio import Portfolio
from functions.rebalancing import store as undated
from functions.rebalancing.collect import Attempt
from functions.rebalancing.raw import rows_of as undated_rows_of
from functions.scraper import store as dated
from functions.scraper.collect import Collected
from functions.scraper.raw import rows_of
from lake.tables.carteira_teorica import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file that was read and checked. ``kind`` is None for the portfolio of a session."""

    path: Path
    payload: Payload
    portfolio: Portfolio
    kind: Kind | None
    day: date


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--index", "indice", metavar="INDEX", help="For JSON bodies, which don't name their index.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind]),
    help="What a portfolio without a date is: the quadrimester's (teorica) or a preview of the next (previa).",
)
@click.option(
    "--captured",
    type=click.DateTime(["%Y-%m-%d"]),
    help="With --kind: the day on which B3 showed it. [default: today]",
)
@click.option("--wait", is_flag=True, help="Wait until the sessions are refined as raw says.")
@stack_option
@json_option
def ingest(
    files: tuple[Path, ...],
    indice: str | None,
    kind: str | None,
    captured: datetime | None,
    wait: bool,
    stack: str | None,
    as_json: bool,
) -> None:
    """Put downloaded portfolios into raw, through the collectors' own checks.

    B3 shows no history: a day that was missed can only come from a file that somebody kept. The
    bucket's event then starts the Glue job, as for a captured day. All files are checked before the
    first is written.
    """
    now = datetime.now(UTC)
    today = day_in_sao_paulo(now)
    shown_on = captured.date() if captured else today
    if shown_on > today:
        raise UserError(f"--captured {shown_on} is in the future")
    checked = [_read(file, indice, Kind(kind) if kind else None, shown_on) for file in files]
    target = find_target(stack)
    lake = Lake(target.aws["s3"], target.exports["lakeBucket"])
    refinement = Refinement(target, PORTFOLIO, tell=lambda line: say(line, err=True)) if wait else None
    done = [_put(file, lake, now, quiet=as_json) for file in checked]
    days = {file.day for file in checked if file.kind is None}
    if refinement and days:
        stored = [entry for entry in done if entry["status"] == "stored" and entry["kind"] is None]
        refinement.await_refined(days, event=bool(stored), count=max(1, len(stored)))
        await_indices(target, tell=lambda line: say(line, err=True))
        if not as_json:
            say(", ".join(map(str, sorted(days))) + " refined")
    if as_json:
        print_json(done)


def _read(path: Path, indice: str | None, kind: Kind | None, shown_on: date) -> _File:
    document = read_checked(path, indice)
    if document.remark:
        say(f"{path}: {document.remark}", err=True)
    portfolio = document.portfolio
    body = path.read_bytes()
    day = portfolio.data_pregao
    if day is None and kind is None:
        raise UserError(f"{path}: no date in the file: say what it is with --kind teorica or --kind previa")
    name = f"{portfolio.indice}-{kind}-arquivo" if kind else f"{portfolio.indice}-arquivo"
    return _File(
        path=path,
        payload=Payload(name=name, url=f"file:{path.name}", body=body),
        portfolio=portfolio,
        kind=kind,
        day=shown_on if kind or day is None else day,
    )


def _put(file: _File, lake: Lake, now: datetime, *, quiet: bool) -> dict[str, Any]:
    try:
        stored = _store(file, lake, now)
    except (ClientError, BotoCoreError) as error:
        raise UserError(f"{file.path}: the lake can't be written: {error}") from error
    except B3Error as error:
        raise UserError(f"{file.path}: {error}") from error
    status, members = "stored" if stored.changed else "unchanged", len(file.portfolio.members)
    if stored.healed:
        say(f"{stored.key}: what was there could not be read, and was replaced: {stored.healed}", err=True)
    if not quiet:
        what = f"{file.portfolio.indice} {file.kind}" if file.kind else file.portfolio.indice
        say(f"{file.path}: {what} {file.day} {status}, {members} members ({stored.key})")
    return {
        "file": file.path,
        "index": file.portfolio.indice,
        "kind": file.kind,
        "date": file.day,
        "members": members,
        "status": status,
        "key": stored.key,
    }


def _store(file: _File, lake: Lake, now: datetime) -> Stored:
    portfolio, payload = file.portfolio, file.payload
    if file.kind is not None:
        lake.archive(undated.DATASET, payload, captured_at=now)
        attempt = Attempt(kind=file.kind, indice=portfolio.indice, payloads=(payload,), portfolio=portfolio)
        rows = undated_rows_of(attempt, captured_at=now)
        return undated.store(lake, file.day, {(file.kind, portfolio.indice): rows})
    lake.archive(dated.DATASET, payload, captured_at=now)
    digest = hashlib.sha256(payload.body).hexdigest()
    collected = Collected(portfolio=portfolio, payload_sha256=digest)
    return dated.store(lake, file.day, {portfolio.indice: rows_of(collected, captured_at=now)})
