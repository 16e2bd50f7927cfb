"""The Glue table of theoretical portfolios and previews: raw itself, with projected partitions."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.catalogue import declare_table
from lake.tables.carteira_teorica import FIRST_DAY, RAW


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancingTableArgs:
    """``bucket`` holds raw; the table is made in ``database``."""

    bucket: pulumi.Input[str]
    database: pulumi.Input[str]


class RebalancingTable(pulumi.ComponentResource):
    """``carteira_teorica``, partitioned by the day of the capture.

    Athena works the partitions out by itself (partition projection): the function needs no right to the
    catalogue. Most days have no object, as only news is written; a query should say from which day on.
    """

    table: aws.glue.CatalogTable

    def __init__(
        self, name: str, args: RebalancingTableArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bovespa:index:RebalancingTable", name, None, opts)
        folder = pulumi.Output.format("s3://{0}/{1}", args.bucket, RAW.prefix)
        self.table = declare_table(
            name,
            RAW,
            bucket=args.bucket,
            database=args.database,
            parameters={
                "projection.enabled": "true",
                "projection.dt.type": "date",
                "projection.dt.format": "yyyy-MM-dd",
                "projection.dt.range": f"{FIRST_DAY},NOW+1DAYS",
                "projection.dt.interval": "1",
                "projection.dt.interval.unit": "DAYS",
                "storage.location.template": folder.apply(lambda found: f"{found}dt=${{dt}}/"),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.table.name})
