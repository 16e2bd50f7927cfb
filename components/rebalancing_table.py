"""The Glue table of theoretical portfolios and previews: raw itself, with projected partitions."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from lake.tables.carteira_teorica import COLUMNS, FIRST_DAY, PREFIX, TABLE


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
        location = pulumi.Output.format("s3://{0}/{1}", args.bucket, PREFIX)
        self.table = aws.glue.CatalogTable(
            name,
            name=TABLE,
            database_name=args.database,
            description="B3's theoretical portfolios and the previews of the next, as captured; only what was new.",
            table_type="EXTERNAL_TABLE",
            parameters={
                "EXTERNAL": "TRUE",
                "classification": "parquet",
                "projection.enabled": "true",
                "projection.dt.type": "date",
                "projection.dt.format": "yyyy-MM-dd",
                "projection.dt.range": f"{FIRST_DAY},NOW+1DAYS",
                "projection.dt.interval": "1",
                "projection.dt.interval.unit": "DAYS",
                "storage.location.template": location.apply(lambda folder: f"{folder}dt=${{dt}}/"),
            },
            partition_keys=[
                aws.glue.CatalogTablePartitionKeyArgs(
                    name="dt", type="string", comment="Day of the capture in São Paulo."
                )
            ],
            storage_descriptor=aws.glue.CatalogTableStorageDescriptorArgs(
                location=location,
                input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                columns=[
                    aws.glue.CatalogTableStorageDescriptorColumnArgs(name=column, type=type_, comment=comment)
                    for column, type_, comment in COLUMNS
                ],
                ser_de_info=aws.glue.CatalogTableStorageDescriptorSerDeInfoArgs(
                    serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.table.name})
