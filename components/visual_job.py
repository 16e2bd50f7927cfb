"""A visual Glue job: its definition from the repository, its role, its logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.dynamic import Resource

from components.bucket import PrivateBucket
from components.catalogue import DATABASE
from components.context import Context
from components.default_tags import default_tags_are_secret
from components.packaging import PROJECT
from components.policy import Statement, assumable_by, document
from components.settings import Settings
from components.visual_job_provider import STAND_IN_ACCOUNT, VisualJobProvider
from glue.definition import DefinitionError, fill, load, parse, to_api
from glue.validation import errors, validate

# What a preview doesn't know yet, in the form that it will have.
_LAKE, _ROLE = "bucket", f"arn:aws:iam::{STAND_IN_ACCOUNT}:role/role"


class InvalidJob(pulumi.RunError, ValueError):
    """A job that Glue would refuse; the message has one line per problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualJobArgs:
    """What differs between jobs.

    ``definition`` is a file of the project in the API's format, whose ``${…}`` are filled from
    ``placeholders``. The job reads ``source_prefix`` of the lake, writes ``REFINED/`` and catalogues
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

    job_name: str
    resource: GlueVisualJob

    def __init__(self, name: str, args: VisualJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:VisualJob", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context = args.context
        if self.get_provider("aws:glue/job:Job") is not None:
            raise InvalidJob(
                f"visual job {name}: an explicit aws.Provider can't be handed on to it, since no dynamic resource takes "
                "one: leave the provider out, and say aws:profile, aws:assumeRoles … in the stack's configuration"
            )
        self.job_name = context.name(name)
        log_prefix = f"/aws-glue/jobs/{self.job_name}"
        body = _job_body(args, self.job_name, log_prefix)
        logs = [
            aws.cloudwatch.LogGroup(
                f"{name}-{kind}",
                name=f"{log_prefix}/{kind}",
                retention_in_days=args.settings.log_retention_days,
                opts=child,
            )
            for kind in ("output", "error")
        ]
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
        text = pulumi.Output.json_dumps(
            pulumi.Output.all(lake=args.lake.name, role=role.arn, **args.placeholders).apply(body)
        )
        self.resource = GlueVisualJob(
            name,
            name=self.job_name,
            region=context.region,
            account=context.account_id,
            definition=pulumi.Output.secret(text) if default_tags_are_secret() else text,
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[policy, *logs])),
        )
        self.register_outputs({"name": self.resource.name})


def _job_body(args: VisualJobArgs, job_name: str, log_prefix: str) -> Callable[[Mapping[str, Any]], Any]:
    """CreateJob's whole input by what only a deployment knows: ``lake``, ``role``, and the placeholders' values.

    Raises:
        InvalidJob: Glue would refuse it, whatever those turn out to be.
    """
    tags = {"project": pulumi.get_project(), "stack": pulumi.get_stack(), **args.settings.default_tags}
    try:
        definition = load(PROJECT / args.definition)
        properties = _job_properties(args, log_prefix, tags)

        def body(known: Mapping[str, Any]) -> dict[str, Any]:
            return {
                **to_api(fill(definition, {**known, "lake_bucket": known["lake"]})),
                **properties(known["lake"], known["role"]),
                "Name": job_name,
            }

        stand_ins = {"lake": _LAKE, "role": _ROLE, **dict.fromkeys(args.placeholders, "value")}
        problems = errors(validate(parse(body(stand_ins))))
    except DefinitionError as error:
        raise InvalidJob(str(error).removeprefix(f"{PROJECT}/")) from None
    if problems:
        raise InvalidJob("\n".join(f"{args.definition}: {problem}" for problem in problems))
    return body


def _job_properties(
    args: VisualJobArgs, log_prefix: str, tags: Mapping[str, str]
) -> Callable[[str, str], dict[str, Any]]:
    settings = args.settings

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
            # Bookmarks don't go with concurrent runs or retries: a second event waits in the queue.
            "MaxRetries": 0,
            "ExecutionProperty": {"MaxConcurrentRuns": 1},
            "JobRunQueuingEnabled": True,
            "DefaultArguments": {
                "--job-language": "python",
                "--job-bookmark-option": "job-bookmark-enable",
                "--enable-glue-datacatalog": "true",
                "--TempDir": f"s3://{lake}/glue/temporary/",
                "--custom-logGroup-prefix": log_prefix,
            },
            "Tags": dict(tags),
        }

    return of


def _statements(args: VisualJobArgs, job_name: str, log_prefix: str) -> list[Statement]:
    context, lake = args.context, args.lake
    tables = [context.arn("glue", f"table/{DATABASE}/{table}") for table in args.tables]
    return [
        Statement(
            sid="ReadRaw",
            actions=["s3:GetObject"],
            resources=[_under(lake, args.source_prefix)],
        ),
        Statement(
            sid="WriteRefined",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[_under(lake, "REFINED")],
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
            actions=["glue:GetJobRuns", "glue:GetJobBookmark", "glue:UpdateJobBookmark"],
            resources=[context.arn("glue", f"job/{job_name}")],
        ),
        Statement(
            sid="WriteLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[context.arn("logs", f"log-group:{log_prefix}/*")],
        ),
    ]


def _under(lake: PrivateBucket, prefix: str) -> pulumi.Output[str]:
    """Objects under a prefix, and the folder itself, which Spark asks for and marks without its slash."""
    return lake.arn.apply(lambda arn: f"{arn}/{prefix.rstrip('/')}*")
