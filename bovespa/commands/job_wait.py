"""Waits for the runs of a Glue job that the lake's events set off."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bovespa.errors import UserError

_WAIT_SECONDS = 900.0  # a run; Glue on AWS takes a minute or two, and runs one after another
_POLL_SECONDS = 0.5
_FAILED = frozenset({"FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"})


def run_ids(glue: Any, job: str) -> frozenset[str]:
    """The job's runs up to now; ``glue`` is a boto3 client.

    Raises:
        UserError: Glue can't be asked.
    """
    return frozenset(run["Id"] for run in _runs(glue, job))


def await_runs(glue: Any, job: str, known: Collection[str], count: int) -> None:
    """Wait until ``count`` runs beside the known ones have succeeded.

    Raises:
        UserError: one failed, they took longer than 15 minutes each, or Glue can't be asked.
    """
    seconds = _WAIT_SECONDS * max(1, count)
    deadline = time.monotonic() + seconds
    while True:
        new = [run for run in _runs(glue, job) if run["Id"] not in known]
        if failed := [run for run in new if run["JobRunState"] in _FAILED]:
            raise UserError(
                f"Glue job {job} failed: {failed[0].get('ErrorMessage') or failed[0]['JobRunState']}"
            )
        if len(new) >= count and all(run["JobRunState"] == "SUCCEEDED" for run in new):
            return
        if time.monotonic() > deadline:
            raise UserError(
                f"{count} runs of Glue job {job} did not succeed within {seconds:.0f} s; "
                "the data is in raw: see the job's runs"
            )
        time.sleep(_POLL_SECONDS)


def _runs(glue: Any, job: str) -> list[dict[str, Any]]:
    try:
        runs: list[dict[str, Any]] = glue.get_job_runs(JobName=job)["JobRuns"]
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the runs of Glue job {job} can't be asked for: {error}") from error
    return runs
