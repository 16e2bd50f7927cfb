"""A visual Glue job: its definition from the repository, its role, its logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.dynamic import Resource

from components.aws_session import STAND_IN_ACCOUNT
from components.bucket import PrivateBucket
from components.catalogue import DEFAULT
from components.context import Context
from components.default_tags import default_tags_are_secret
from components.packaging import PROJECT
from components.policy import Statement
from components.role import ServiceRole, ServiceRoleArgs
from components.visual_job_provider import VisualJobProvider
from glue.database import catalogued_in
from glue.definition import DefinitionError, fill, load, parse, to_api
from glue.validation import errors, validate
from lake.tables.column import Table

# What a preview doesn't know yet, in the form that it will have.
_STAND_INS = {
    "lake": "bucket",
    "role": f"arn:aws:iam::{STAND_IN_ACCOUNT}:role/role",
    "database": DEFAULT,
}


class InvalidJob(pulumi.RunError, ValueError):
    """A job that Glue would refuse; the message has one line per problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualJobArgs:
    """What differs between jobs.

    ``definition`` is a file of the project in the API's format, whose ``${lake_bucket}`` is filled. The job reads
    ``source_prefix`` of the lake, or other jobs' tables, writes the folders of its ``tables`` under ``REFINED/`` and
    catalogues them in ``database``.
    """

    context: Context
    lake: PrivateBucket
    definition: Path
    source_prefix: str
    database: pulumi.Input[str]
    tables: Sequence[str]
    declared: Sequence[pulumi.Resource] = ()
    """What declares the tables: there before the job, or the job would make them its own way."""
    reads: Sequence[Table] = ()
    """Refined tables of other jobs, which the job reads by the catalogue and by what is said of their sessions."""


class GlueVisualJob(Resource, module="glue", name="VisualJob"):
    """The dynamic resource behind the component; see :class:`VisualJobProvider`."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    definition: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: str,
        region: str,
        account: str,
        definition: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(
            VisualJobProvider(),
            resource_name,
            # An output that is no input has to be there from the start.
            {"name": name, "region": region, "account": account, "definition": definition, "arn": None},
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
        if self.get_provider("aws:glue/job:Job") is not None:
            raise InvalidJob(
                f"visual job {name}: an explicit aws.Provider can't be handed on to it, since no dynamic resource takes "
                "one: leave the provider out, and say aws:profile, aws:assumeRoles … in the stack's configuration"
            )
        self.short = name
        self.job_name = context.name(name)
        log_prefix = f"/aws-glue/jobs/{self.job_name}"
        body = _job_body(args, self.job_name, log_prefix)
        logs = [
            aws.cloudwatch.LogGroup(
                f"{name}-{kind}",
                name=f"{log_prefix}/{kind}",
                retention_in_days=context.settings.log_retention_days,
                kms_key_id=context.kms_key_arn or None,
                opts=child,
            )
            for kind in ("output", "error")
        ]
        self.output_log = logs[0].name
        role = ServiceRole(name, ServiceRoleArgs(context=context, service="glue"), child)
        role.allow(_statements(args, self.job_name, log_prefix))
        text = pulumi.Output.json_dumps(
            pulumi.Output.all(lake=args.lake.name, role=role.arn, database=args.database).apply(body)
        )
        self.resource = GlueVisualJob(
            name,
            name=self.job_name,
            region=context.region,
            account=context.account_id,
            definition=pulumi.Output.secret(text) if default_tags_are_secret() else text,
            opts=pulumi.ResourceOptions.merge(
                child, pulumi.ResourceOptions(depends_on=[*role.ready, *logs, *args.declared])
            ),
        )
        self.register_outputs({"name": self.resource.name})


def _job_body(
    args: VisualJobArgs, job_name: str, log_prefix: str
) -> Callable[[Mapping[str, str]], dict[str, Any]]:
    """CreateJob's whole input by what only a deployment knows: lake, role, database, and the placeholders' values.

    Raises:
        InvalidJob: Glue would refuse it, whatever those turn out to be.
    """
    tags = {
        "project": pulumi.get_project(),
        "stack": pulumi.get_stack(),
        **args.context.settings.default_tags,
    }
    try:
        definition = load(PROJECT / args.definition)

        def body(known: Mapping[str, str]) -> dict[str, Any]:
            nodes = catalogued_in(definition, known["database"])
            return {
                **to_api(fill(nodes, {**known, "lake_bucket": known["lake"]})),
                **_job_properties(args, log_prefix, known["lake"], known["role"]),
                "Name": job_name,
                "Tags": dict(tags),
            }

        problems = errors(validate(parse(body(_STAND_INS))))
    except DefinitionError as error:
        raise InvalidJob(str(error).removeprefix(f"{PROJECT}/")) from None
    if problems:
        raise InvalidJob("\n".join(f"{args.definition}: {problem}" for problem in problems))
    return body


def _job_properties(args: VisualJobArgs, log_prefix: str, lake: str, role: str) -> dict[str, Any]:
    settings = args.context.settings
    return {
        "JobMode": "VISUAL",
        "Role": role,
        "Command": {
            "Name": "glueetl",
            "PythonVersion": "3",
            "ScriptLocation": f"s3://{lake}/{_script(args)}",
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
            "--TempDir": f"s3://{lake}/{_temporary(args)}",
            "--custom-logGroup-prefix": log_prefix,
        },
    }


def _script(args: VisualJobArgs) -> str:
    return f"glue/scripts/{args.definition.stem}.py"


def _temporary(args: VisualJobArgs) -> str:
    """A folder of the job's own; the local engine keeps its bookmark there."""
    return f"glue/temporary/{args.definition.stem}/"


