"""Athena: workgroups that bound what a query may read, and the saved queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket
from components.context import Context
from components.lake import QUERY_RESULTS
from lake.saved_queries import SavedQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class AthenaArgs:
    """Results go to ``results``, under ``athena/``."""

    context: Context
    results: PrivateBucket
    database: pulumi.Input[str]
    queries: Sequence[SavedQuery]


class Athena(pulumi.ComponentResource):
    """A workgroup with enforced settings, and one named query per file of ``lake/sql/``."""

    workgroup: aws.athena.Workgroup

    def __init__(self, name: str, args: AthenaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Athena", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.workgroup = bounded_workgroup(
            name,
            args.context,
            # People choose it by name, in the console and with `--workgroup`.
            own_name=args.context.prefix,
            description="Reports on the Bovespa lake.",
            results=pulumi.Output.format("s3://{0}/{1}", args.results.name, QUERY_RESULTS),
            scan_limit_mb=args.context.settings.athena_scan_limit_mb,
            opts=child,
        )
        save_queries(name, args.queries, self.workgroup.name, args.database, child)
        self.register_outputs({"workgroup": self.workgroup.name})


def bounded_workgroup(
    name: str,
    context: Context,
    *,
    own_name: str,
    description: str,
    results: pulumi.Input[str],
    scan_limit_mb: int,
    opts: pulumi.ResourceOptions,
) -> aws.athena.Workgroup:
    """A workgroup whose settings nobody overrides; ``scan_limit_mb`` is in MiB, ``results`` an address in S3."""
    return aws.athena.Workgroup(
        name,
        name=own_name,
        description=description,
        force_destroy=True,
        configuration={
            "enforce_workgroup_configuration": True,
            "publish_cloudwatch_metrics_enabled": True,
            "bytes_scanned_cutoff_per_query": scan_limit_mb * 1024 * 1024,
            "engine_version": {"selected_engine_version": "Athena engine version 3"},
            "result_configuration": {
                "output_location": results,
                "encryption_configuration": {
                    "encryption_option": "SSE_KMS",
                    "kms_key_arn": context.kms_key_arn,
                }
                if context.kms_key_arn
                else {"encryption_option": "SSE_S3"},
            },
        },
        opts=opts,
    )


def save_queries(
    name: str,
    queries: Sequence[SavedQuery],
    workgroup: pulumi.Input[str],
    database: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """One named query for each; ``name`` begins the resources' names."""
    for query in queries:
        aws.athena.NamedQuery(
            f"{name}-{query.name}",
            name=query.title,
            description=query.description,
            workgroup=workgroup,
            database=database,
            query=query.sql,
            opts=opts,
        )
