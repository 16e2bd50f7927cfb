"""Whether sessions are refined as raw says, and what makes them so: runs of the deployed Glue jobs.

A session is refined where its newest object in REFINED is no older than its newest one in raw, and a run
of the job that began after raw was written has succeeded. A run that died between emptying a session
and writing it fails the second, however new what it wrote.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bovespa.errors import UserError
from bovespa.target import Target

RUN_SECONDS = 900.0  # a run; Glue on AWS takes a minute or two, and runs one after another
EVENT_SECONDS = 20.0  # from an object in raw to the run that its event starts
POLL_SECONDS = 0.5
ACTIVE = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
_BUSY = frozenset({"ConcurrentRunsExceededException"})


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the stack: the export with its name, and the dataset that it refines."""

    export: str
    dataset: str


PORTFOLIO = Job("carteiraJob", "carteira")
QUOTES = Job("negociacaoJob", "negociacao")
JOBS = {job.dataset: job for job in (PORTFOLIO, QUOTES)}


class Refinement:
    """One job of a stack, and the sessions that it refines.

    Args:
        target: the stack.
        job: which of its jobs.
        tell: called with a line for people on what is being done.

    Raises:
        UserError: the stack has no such job.
    """

    def __init__(self, target: Target, job: Job, *, tell: Callable[[str], None]) -> None:
        name = target.exports.get(job.export)
        if name is None:
            raise UserError(f"the stack has no job for {job.dataset} yet: deploy it again with `pulumi up`")
        self.name = str(name)
        self._dataset = job.dataset
        self._s3, self._glue = target.aws["s3"], target.aws["glue"]
        self._bucket = str(target.exports["lakeBucket"])
        self._tell = tell

    def sessions(self) -> list[date]:
        """Every session in raw, in order."""
        return sorted(self._written(f"raw/{self._dataset}/dt=", date.min, date.max))

    def behind(self, days: Collection[date]) -> list[date]:
        """Those of the sessions that are not refined as raw says, in order.

        Raises:
            UserError: one is not in raw, or AWS can't be asked.
        """
        if not days:
            return []
        raw = self._written(f"raw/{self._dataset}/dt=", min(days), max(days))
        if gone := sorted(set(days) - raw.keys()):
            raise UserError(
                f"{_shown(gone)}: not in raw/{self._dataset}/; what a job set aside is under quarantine/"
            )
        refined = self._written(f"REFINED/{self._dataset}/data_pregao=", min(days), max(days))
        begun = [
            run["StartedOn"].replace(microsecond=0)
            for run in self._runs()
            if run["JobRunState"] == "SUCCEEDED"
        ]
        last = max(begun, default=None)
        return sorted(
            day
            for day in days
            if last is None or last < raw[day] or day not in refined or refined[day] < raw[day]
        )

    def touch(self, days: Iterable[date]) -> None:
        """Write the sessions' raw objects anew, as they are, so that the job takes them again."""
        for day in days:
            for key, _ in self._objects(f"raw/{self._dataset}/dt={day.isoformat()}/"):
                with asking("raw"):
                    body = self._s3.get_object(Bucket=self._bucket, Key=key)
                    self._s3.put_object(
                        Bucket=self._bucket, Key=key, Body=body["Body"].read(), IfMatch=body["ETag"]
                    )

    def await_refined(self, days: Collection[date], *, event: bool, count: int = 1) -> bool:
        """Wait until all of the sessions are refined as raw says; start a run where none is on its way.

        Args:
            days: which sessions.
            event: whether something was just stored, whose event starts a run.
            count: how many runs may be needed, each with its own quarter of an hour.

        Returns:
            Whether a run was started here.

        Raises:
            UserError: the run failed, left a session as it was, or took longer than 15 minutes.
        """
        began = time.monotonic()
        before = {run["Id"] for run in self._runs()}
        mine: str | None = None
        while behind := self.behind(days):
            runs = {run["Id"]: run for run in self._runs()}
            waited = time.monotonic() - began
            if waited > RUN_SECONDS * count:
                raise UserError(
                    f"Glue job {self.name} has not refined {_shown(behind)} within {waited:.0f} s; the data is "
                    "in raw: `bovespa refine` tries again"
                )
            if any(run["JobRunState"] in ACTIVE for run in runs.values()):
                pass
            elif mine in runs:
                self._check(runs[mine])
                if behind := self.behind(days):
                    raise UserError(
                        f"Glue job {self.name} succeeded and left {_shown(behind)} as it was; "
                        "`bovespa refine --date DATE` makes it take the session again"
                    )
            elif mine is None and (runs.keys() - before or not event or waited > EVENT_SECONDS):
                self._tell(f"{_shown(behind)}: not refined as raw says; starting Glue job {self.name}")
                mine = self._start()
            time.sleep(POLL_SECONDS)
        return mine is not None

    def run(self) -> None:
        """Start a run and wait for its end.

        Raises:
            UserError: it failed, or took longer than 15 minutes.
        """
        deadline = time.monotonic() + RUN_SECONDS
        mine: str | None = None
        while time.monotonic() < deadline:
            mine = mine or self._start()
            for run in self._runs():
                if run["Id"] == mine and run["JobRunState"] not in ACTIVE:
                    self._check(run)
                    return
            time.sleep(POLL_SECONDS)
        raise UserError(f"Glue job {self.name} did not end within {RUN_SECONDS:.0f} s: see its runs")

    def _check(self, run: dict[str, Any]) -> None:
        if run["JobRunState"] != "SUCCEEDED":
            reason = str(run.get("ErrorMessage") or run["JobRunState"]).strip()
            raise UserError(f"Glue job {self.name} failed: {reason}")

    def _start(self) -> str | None:
        """The new run's id; None where another run is in the way."""
        try:
            return str(self._glue.start_job_run(JobName=self.name, JobRunQueuingEnabled=True)["JobRunId"])
        except ClientError as error:
            if error.response["Error"]["Code"] in _BUSY:
                return None
            raise UserError(f"Glue job {self.name} can't be started: {error}") from error
        except BotoCoreError as error:
            raise UserError(f"Glue job {self.name} can't be started: {error}") from error

    def _runs(self) -> list[dict[str, Any]]:
        with asking(f"the runs of Glue job {self.name}"):
            runs: list[dict[str, Any]] = self._glue.get_job_runs(JobName=self.name)["JobRuns"]
            return runs

    def _written(self, prefix: str, first: date, last: date) -> dict[date, datetime]:
        """When each session of a folder was last written, from one day to another."""
        found: dict[date, datetime] = {}
        after = "" if first == date.min else f"{prefix}{first.isoformat()}"
        for key, written in self._objects(prefix, after=after):
            try:
                day = date.fromisoformat(key.removeprefix(prefix)[:10])
            except ValueError:
                continue
            if day > last:
                break
            # Whole seconds: not every run or object has finer times.
            written = written.replace(microsecond=0)
            found[day] = max(written, found.get(day, written))
        return found

    def _objects(self, prefix: str, *, after: str = "") -> Iterator[tuple[str, datetime]]:
        start = {"StartAfter": after} if after else {}
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, **start
        )
        with asking("the lake"):
            for page in pages:
                for entry in page.get("Contents", ()):
                    if not entry["Key"].endswith(("/", "_$folder$")):
                        yield entry["Key"], entry["LastModified"]


@contextlib.contextmanager
def asking(what: str) -> Iterator[None]:
    """Says what could not be asked for."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"{what} can't be asked for: {error}") from error


def _shown(days: Collection[date]) -> str:
    ordered = sorted(days)
    few = ", ".join(map(str, ordered[:3]))
    return few if len(ordered) <= 3 else f"{ordered[0]} to {ordered[-1]} ({len(ordered)} sessions)"
