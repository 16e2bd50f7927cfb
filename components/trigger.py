"""The trigger: the lake's bucket tells a function of new raw objects, which starts the Glue job."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunction, PythonFunctionArgs
from components.policy import Statement
from components.settings import Settings
from components.visual_job import VisualJob

RAW_PREFIX = "raw/carteira/"
_KEY_PATTERN = r"raw/carteira/dt=\d{4}-\d{2}-\d{2}/carteira\.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerArgs:
    """``job`` is started when ``lake`` gets a raw object."""

    context: Context
    settings: Settings
    lake: PrivateBucket
    job: VisualJob


class Trigger(pulumi.ComponentResource):
    """S3 event → Lambda → StartJobRun."""

    function: PythonFunction

    def __init__(self, name: str, args: TriggerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Trigger", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, lake = args.context, args.lake
        self.function = PythonFunction(
            name,
            PythonFunctionArgs(
                context=context,
                description="Starts the Glue job when raw has something new.",
                handler="functions.trigger.handler.handler",
                sources=["functions/__init__.py", "functions/trigger"],
                lock="requirements/trigger.txt",
                environment={
                    "LAKE_BUCKET": lake.name,
                    "KEY_PATTERN": _KEY_PATTERN,
                    "JOB_NAME": args.job.job_name,
                },
                statements=[
                    Statement(
                        sid="StartJob",
                        actions=["glue:StartJobRun"],
                        resources=[context.arn("glue", f"job/{args.job.job_name}")],
                    )
                ],
                log_retention_days=args.settings.log_retention_days,
                timeout=30,
                memory=256,
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
        aws.s3.BucketNotification(
            f"{name}-notification",
            bucket=lake.name,
            lambda_functions=[
                aws.s3.BucketNotificationLambdaFunctionArgs(
                    id="raw-carteira",
                    lambda_function_arn=self.function.function.arn,
                    events=["s3:ObjectCreated:*"],
                    filter_prefix=RAW_PREFIX,
                    filter_suffix=".parquet",
                )
            ],
            # S3 refuses a notification to a function that it may not invoke.
            opts=pulumi.ResourceOptions.merge(
                child, pulumi.ResourceOptions(depends_on=[permission, args.job])
            ),
        )
        self.register_outputs({"function": self.function.function.name})
