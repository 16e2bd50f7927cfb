"""The third job, which computes the indices of what the other two refined: it follows them by an event."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bovespa.errors import UserError
from bovespa.refinement import ACTIVE, EVENT_SECONDS, JOBS, POLL_SECONDS, RUN_SECONDS, asking
from bovespa.target import Target

_JOB = "indiceJob"  # the export with its name


def await_indices(target: Target, *, tell: Callable[[str], None]) -> None:
    """Wait until the indices are computed of what the other jobs have refined; start a run where none comes.

    Raises:
        UserError: the run failed, or took longer than 15 minutes.
    """
    name, glue = target.exports.get(_JOB), target.aws["glue"]
    if name is None:  # a stack from before there was such a job
        return

    def runs(job: str) -> list[dict[str, Any]]:
        with asking(f"the runs of Glue job {job}"):
            found: list[dict[str, Any]] = glue.get_job_runs(JobName=job)["JobRuns"]
            return found

    feeding = [
        run
        for job in JOBS.values()
        if job.export in target.exports
        for run in runs(target.exports[job.export])
    ]
    latest = max((run["CompletedOn"] for run in feeding if run["JobRunState"] == "SUCCEEDED"), default=None)
    began, started = time.monotonic(), False
    while latest is not None:
        mine = [run for run in runs(name) if run["StartedOn"] >= latest]
        waited = time.monotonic() - began
        if any(run["JobRunState"] == "SUCCEEDED" for run in mine):
            return
        if waited > RUN_SECONDS:
            raise UserError(
                f"Glue job {name} has not computed the indices within {waited:.0f} s: see its runs"
            )
        ended = [run for run in mine if run["JobRunState"] not in ACTIVE]
        if ended and len(ended) == len(mine):
            reason = str(ended[0].get("ErrorMessage") or ended[0]["JobRunState"]).strip()
            raise UserError(f"Glue job {name} failed: {reason}")
        if not mine and waited > EVENT_SECONDS and not started:
            tell(f"no run of Glue job {name} has come: starting one")
            with asking(f"a run of Glue job {name}"):
                started = bool(glue.start_job_run(JobName=name, JobRunQueuingEnabled=True)["JobRunId"])
        time.sleep(POLL_SECONDS)
