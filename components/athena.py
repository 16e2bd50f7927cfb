"""Athena: a workgroup that bounds what a query may read, and the saved queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket
from components.context import Context
from lake.saved_queries import SavedQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class AthenaArgs:
    """``scan_limit_mb`` is in MiB; results go to ``results``, under ``athena/``."""

    context: Context
    results: PrivateBucket
    database: pulumi.Input[str]
    queries: Sequence[SavedQuery]
    scan_limit_mb: int


class Athena(pulumi.ComponentResource):
    """A workgroup with enforced settings, and one named query per file of ``queries/``."""

    workgroup: aws.athena.Workgroup

    def __init__(self, name: str, args: AthenaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Athena", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.workgroup = aws.athena.Workgroup(
            name,
            name=args.context.prefix,
            description="Reports on the Bovespa lake.",
            force_destroy=True,
            configuration=aws.athena.WorkgroupConfigurationArgs(
                enforce_workgroup_configuration=True,
                publish_cloudwatch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=args.scan_limit_mb * 1024 * 1024,
                engine_version=aws.athena.WorkgroupConfigurationEngineVersionArgs(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=aws.athena.WorkgroupConfigurationResultConfigurationArgs(
                    output_location=args.results.name.apply(lambda bucket: f"s3://{bucket}/athena/"),
                    encryption_configuration=aws.athena.WorkgroupConfigurationResultConfigurationEncryptionConfigurationArgs(
                        encryption_option="SSE_S3"
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