def _statements(args: VisualJobArgs, job_name: str, log_prefix: str) -> list[Statement]:
    context, lake = args.context, args.lake
    refined = [arn for table in args.tables for arn in lake.folder(f"REFINED/{table}")]
    return [
        *(_of_raw(lake, args.source_prefix) if args.source_prefix else _of_refined(args)),
        Statement(
            sid="WriteRefined",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=refined,
        ),
        # The folder above is no table's; what makes a folder looks for it, and marks it where it is missing.
        Statement(
            sid="MarkRefined",
            actions=["s3:GetObject", "s3:PutObject"],
            resources=[lake.key(marker) for marker in ("REFINED", "REFINED/", "REFINED_$folder$")],
        ),
        Statement(
            sid="KeepState",
            actions=["s3:GetObject", "s3:PutObject"],
            resources=[lake.under(f"glue/estado/{args.definition.stem}/")],
        ),
        Statement(sid="ReadScript", actions=["s3:GetObject"], resources=[lake.key(_script(args))]),
        Statement(
            sid="UseTemporary",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=lake.folder(_temporary(args)),
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
                "glue:BatchUpdatePartition",
            ],
            resources=[
                context.arn("glue", "catalog"),
                pulumi.Output.format(context.arn("glue", "database/{0}"), args.database),
                *(
                    pulumi.Output.format(context.arn("glue", "table/{0}/{1}"), args.database, table)
                    for table in args.tables
                ),
            ],
        ),
        # Spark looks for views of all sessions at the first name with two parts (`spark.sql.globalTempDatabase`),
        # and for `default` when it starts.
        Statement(
            sid="LookForSparksDatabases",
            actions=["glue:GetDatabase"],
            resources=[context.arn("glue", "database/default"), context.arn("glue", "database/global_temp")],
        ),
        Statement(
            sid="OwnRuns",
            actions=["glue:GetJob", "glue:GetJobRun", "glue:GetJobRuns"],
            resources=[context.arn("glue", f"job/{job_name}")],
        ),
        # The two that the Service Authorization Reference lists know no resource, so that a job's ARN would grant
        # nothing; the others it doesn't list, and lists of jobs that run have them.
        Statement(
            sid="Bookmarks",
            actions=[
                "glue:GetJobBookmark",
                "glue:GetJobBookmarks",
                "glue:ResetJobBookmark",
                "glue:UpdateJobBookmark",
            ],
            resources=["*"],
        ),
        Statement(
            sid="WriteLogs",
            actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[context.arn("logs", f"log-group:{log_prefix}/*")],
        ),
    ]


def _of_raw(lake: PrivateBucket, prefix: str) -> list[Statement]:
    """To read raw, and to move what is not sound out of it."""
    return [
        Statement(sid="ReadRaw", actions=["s3:GetObject"], resources=lake.folder(prefix)),
        Statement(sid="SetAside", actions=["s3:DeleteObject"], resources=[lake.under(prefix)]),
        Statement(
            sid="KeepSetAside", actions=["s3:PutObject"], resources=[lake.under(f"quarantine/{prefix}")]
        ),
    ]


def _of_refined(args: VisualJobArgs) -> list[Statement]:
    """To read other jobs' tables, and what those jobs keep of the sessions that they refined."""
    lake = args.lake
    return [
        Statement(
            sid="ReadRefined",
            actions=["s3:GetObject"],
            resources=[arn for table in args.reads for arn in lake.folder(table.prefix)],
        ),
        Statement(
            sid="ReadState",
            actions=["s3:GetObject"],
            resources=[lake.under(f"glue/estado/{table.name}/") for table in args.reads],
        ),
        Statement(
            sid="ReadCatalogue",
            actions=["glue:GetTable", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"],
            resources=[
                pulumi.Output.format(args.context.arn("glue", "table/{0}/{1}"), args.database, table.name)
                for table in args.reads
            ],
        ),
    ]
