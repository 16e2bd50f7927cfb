"""The daily compaction: a function on a schedule, and the Athena workgroup that it works through."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.athena import bounded_workgroup
from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunction, PythonFunctionArgs
from components.policy import Statement, run_queries
from components.schedule import Time
from components.scheduled_function import ScheduledFunction
from components.stream.settings import StreamSettings
from lake.tables.bitcoin_trades import PENDING_PREFIX, STAGING_PREFIX, TRADES_PREFIX

RESULTS_PREFIX = "bitcoin/compaction/results/"
_LAMBDA_SECONDS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCompactionArgs:
    """``table`` lies in ``bucket``, under ``bitcoin/trades/``."""

    context: Context
    settings: StreamSettings
    bucket: PrivateBucket
    table: aws.glue.CatalogTable


class StreamCompaction(pulumi.ComponentResource):
    """Scheduler → Lambda → Athena, once a night."""

    workgroup: aws.athena.Workgroup
    function: PythonFunction

    def __init__(
        self, name: str, args: StreamCompactionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bovespa:index:StreamCompaction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, bucket = args.context, args.bucket
        # Its own: the reports' workgroup stops a query long before a day of trades is read.
        self.workgroup = workgroup = bounded_workgroup(
            name,
            context,
            own_name=context.name(name),
            description="The daily compaction of the trades.",
            results=pulumi.Output.format("s3://{0}/{1}", bucket.name, RESULTS_PREFIX),
            scan_limit_mb=args.settings.compaction_scan_limit_mb,
            opts=child,
        )
        function = PythonFunctionArgs(
            context=context,
            description="Rewrites a day's files of trades into one sorted file per market.",
            handler="functions.compaction.handler.handler",
            lock="requirements/compaction.txt",
            environment={
                "STREAM_BUCKET": bucket.name,
                "DATABASE": args.table.database_name,
                "WORKGROUP": workgroup.name,
            },
            statements=_statements(args, workgroup),
            timeout=_LAMBDA_SECONDS,
            memory=256,
        )
        schedule = Time(
            expression=args.settings.compaction_schedule,
            description="Compacts the trades of the days before.",
        )
        scheduled = ScheduledFunction(
            "bovespa:index:Compaction", name, function, {"schedule": schedule}, child
        )
        self.function = scheduled.function
        self.register_outputs({"function": self.function.function.name, "workgroup": workgroup.name})


def _statements(args: StreamCompactionArgs, workgroup: aws.athena.Workgroup) -> list[Statement]:
    context, bucket, table = args.context, args.bucket, args.table

    def under(*prefixes: str) -> list[pulumi.Output[str]]:
        return [bucket.under(prefix) for prefix in prefixes]

    return [
        run_queries(workgroup.arn),
        Statement(
            sid="ReadSchema",
            actions=["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"],
            resources=[
                context.arn("glue", "catalog"),
                pulumi.Output.format(context.arn("glue", "database/{0}"), table.database_name),
                pulumi.Output.format(context.arn("glue", "table/{0}/{1}"), table.database_name, table.name),
            ],
        ),
        Statement(
            sid="ReadAndReplaceTrades",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=under(TRADES_PREFIX, STAGING_PREFIX, PENDING_PREFIX),
        ),
        Statement(
            sid="KeepResults",
            actions=["s3:GetObject", "s3:PutObject"],
            resources=under(RESULTS_PREFIX),
        ),
        Statement(
            sid="UploadInParts",
            actions=["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            resources=under(TRADES_PREFIX, STAGING_PREFIX, RESULTS_PREFIX),
        ),
        Statement(
            sid="ListObjects",
            actions=["s3:ListBucket"],
            resources=[bucket.arn],
            conditions={"StringLike": {"s3:prefix": ["bitcoin/trades/*", "bitcoin/compaction/*"]}},
        ),
        Statement(
            sid="LocateBucket",
            actions=["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            resources=[bucket.arn],
        ),
    ]
