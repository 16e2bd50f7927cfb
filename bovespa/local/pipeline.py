"""Lets the deployed pipeline run by its own wiring, and waits for each of its steps."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from botocore.exceptions import ClientError

from bovespa.demo.captures import Capture
from bovespa.local.errors import AwaitedInVain, LocalError
from bovespa.local.stack import Stack
from functions.report.pages import Mailed, Pages
from functions.report.session import newest_session
from reports import IndexReport
from reports.report import LEAST_COVERAGE
from reports.stored import load

TRIGGER_SECONDS = 180.0  # a busy machine; what never happens is told by then
JOB_SECONDS = 300.0
_POLL_SECONDS = (0.1, 0.5)
_ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
Status = Literal["stored", "unchanged", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scraped:
    """What the scraper made of one capture; ``reason`` where it refused it."""

    indice: str
    session: date | None
    members: int | None
    status: Status
    reason: str | None = None
    key: str | None = None


def scrape(stack: Stack, replay: Capture | None) -> Scraped:
    """Invoke the scraper as its schedule would: its target, its input, its role's rights.

    A replay adds the index, the language and the moment of the capture to the schedule's input.

    Raises:
        LocalError: the function could not be invoked at all.
    """
    if replay is not None and stack.site is not None:
        replay.show_on(stack.site)
    target = schedule_target(stack, "scraper-schedule")
    event = json.loads(target["Input"])
    if replay is not None:
        event |= {"indices": [replay.indice], "language": replay.language}
        if replay.captured_at is not None:
            event["captured_at"] = replay.captured_at.isoformat()
    answer = invoke(stack, target["Arn"], event, role=target["RoleArn"])
    return _outcome(answer, replay)


def invoke(stack: Stack, function: str, event: Mapping[str, Any], *, role: str) -> dict[str, Any]:
    """Invoke a function with a role's rights; the answer has ``errorMessage`` where the function raised.

    Raises:
        LocalError: the role may not invoke it.
    """
    try:
        answer = stack.aws.as_role(role)["lambda"].invoke(
            FunctionName=function, Payload=json.dumps(event).encode()
        )
    except ClientError as error:
        raise LocalError(f"{function} could not be invoked: {error}") from error
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """A job and what starts it, by the stack's exports; ``arrival`` is the object whose event does."""

    job: str
    trigger: str
    arrival: str
    tables: tuple[str, ...]


PORTFOLIO = Refinement(
    job="carteiraJob", trigger="triggerFunction", arrival="raw object", tables=("carteira", "carteira_setor")
)
QUOTES = Refinement(
    job="negociacaoJob", trigger="quotesTriggerFunction", arrival="batch object", tables=("negociacao",)
)


INDEX = Refinement(
    job="indiceJob",
    trigger="indexTriggerFunction",
    arrival="run that succeeded",
    tables=("indice_membro", "indice_diario"),
)


def await_indices(stack: Stack) -> None:
    """Wait until the indices are computed of everything that the other two jobs have refined.

    Raises:
        AwaitedInVain: the job that computes them was not started, or does not end.
        LocalError: its last run failed.
    """
    feeding = [run for of in (PORTFOLIO, QUOTES) for run in job_runs(stack, of)]
    latest = max((run["CompletedOn"] for run in feeding if run["JobRunState"] == "SUCCEEDED"), default=None)
    if latest is None:
        return

    def computed() -> bool:
        runs = job_runs(stack, INDEX)
        return any(run["StartedOn"] >= latest for run in runs) and all(
            run["JobRunState"] in _ENDED for run in runs
        )

    await_true(
        computed,
        what=f"a run of Glue job {stack.exports[INDEX.job]} (Glue Job State Change → rule → Lambda → StartJobRun)",
        seconds=TRIGGER_SECONDS + JOB_SECONDS,
        look=f"log group /aws/lambda/{stack.exports[INDEX.trigger]} in {stack.emulator.log}",
    )
    last = max(job_runs(stack, INDEX), key=lambda run: run["StartedOn"])
    if last["JobRunState"] != "SUCCEEDED":
        raise LocalError(
            f"Glue job {stack.exports[INDEX.job]} {last['JobRunState'].lower()}: {last['ErrorMessage']}"
        )


