"""Waits for the runs of a Glue job that the lake's events set off."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from bovespa.errors import UserError

_WAIT_SECONDS = 900.0  # Glue on AWS takes a minute or two, more where runs queue up
_POLL_SECONDS = 0.5
_FAILED = frozenset({"FAILED", "TIMEOUT", "STOPPED", "ERROR"})


def run_ids(glue: Any, job: str) -> frozenset[str]:
    """The job's runs up to now; ``glue`` is a boto3 client."""
    return frozenset(run["Id"] for run in glue.get_job_runs(JobName=job)["JobRuns"])


def await_runs(glue: Any, job: str, known: Collection[str], count: int) -> None:
    """Wait until ``count`` runs beside the known ones have succeeded.

    Raises:
        UserError: one failed, or they took longer than 15 minutes.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        new = [run for run in glue.get_job_runs(JobName=job)["JobRuns"] if run["Id"] not in known]
        if failed := [run for run in new if run["JobRunState"] in _FAILED]:
            raise UserError(
                f"Glue job {job} failed: {failed[0].get('ErrorMessage') or failed[0]['JobRunState']}"
            )
        if len(new) >= count and all(run["JobRunState"] == "SUCCEEDED" for run in new):
            return
        if time.monotonic() > deadline:
            raise UserError(
                f"{count} runs of Glue job {job} did not succeed within {_WAIT_SECONDS:.0f} s; "
                "the data is in raw: see the job's runs"
            )
        time.sleep(_POLL_SECONDS)
