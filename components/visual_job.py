"""A visual Glue job: its definition from the repository, its role, its logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.dynamic import Resource

from components.bucket import PrivateBucket
from components.catalogue import DATABASE
from components.context import Context
from components.packaging import PROJECT
from components.policy import Statement, assumable_by, document
from components.settings import Settings
from components.visual_job_provider import VisualJobProvider
from glue.definition import fill, load, to_api
from glue.validation import errors, validate
from lake.tables.column import Table


class InvalidJob(ValueError):
    """A job definition that Glue would refuse; the message has one line per problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualJobArgs:
    """What differs between jobs.

    ``definition`` is a file of the project in the API's format, whose ``${…}`` are filled from
    ``placeholders``. The job reads ``source_prefix`` of the lake (or other jobs' tables), writes ``REFINED/`` and catalogues
    ``tables`` in ``database``.
    """

    context: Context
    settings: Settings
    lake: PrivateBucket
    definition: Path
    placeholders: Mapping[str, pulumi.Input[str]]
    source_prefix: str
    database: pulumi.Input[str]
    tables: Sequence[str]
    reads: Sequence[Table] = ()
    """Refined tables of other jobs, which the job reads by the catalogue and by what is said of their sessions."""


class GlueVisualJob(Resource, module="glue", name="VisualJob"):
    """The dynamic resource behind the component; see :class:`VisualJobProvider`."""

    name: pulumi.Output[str]
    definition: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: str,
        region: str,
        definition: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(
            VisualJobProvider(),
            resource_name,
            {"name": name, "region": region, "definition": definition},
            opts,
        )


class VisualJob(pulumi.ComponentResource):
    """A Glue job in VISUAL mode, with a role that may do what its nodes do."""

    short: str
    job_name: str
    resource: GlueVisualJob
    output_log: pulumi.Output[str]
    """The log group of what the job's code prints."""

    def __init__(self, name: str, args: VisualJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:VisualJob", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context = args.context
        definition = load(PROJECT / args.definition)
        if problems := errors(validate(definition)):
            lines = "\n".join(f"  {problem}" for problem in problems)
            raise InvalidJob(f"{args.definition}:\n{lines}")
        self.short = name
        self.job_name = context.name(name)
        log_prefix = f"/aws-glue/jobs/{self.job_name}"
        logs = [
            aws.cloudwatch.LogGroup(
                f"{name}-{kind}",
                name=f"{log_prefix}/{kind}",
                retention_in_days=args.settings.log_retention_days,
                opts=child,
            )
            for kind in ("output", "error")
        ]
        self.output_log = logs[0].name
        role = aws.iam.Role(
            f"{name}-role",
            name=self.job_name,
            assume_role_policy=assumable_by("glue.amazonaws.com", context.account_id),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            name=self.job_name,
            role=role.name,
            policy=document(_statements(args, self.job_name, log_prefix)),
            opts=child,
        )
        job_properties = _job_properties(args, log_prefix)
        self.resource = GlueVisualJob(
            name,
            name=self.job_name,
            region=context.region,
            definition=pulumi.Output.json_dumps(
                pulumi.Output.all(lake=args.lake.name, role=role.arn, **args.placeholders).apply(
                    lambda known: {
                        **to_api(fill(definition, {**known, "lake_bucket": known["lake"]})),
                        **job_properties(known["lake"], known["role"]),
                        "Name": self.job_name,
                    }
                )
            ),
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[policy, *logs])),
        )
        self.register_outputs({"name": self.resource.name})


def _job_properties(args: VisualJobArgs, log_prefix: str) -> Any:
    settings = args.settings
    tags = (pulumi.Config("aws").get_object("defaultTags") or {}).get("tags", {})

    def of(lake: str, role: str) -> dict[str, Any]:
        return {
            "JobMode": "VISUAL",
            "Role": role,
            "Command": {
                "Name": "glueetl",
                "PythonVersion": "3",
                "ScriptLocation": f"s3://{lake}/glue/scripts/{args.definition.stem}.py",
            },
            "GlueVersion": settings.glue_version,
            "WorkerType": settings.glue_worker_type,
            "NumberOfWorkers": settings.glue_workers,
            "Timeout": settings.glue_timeout_minutes,
            # What is refined is kept from run to run (docs/adr/0034): a second event waits in the queue.
            "MaxRetries": 0,
            "ExecutionProperty": {"MaxConcurrentRuns": 1},
            "JobRunQueuingEnabled": True,
            "DefaultArguments": {
                "--job-language": "python",
                "--job-bookmark-option": "job-bookmark-disable",
                "--enable-glue-datacatalog": "true",
                "--TempDir": f"s3://{lake}/glue/temporary/",
                "--custom-logGroup-prefix": log_prefix,
            },
            "Tags": tags,
        }

    return of


