"""The demo: captures go in at one end of the deployed pipeline, tables and a page come out at the other."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from local.captures import Capture, indices_of
from local.errors import LocalError
from local.pipeline import Scraped, await_job_runs, await_true, scrape
from local.stack import Stack, embedded_stack
from reports import IndexReport, read_report
from reports.page import write

TABLE_SECONDS = 10.0
_TABLES = ("carteira", "carteira_setor")


class Progress(Protocol):
    """What the demo tells while it goes."""

    def started(self, step: str) -> None:
        """A step has begun."""

    def ended(self, step: str, seconds: float, outcome: str) -> None:
        """The step is done; ``outcome`` says what came of it, possibly nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One capture, from B3's page to what Athena sees in REFINED (``rows``, ``quantity`` in shares)."""

    scraped: Scraped
    rows: int | None
    quantity: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """What happened: each session, the seconds of each step, and the report (None: nothing to report)."""

    sessions: tuple[Session, ...]
    seconds: Mapping[str, float]
    report: IndexReport | None
    page: Path | None


@dataclass(slots=True)
class _Steps:
    """Times the steps and passes them on."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    outcome: str = ""

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.progress.started(name)
        self.outcome = ""
        started = time.monotonic()
        yield
        spent = time.monotonic() - started
        self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 2)
        self.progress.ended(name, spent, self.outcome)


def demonstrate(
    captures: Sequence[Capture] | None,
    *,
    progress: Progress,
    page: Path,
    keep: Callable[[Stack], None] | None = None,
) -> Demonstration:
    """Start an embedded stack, replay the captures through it, and report.

    Args:
        captures: in order; None asks B3 itself, once.
        progress: is told of each step.
        page: where the HTML report goes.
        keep: called with the running stack before it is ended, to keep it for a while.

    Raises:
        LocalError: a step did not happen; says what was awaited and where to look.
    """
    steps = _Steps(progress)
    indices = ["IBOV"] if captures is None else indices_of(captures)
    with embedded_stack(live=captures is None, indices=indices, step=steps) as stack:
        replays: Sequence[Capture | None] = captures or [None]
        scraped = [_scrape(stack, capture, steps) for capture in replays]
        stored = [outcome for outcome in scraped if outcome.status == "stored"]
        if stored:
            _refine(stack, len(stored), steps)
        with steps("read REFINED through Athena"):
            sessions = _as_athena_sees(stack, scraped)
        report, written = None, None
        if any(outcome.indice == "IBOV" for outcome in stored):
            with steps("report"):
                report = read_report(stack.athena)
                written = write(report, page)
                steps.outcome = str(written)
        if keep is not None:
            keep(stack)
    return Demonstration(sessions=sessions, seconds=steps.seconds, report=report, page=written)


def _scrape(stack: Stack, capture: Capture | None, steps: _Steps) -> Scraped:
    with steps("scrape"):
        outcome = scrape(stack, capture)
        day = outcome.session.isoformat() if outcome.session else "no readable date"
        detail = outcome.reason or f"{outcome.members} members"
        name = capture.name if capture else "B3"
        steps.outcome = f"{name}: {outcome.indice} {day} {outcome.status}, {detail}"
    return outcome


def _refine(stack: Stack, runs: int, steps: _Steps) -> None:
    with steps("S3 event → trigger → Glue job"):
        ended = await_job_runs(stack, runs)
        steps.outcome = f"{len(ended)} runs of {stack.exports['carteiraJob']} succeeded"
    with steps("Glue Data Catalog"):

        def tables() -> list[str]:
            found = stack.aws["glue"].get_tables(DatabaseName=stack.exports["database"])["TableList"]
            return [table["Name"] for table in found]

        await_true(
            lambda: set(_TABLES) <= set(tables()),
            what=f"tables {', '.join(_TABLES)} in database {stack.exports['database']}",
            seconds=TABLE_SECONDS,
            look=f"log group /aws-glue/jobs/{stack.exports['carteiraJob']}/error in {stack.emulator.log}",
        )
        steps.outcome = ", ".join(f"{stack.exports['database']}.{table}" for table in _TABLES)


def _as_athena_sees(stack: Stack, scraped: Sequence[Scraped]) -> tuple[Session, ...]:
    seen: dict[tuple[str, date], tuple[int, int]] = {}
    if any(outcome.status == "stored" for outcome in scraped):
        answer = stack.athena.run(
            "SELECT indice, data_pregao, count(*) AS n, sum(quantidade_teorica) AS quantidade "
            "FROM carteira GROUP BY indice, data_pregao"
        )
        seen = {
            (str(indice), _date(day)): (int(str(rows)), int(str(quantity)))
            for indice, day, rows, quantity in answer.rows
        }
    sessions = []
    for outcome in scraped:
        found = seen.get((outcome.indice, outcome.session)) if outcome.session else None
        if outcome.status != "refused" and found is None:
            raise LocalError(
                f"{outcome.indice} of {outcome.session} was {outcome.status} but is not in REFINED; "
                f"look at log group /aws-glue/jobs/{stack.exports['carteiraJob']}/error in {stack.emulator.log}"
            )
        rows, quantity = found if found and outcome.status != "refused" else (None, None)
        sessions.append(Session(scraped=outcome, rows=rows, quantity=quantity))
    return tuple(sessions)


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
