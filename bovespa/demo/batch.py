"""The demo: captures go in at one end of the deployed pipeline, tables and a page come out at the other."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from bovespa.demo.captures import Capture, indices_of, read_folder, read_sample
from bovespa.demo.quotes import (
    EVENING,
    QuoteFile,
    Quotes,
    collect_session,
    find_quotes,
    read_sample_quotes,
    replay,
    traded,
)
from bovespa.demo.rebalancing import (
    RebalancingCapture,
    capture_rebalancing,
    known_before,
    read_rebalancing_sample,
)
from bovespa.local.errors import LocalError
from bovespa.local.pipeline import (
    INDEX,
    PORTFOLIO,
    QUOTES,
    Refinement,
    Scraped,
    await_indices,
    await_job_runs,
    await_report,
    await_true,
    scrape,
)
from bovespa.local.stack import Stack, embedded_stack
from lake.athena import Result
from reports import IndexReport, read_report
from reports.page import write

TABLE_SECONDS = 10.0


class Progress(Protocol):
    """What the demo tells while it goes."""

    def started(self, step: str) -> None:
        """A step has begun."""

    def ended(self, step: str, seconds: float, outcome: str, *, good: bool = True) -> None:
        """The step is done; ``outcome`` says what came of it, possibly nothing; not ``good`` where it was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a demo replays, each in order: captures of portfolios, COTAHIST files, theoretical portfolios."""

    captures: tuple[Capture, ...]
    quotes: tuple[QuoteFile, ...]
    rebalancing: tuple[RebalancingCapture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One capture, from B3's page to what Athena sees in REFINED (``rows``, ``quantity`` in shares)."""

    scraped: Scraped
    rows: int | None
    quantity: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """What happened: captures, COTAHIST files, what was traded by session as Athena sees it, seconds a step.

    ``report`` is None where there is nothing to report.
    """

    sessions: tuple[Session, ...]
    quotes: tuple[Quotes, ...]
    traded: Result | None
    seconds: Mapping[str, float]
    report: IndexReport | None
    page: Path | None