def _statements(args: VisualJobArgs, job_name: str, log_prefix: str) -> list[Statement]:
    context, lake = args.context, args.lake
    tables = [context.arn("glue", f"table/{DATABASE}/{table}") for table in args.tables]
    return [
        *(_of_raw(lake, args.source_prefix) if args.source_prefix else _of_refined(args)),
        Statement(
            sid="WriteRefined",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[_under(lake, "REFINED")],
        ),
        Statement(
            sid="KeepState",
            actions=["s3:GetObject", "s3:PutObject"],
            resources=[_inside(lake, f"glue/estado/{args.definition.stem}/*")],
        ),
        Statement(
            sid="ReadScript",
            actions=["s3:GetObject"],
            resources=[lake.arn.apply(lambda arn: f"{arn}/glue/scripts/*")],
        ),
        Statement(
            sid="UseTemporary",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[lake.arn.apply(lambda arn: f"{arn}/glue/temporary/*")],
        ),
        # Whole, without a condition on the prefix: Spark asks for folders that may be missing, and S3
        # answers 403 in place of 404 to whoever may list only a part.
        Statement(sid="ListLake", actions=["s3:ListBucket", "s3:GetBucketLocation"], resources=[lake.arn]),
        Statement(
            sid="Catalogue",
            actions=[
                "glue:GetDatabase",
                "glue:GetTable",
                "glue:CreateTable",
                "glue:UpdateTable",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:BatchGetPartition",
                "glue:CreatePartition",
                "glue:BatchCreatePartition",
                "glue:UpdatePartition",
            ],
            resources=[
                context.arn("glue", "catalog"),
                pulumi.Output.from_input(args.database).apply(
                    lambda name: context.arn("glue", f"database/{name}")
                ),
                *tables,
            ],
        ),
        Statement(
            sid="OwnRuns",
            actions=["glue:GetJobRun", "glue:GetJobRuns", "glue:GetJobBookmark", "glue:UpdateJobBookmark"],
            resources=[context.arn("glue", f"job/{job_name}")],
        ),
        Statement(
            sid="WriteLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[context.arn("logs", f"log-group:{log_prefix}/*")],
        ),
    ]


def _of_raw(lake: PrivateBucket, prefix: str) -> list[Statement]:
    """To read raw, and to move what is not sound out of it."""
    return [
        Statement(sid="ReadRaw", actions=["s3:GetObject"], resources=[_under(lake, prefix)]),
        Statement(sid="SetAside", actions=["s3:DeleteObject"], resources=[_inside(lake, f"{prefix}*")]),
        Statement(
            sid="KeepSetAside", actions=["s3:PutObject"], resources=[_inside(lake, f"quarantine/{prefix}*")]
        ),
    ]


def _of_refined(args: VisualJobArgs) -> list[Statement]:
    """To read other jobs' tables, and what those jobs keep of the sessions that they refined."""
    lake = args.lake
    return [
        Statement(
            sid="ReadRefined",
            actions=["s3:GetObject"],
            resources=[_under(lake, table.prefix) for table in args.reads],
        ),
        Statement(
            sid="ReadState",
            actions=["s3:GetObject"],
            resources=[_inside(lake, f"glue/estado/{table.name}/*") for table in args.reads],
        ),
        Statement(
            sid="ReadCatalogue",
            actions=["glue:GetTable", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"],
            resources=[args.context.arn("glue", f"table/{DATABASE}/{table.name}") for table in args.reads],
        ),
    ]


def _under(lake: PrivateBucket, prefix: str) -> pulumi.Output[str]:
    """Objects under a prefix, and the folder itself, which Spark asks for and marks without its slash."""
    return lake.arn.apply(lambda arn: f"{arn}/{prefix.rstrip('/')}*")


def _inside(lake: PrivateBucket, pattern: str) -> pulumi.Output[str]:
    """Objects of the lake by a pattern."""
    return lake.arn.apply(lambda arn: f"{arn}/{pattern}")