def await_report(stack: Stack, indice: str = "IBOV") -> tuple[IndexReport, Mailed] | None:
    """Wait until the newest session that can be reported on has been; None where none can be.

    Returns:
        The report as its function read it, and what was mailed.

    Raises:
        AwaitedInVain: the report's function was not started, or failed.
    """
    session = newest_session(stack.athena, indice)
    if session is None or session.previous is None or session.coverage < LEAST_COVERAGE:
        return None
    pages = Pages(client=stack.aws["s3"], bucket=stack.exports["resultsBucket"])
    key = pages.key(indice, session.day)
    await_true(
        lambda: pages.mailed(key) is not None,
        what=f"the report of {session.day} (Glue Job State Change → rule → Lambda → {pages.address(key)} → SNS)",
        seconds=TRIGGER_SECONDS,
        look=f"log group /aws/lambda/{stack.exports['reportFunction']} in {stack.emulator.log}",
    )
    mailed = pages.mailed(key)
    return (load(pages.answers(key)), mailed) if mailed else None


def job_runs(stack: Stack, of: Refinement = PORTFOLIO) -> list[dict[str, Any]]:
    """Every run of a job of the stack, as GetJobRuns tells."""
    runs: list[dict[str, Any]] = stack.aws["glue"].get_job_runs(JobName=stack.exports[of.job])["JobRuns"]
    return runs


def await_job_runs(
    stack: Stack, count: int, *, known: Collection[str] = (), of: Refinement = PORTFOLIO
) -> list[dict[str, Any]]:
    """Wait until the trigger has started ``count`` runs of a job and all of them have ended.

    Args:
        stack: the running stack.
        count: how many runs there must be beside the known ones.
        known: ids of runs that were there before.
        of: which job.

    Raises:
        AwaitedInVain: runs are missing or don't end.
        LocalError: a run failed; the message is the run's.
    """
    job = stack.exports[of.job]

    def new() -> list[dict[str, Any]]:
        return [run for run in job_runs(stack, of) if run["Id"] not in known]

    await_true(
        lambda: len(new()) >= count,
        what=f"run {count} of Glue job {job} ({of.arrival} → S3 event → trigger Lambda → StartJobRun)",
        seconds=TRIGGER_SECONDS,
        look=f"the notification of bucket {stack.exports['lakeBucket']} and, in {stack.emulator.log}, "
        f"log group /aws/lambda/{stack.exports[of.trigger]}",
    )
    logs = f"log groups /aws-glue/jobs/{job}/output and /error in {stack.emulator.log}"
    await_true(
        lambda: all(run["JobRunState"] in _ENDED for run in new()),
        what=f"the end of Glue job {job}",
        seconds=JOB_SECONDS,
        look=logs,
    )
    ended = new()
    for run in ended:
        if run["JobRunState"] != "SUCCEEDED":
            message = (run.get("ErrorMessage") or run["JobRunState"]).strip()
            raise LocalError(f"Glue job {job} {run['JobRunState'].lower()}: {message}; look at {logs}")
    return ended


def await_true(holds: Callable[[], bool], *, what: str, seconds: float, look: str) -> None:
    """Ask until it holds, the longer it takes the less often: asking keeps from work what is waited for.

    Raises:
        AwaitedInVain: it didn't within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    pause, longest = _POLL_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise AwaitedInVain(what, seconds, look)
        time.sleep(pause)
        pause = min(pause * 1.3, longest)


def schedule_target(stack: Stack, name: str) -> dict[str, Any]:
    """What one of the program's schedules invokes, by its name in the program."""
    schedule = stack.deployment.one(":Schedule", name).inputs["name"]
    target: dict[str, Any] = stack.aws["scheduler"].get_schedule(Name=schedule)["Target"]
    return target


def _outcome(answer: Mapping[str, Any], replay: Capture | None) -> Scraped:
    if "errorMessage" in answer:
        return Scraped(
            indice=replay.indice if replay else "IBOV",
            session=replay.session if replay else None,
            members=None,
            status="refused",
            reason=str(answer["errorMessage"]),
        )
    stored = answer["sessions"][0]
    indice, members = next(iter(stored["indices"].items()))
    return Scraped(
        indice=indice,
        session=date.fromisoformat(stored["date"]),
        members=members,
        status=stored["status"],
        key=stored["key"],
    )