@dataclass(slots=True)
class _Steps:
    """Times the steps and passes them on."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    outcome: str = ""
    good: bool = True

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.progress.started(name)
        self.outcome, self.good = "", True
        started = time.monotonic()
        yield
        spent = time.monotonic() - started
        self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 2)
        self.progress.ended(name, spent, self.outcome, good=self.good)


def sample() -> Material:
    """What ships with the project."""
    return Material(
        captures=tuple(read_sample()),
        quotes=tuple(read_sample_quotes()),
        rebalancing=tuple(read_rebalancing_sample()),
    )


def payloads(folder: Path) -> Material:
    """What a folder has.

    Raises:
        LocalError: nothing that can be replayed.
    """
    quotes = find_quotes(folder)
    captures = read_folder(folder, may_have_none=bool(quotes))
    return Material(captures=tuple(captures), quotes=tuple(quotes))


def demonstrate(
    material: Material | None,
    *,
    progress: Progress,
    page: Path,
    keep: Callable[[Stack], None] | None = None,
) -> Demonstration:
    """Start an embedded stack, replay the material through it, and report.

    Args:
        material: what to replay; None asks B3 itself, once.
        progress: is told of each step.
        page: where the HTML report goes.
        keep: called with the running stack before it is ended, to keep it for a while.

    Raises:
        LocalError: a step did not happen; says what was awaited and where to look.
    """
    steps = _Steps(progress)
    indices = (indices_of(material.captures) if material else []) or ["IBOV"]
    with embedded_stack(live=material is None, indices=indices, step=steps) as stack:
        if material is None:
            scraped = [_scrape(stack, None, steps)]
            quotes = [_collect(steps, lambda: collect_session(stack, schedule=EVENING))]
            _capture_rebalancing(stack, None, steps)
        else:
            # The quotes first: their job runs while the portfolios are scraped.
            quotes = [_replay(stack, file, steps) for file in material.quotes]
            scraped = [_scrape(stack, capture, steps) for capture in material.captures]
            for replayed in material.rebalancing:
                _capture_rebalancing(stack, replayed, steps)
        stored = [outcome for outcome in scraped if outcome.status == "stored"]
        started = {PORTFOLIO: len(stored), QUOTES: sum(each.announced for each in quotes)}
        _refine(stack, {job: runs for job, runs in started.items() if runs}, steps)
        with steps("read REFINED through Athena"):
            sessions = _as_athena_sees(stack, scraped)
            market = traded(stack) if started[QUOTES] else None
        if material and material.rebalancing:
            with steps("next rebalancing"):
                steps.outcome = known_before(stack, material.rebalancing)
        report, written = None, None
        if any(outcome.indice == "IBOV" for outcome in stored):
            with steps("gold job → page in S3 → mail"):
                reported = await_report(stack)
                told = reported[1].headline if reported else "nobody is told: no return of the index is known"
                steps.outcome = told
            with steps("report"):
                report = _newest_report(stack, stored, reported[0] if reported else None)
                written = write(report, page)
                steps.outcome = str(written)
        if keep is not None:
            keep(stack)
    return Demonstration(
        sessions=sessions,
        quotes=tuple(quotes),
        traded=market,
        seconds=steps.seconds,
        report=report,
        page=written,
    )


def _newest_report(stack: Stack, stored: Sequence[Scraped], reported: IndexReport | None) -> IndexReport:
    """The report that came by itself, if it is of the newest session; that may be one without prices yet."""
    sessions = [outcome.session for outcome in stored if outcome.indice == "IBOV" and outcome.session]
    return reported if reported and reported.session == max(sessions) else read_report(stack.athena)


def _scrape(stack: Stack, capture: Capture | None, steps: _Steps) -> Scraped:
    with steps("scrape"):
        outcome = scrape(stack, capture)
        day = outcome.session.isoformat() if outcome.session else "no readable date"
        steps.good = outcome.status != "refused"
        detail = outcome.reason or f"{outcome.members} members"
        name = capture.name if capture else "B3"
        steps.outcome = f"{name}: {outcome.indice} {day} {outcome.status}, {detail}"
    return outcome


def _capture_rebalancing(stack: Stack, replayed: RebalancingCapture | None, steps: _Steps) -> None:
    with steps("theoretical portfolio and preview"):
        try:
            answer = capture_rebalancing(stack, replayed)
        except LocalError as refused:
            if replayed is not None:
                raise
            steps.good = False
            steps.outcome = str(refused)  # what B3 shows today is no failure of the demo's
        else:
            outcomes = ", ".join(f"{p['kind']} {p['status']}" for p in answer["portfolios"])
            steps.outcome = f"{answer['date']}: {outcomes}"


def _replay(stack: Stack, file: QuoteFile, steps: _Steps) -> Quotes:
    return _collect(steps, lambda: replay(stack, file), back_fill=not file.one_session)


def _collect(steps: _Steps, collect: Callable[[], Quotes], *, back_fill: bool = False) -> Quotes:
    with steps("back-fill quotes" if back_fill else "collect quotes"):
        outcome = collect()
        steps.good = outcome.reason is None
        detail = outcome.reason or f"{outcome.sessions} sessions, {outcome.quotes} quotes"
        steps.outcome = f"{outcome.name}: {outcome.status}, {detail}"
    return outcome


def _refine(stack: Stack, started: Mapping[Refinement, int], steps: _Steps) -> None:
    if not started:
        return
    with steps("S3 event → trigger → Glue job"):
        ended = {job: await_job_runs(stack, runs, of=job) for job, runs in started.items()}
        await_indices(stack)
        told = (f"{len(runs)} runs of {stack.exports[job.job]}" for job, runs in ended.items())
        steps.outcome = f"{', '.join(told)} succeeded"
    expected = [table for job in (*started, INDEX) for table in job.tables]
    jobs = ", ".join(stack.exports[job.job] for job in started)
    with steps("Glue Data Catalog"):

        def tables() -> list[str]:
            found = stack.aws["glue"].get_tables(DatabaseName=stack.exports["database"])["TableList"]
            return [table["Name"] for table in found]

        await_true(
            lambda: set(expected) <= set(tables()),
            what=f"tables {', '.join(expected)} in database {stack.exports['database']}",
            seconds=TABLE_SECONDS,
            look=f"log groups /aws-glue/jobs/…/error of {jobs} in {stack.emulator.log}",
        )
        steps.outcome = ", ".join(f"{stack.exports['database']}.{table}" for table in expected)


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
