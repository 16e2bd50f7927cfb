"""Job-level properties that are legal one by one and go badly together."""

from __future__ import annotations

from collections.abc import Iterator

from glue.model import JobDefinition
from glue.problems import Problem, Severity

DEVELOPER_MODES = ("SCRIPT", "NOTEBOOK")


def job_problems(definition: JobDefinition) -> Iterator[Problem]:
    """Warnings about the job itself.

    Sources: AWS Glue Developer Guide, "Tracking processed data using job bookmarks" (maximum concurrency 1) and
    "Visual job editor" (a job in developer mode is no longer drawn); Web API Reference, "CreateJob" (MaxCapacity).
    """
    properties = definition.properties
    mode = properties.get("JobMode")
    if mode in DEVELOPER_MODES:
        yield Problem.job(
            "JobMode",
            f"is {mode}: Glue Studio runs the script at Command.ScriptLocation and no longer draws the nodes",
            Severity.WARNING,
        )
    if properties.get("WorkerType") and properties.get("MaxCapacity") is not None:
        yield Problem.job(
            "MaxCapacity",
            "is set beside WorkerType: Glue takes one of the two, and MaxCapacity is left out",
            Severity.WARNING,
        )
    arguments = properties.get("DefaultArguments")
    execution = properties.get("ExecutionProperty")
    runs = execution.get("MaxConcurrentRuns") if isinstance(execution, dict) else None
    bookmark = arguments.get("--job-bookmark-option") if isinstance(arguments, dict) else None
    if bookmark == "job-bookmark-enable" and isinstance(runs, int) and runs > 1:
        yield Problem.job(
            "ExecutionProperty.MaxConcurrentRuns",
            f"is {runs} although the job keeps a bookmark: runs at once would take the same files",
            Severity.WARNING,
        )
