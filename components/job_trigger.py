"""A job after other jobs: a run of one of them that succeeded starts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.context import Context
from components.function import PythonFunction
from components.job_events import invoke_after
from components.trigger import starter
from components.visual_job import VisualJob


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTriggerArgs:
    """``job`` is started after each run of the jobs ``after`` that succeeded."""

    context: Context
    after: Sequence[VisualJob]
    job: VisualJob


class JobTrigger(pulumi.ComponentResource):
    """EventBridge ("Glue Job State Change") → Lambda → StartJobRun; no rule may have a job as its target."""

    function: PythonFunction

    def __init__(self, name: str, args: JobTriggerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:JobTrigger", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        job = args.job
        self.function = PythonFunction(
            name,
            starter(
                args.context,
                job,
                handler="functions.trigger.after_job.handler",
                description=f"Starts the Glue job {job.short} once one that it builds on has succeeded.",
                environment={},
            ),
            child,
        )
        invoke_after(
            name,
            self.function,
            args.after,
            description="A job that the indices are made of succeeded.",
            opts=child,
            ready=[job],
        )
        self.register_outputs({"function": self.function.function.name})
