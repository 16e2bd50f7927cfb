"""The daily report: once the indices are computed, a function writes the page and mails its headline and link."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import Context
from components.function import PythonFunction, PythonFunctionArgs
from components.job_events import invoke_after
from components.lake import QUERY_RESULTS, REPORTS, Lake
from components.packaging import PROJECT
from components.policy import Statement, run_queries
from components.visual_job import VisualJob
from lake.tables import refined_table
from lake.tables.carteira_teorica import RAW as CARTEIRA_TEORICA

_ASKED = ("negociacao", "indice_membro", "indice_diario")  # by the saved queries of the report


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyReportArgs:
    """``after`` computes the indices in ``database``; pages and query results go to ``lake``'s bucket for results."""

    context: Context
    lake: Lake
    workgroup: aws.athena.Workgroup
    database: pulumi.Input[str]
    after: VisualJob


class DailyReport(pulumi.ComponentResource):
    """EventBridge ("Glue Job State Change") → Lambda → Athena → page in S3 → SNS.

    The topic is there in any case, for whoever wants to subscribe something else; without ``reportEmail`` nobody is mailed.
    """

    function: PythonFunction
    topic: aws.sns.Topic

    def __init__(self, name: str, args: DailyReportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:DailyReport", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, settings = args.context, args.context.settings
        self.topic = aws.sns.Topic(f"{name}-topic", kms_master_key_id=context.kms_key_arn or None, opts=child)
        if settings.report_email:
            aws.sns.TopicSubscription(
                f"{name}-email",
                topic=self.topic.arn,
                protocol="email",
                endpoint=settings.report_email,
                opts=child,
            )
        self.function = PythonFunction(
            name,
            PythonFunctionArgs(
                context=context,
                description="Writes the page of the newest session, and mails its headline and a link.",
                handler="functions.report.handler.handler",
                lock="requirements/report.txt",
                data=_data(),
                environment={
                    "WORKGROUP": args.workgroup.name,
                    "DATABASE": args.database,
                    "REPORTS_BUCKET": args.lake.results.name,
                    "TOPIC_ARN": self.topic.arn,
                    "INDICES": ",".join(settings.indices),
                    "STACK": pulumi.get_stack(),
                },
                statements=_statements(args, self.topic),
                timeout=300,
                memory=512,
            ),
            child,
        )
        invoke_after(name, self.function, [args.after], description="The indices were computed.", opts=child)
        self.register_outputs({"function": self.function.function.name, "topic": self.topic.arn})


def _data() -> list[str]:
    """What the modules read beside themselves: the saved queries, the templates and style sheets."""
    beside = [
        path.relative_to(PROJECT).as_posix() for path in (PROJECT / "reports").iterdir() if path.is_file()
    ]
    return ["lake/sql", *sorted(name for name in beside if not name.endswith(".py"))]


def _statements(args: DailyReportArgs, topic: aws.sns.Topic) -> list[Statement]:
    """Athena reads with the caller's rights: catalogue, files and results are the function's to be granted."""
    context, lake, results = args.context, args.lake.bucket, args.lake.results
    tables = [*(refined_table(name) for name in _ASKED), CARTEIRA_TEORICA]

    def catalogued(part: str) -> pulumi.Output[str]:
        return pulumi.Output.format(context.arn("glue", part), args.database)

    return [
        run_queries(args.workgroup.arn),
        Statement(
            sid="ReadSchema",
            actions=[
                "glue:GetDatabase",
                "glue:GetTable",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:BatchGetPartition",
            ],
            resources=[
                context.arn("glue", "catalog"),
                catalogued("database/{0}"),
                *(catalogued(f"table/{{0}}/{table.name}") for table in tables),
            ],
        ),
        Statement(
            sid="ReadTables",
            actions=["s3:GetObject"],
            resources=[lake.under(table.prefix) for table in tables],
        ),
        Statement(
            sid="ListTables",
            actions=["s3:ListBucket"],
            resources=[lake.arn],
            conditions={"StringLike": {"s3:prefix": [f"{table.prefix}*" for table in tables]}},
        ),
        Statement(
            sid="KeepResults",
            actions=[
                "s3:GetObject",
                "s3:PutObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            resources=[results.under(QUERY_RESULTS)],
        ),
        Statement(
            sid="LocateBuckets",
            actions=["s3:GetBucketLocation"],
            resources=[lake.arn, results.arn],
        ),
        # A link opens what its signer may get; a note that is not there is "not found" only to who may list.
        Statement(
            sid="KeepPages", actions=["s3:GetObject", "s3:PutObject"], resources=[results.under(REPORTS)]
        ),
        Statement(
            sid="ListResultsAndPages",
            actions=["s3:ListBucket"],
            resources=[results.arn],
            conditions={"StringLike": {"s3:prefix": [f"{QUERY_RESULTS}*", f"{REPORTS}*"]}},
        ),
        Statement(sid="Mail", actions=["sns:Publish"], resources=[topic.arn]),
    ]
