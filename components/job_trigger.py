"""A job after other jobs: a run of one of them that succeeded starts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.context import Context
from components.function import PythonFunction, PythonFunctionArgs
from components.job_success import invoke_after
from components.policy import Statement
from components.settings import Settings
from components.visual_job import VisualJob


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTriggerArgs:
    """``job`` is started after each run of the jobs ``after`` that succeeded."""

    context: Context
    settings: Settings
    after: Sequence[VisualJob]
    job: VisualJob


class JobTrigger(pulumi.ComponentResource):
    """EventBridge ("Glue Job State Change") → Lambda → StartJobRun; no rule may have a job as its target."""

    function: PythonFunction

    def __init__(self, name: str, args: JobTriggerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:JobTrigger", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, job = args.context, args.job
        self.function = PythonFunction(
            name,
            PythonFunctionArgs(
                context=context,
                description=f"Starts the Glue job {job.short} once one that it builds on has succeeded.",
                handler="functions.trigger.after_job.handler",
                lock="requirements/trigger.txt",
                environment={"JOB_NAME": job.job_name},
                statements=[
                    Statement(
                        sid="StartJob",
                        actions=["glue:StartJobRun"],
                        resources=[context.arn("glue", f"job/{job.job_name}")],
                    )
                ],
                log_retention_days=args.settings.log_retention_days,
                timeout=30,
                memory=256,
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
