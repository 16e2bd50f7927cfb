"""The trigger: a function that starts one Glue job when the lake gets an object of a certain kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunction, PythonFunctionArgs
from components.policy import Statement
from components.visual_job import VisualJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Which new objects start a job: those under ``prefix`` that end in ``suffix``.

    ``pattern`` is a regular expression that the whole key must match besides.
    """

    prefix: str
    suffix: str
    pattern: str


PORTFOLIO = Arrival(
    prefix="raw/carteira/",
    suffix=".parquet",
    pattern=r"raw/carteira/dt=\d{4}-\d{2}-\d{2}/carteira\.parquet",
)
# One object a file of quotes, not one a session: a year's file is one run of the job.
QUOTES = Arrival(
    prefix="lotes/negociacao/",
    suffix=".json",
    pattern=r"lotes/negociacao/COTAHIST_[DMA]\d{4,8}-[0-9a-f]{64}(-\d{4}-\d{2}-\d{2}){0,2}\.json",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerArgs:
    """``job`` is started on an ``arrival`` in ``lake``."""

    context: Context
    lake: PrivateBucket
    arrival: Arrival
    job: VisualJob


def starter(
    context: Context,
    job: VisualJob,
    *,
    handler: str,
    description: str,
    environment: Mapping[str, pulumi.Input[str]],
) -> PythonFunctionArgs:
    """A function that may start one job, and nothing else."""
    return PythonFunctionArgs(
        context=context,
        description=description,
        handler=handler,
        lock="requirements/trigger.txt",
        environment={**environment, "JOB_NAME": job.job_name},
        statements=[
            Statement(
                sid="StartJob",
                actions=["glue:StartJobRun"],
                resources=[context.arn("glue", f"job/{job.job_name}")],
            )
        ],
        timeout=30,
        memory=256,
    )


class Trigger(pulumi.ComponentResource):
    """Lambda → StartJobRun. One function a job: what fails for one leaves the other alone."""

    function: PythonFunction
    arrival: Arrival
    ready: Sequence[pulumi.Resource]
    """What must be there before the first event may come."""

    def __init__(self, name: str, args: TriggerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Trigger", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, lake = args.context, args.lake
        self.arrival = args.arrival
        self.function = PythonFunction(
            name,
            starter(
                context,
                args.job,
                handler="functions.trigger.handler.handler",
                description=f"Starts the Glue job when {args.arrival.prefix} has something new.",
                environment={"LAKE_BUCKET": lake.name, "KEY_PATTERN": args.arrival.pattern},
            ),
            child,
        )
        permission = aws.lambda_.Permission(
            f"{name}-permission",
            statement_id="LakeBucket",
            action="lambda:InvokeFunction",
            function=self.function.function.name,
            principal="s3.amazonaws.com",
            source_arn=lake.arn,
            source_account=context.account_id,
            opts=child,
        )
        self.ready = [permission, args.job]
        self.register_outputs({"function": self.function.function.name})
