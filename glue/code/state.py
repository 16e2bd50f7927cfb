"""What a job has done, kept from run to run: a line a session in ``glue/estado/<table>/sessoes.json``.

A line names what was read (``marca``) and the run that took it (``execucao``). It counts once Glue says that the run
succeeded (``certo``), so what a run that died had taken is done again. Nothing depends on when a file was
written, as a job bookmark does (docs/adr/0034).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import boto3

FIELDS = ("dt", "marca", "execucao", "certo")


@dataclass(frozen=True)
class Arguments:
    """The run's own: a data preview has no job, and then nothing is moved or kept."""

    job: str
    run: str
    refine: frozenset[str]

    def asks_for(self, day: str) -> bool:
        """Whether ``--refine`` (``2025-09-01,2025-09-02``, or ``all``) names the session."""
        return day in self.refine or "all" in self.refine


def arguments_in(argv: list[str]) -> Arguments:
    """The arguments that Glue passes to a script, by name with dashes."""
    given = {name: value for name, value in pairwise(argv) if name.startswith("--")}
    refine = frozenset(given.get("--refine", "").split(",")) - {""}
    return Arguments(job=given.get("--JOB_NAME", ""), run=given.get("--JOB_RUN_ID", ""), refine=refine)


def has_succeeded(glue: Any, job: str, run: str) -> bool:
    """Whether Glue says that a run of the job succeeded; one that it doesn't know did not."""
    try:
        return bool(glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"] == "SUCCEEDED")
    except glue.exceptions.EntityNotFoundException:
        return False


def lines_of(frame: Any) -> list[dict[str, str]]:
    """The lines as the source node read them; before the first run it has no columns."""
    if not set(FIELDS) <= set(frame.columns):
        return []
    rows = [{name: row[name] or "" for name in FIELDS} for row in frame.select(*FIELDS).collect()]
    return [row for row in rows if row["dt"]]


def certain(lines: list[dict[str, str]], s3: Any, bucket: str, job: str) -> dict[str, dict[str, str]]:
    """By session, the lines whose run is known to have succeeded."""
    runs = {line["execucao"] for line in lines if not line["certo"]}
    good = set()
    if runs:
        # A job's workers may have no region of their own; the job is where its bucket is.
        place = s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or "us-east-1"
        glue = boto3.client("glue", region_name=place)
        good = {run for run in runs if has_succeeded(glue, job, run)}
    return {
        line["dt"]: {**line, "certo": "sim"} for line in lines if line["certo"] or line["execucao"] in good
    }


def keep(s3: Any, bucket: str, table: str, lines: list[dict[str, str]]) -> None:
    """Write the lines in place of those that were there."""
    text = "".join(f"{json.dumps(line)}\n" for line in sorted(lines, key=lambda line: line["dt"]))
    s3.put_object(Bucket=bucket, Key=f"glue/estado/{table}/sessoes.json", Body=text.encode())


def this_run() -> Arguments:
    """The arguments of the run that this code is in."""
    return arguments_in(sys.argv)
