"""Athena: a workgroup that bounds what a query may read, and the saved queries."""

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
    """``scan_limit_mb`` is in MiB; results go to ``results``, under ``athena/``."""

    context: Context
    results: PrivateBucket
    database: pulumi.Input[str]
    queries: Sequence[SavedQuery]
    scan_limit_mb: pulumi.Input[int]


class Athena(pulumi.ComponentResource):
    """A workgroup with enforced settings, and one named query per file of ``queries/``."""

    workgroup: aws.athena.Workgroup

    def __init__(self, name: str, args: AthenaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Athena", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.workgroup = aws.athena.Workgroup(
            name,
            # Fixed: people choose it by name, in the console and with `--workgroup`.
            name=args.context.prefix,
            description="Reports on the Bovespa lake.",
            force_destroy=True,
            configuration=aws.athena.WorkgroupConfigurationArgs(
                enforce_workgroup_configuration=True,
                publish_cloudwatch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=mebibytes(args.scan_limit_mb),
                engine_version=aws.athena.WorkgroupConfigurationEngineVersionArgs(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=aws.athena.WorkgroupConfigurationResultConfigurationArgs(
                    output_location=pulumi.Output.format("s3://{0}/{1}", args.results.name, QUERY_RESULTS),
                    encryption_configuration=aws.athena.WorkgroupConfigurationResultConfigurationEncryptionConfigurationArgs(
                        encryption_option="SSE_KMS" if args.context.kms_key_arn else "SSE_S3",
                        kms_key_arn=args.context.kms_key_arn or None,
                    ),
                ),
            ),
            opts=child,
        )
        for query in args.queries:
            aws.athena.NamedQuery(
                f"{name}-{query.name}",
                name=query.title,
                description=query.description,
                workgroup=self.workgroup.name,
                database=args.database,
                query=query.sql,
                opts=child,
            )
        self.register_outputs({"workgroup": self.workgroup.name})


def mebibytes(count: pulumi.Input[int]) -> pulumi.Output[int]:
    """So many MiB in bytes."""
    return pulumi.Output.from_input(count).apply(lambda number: number * 1024 * 1024)
