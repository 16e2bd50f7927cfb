"""The Glue table of the trades: its columns are the producer's, its partitions are projected."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from lake.tables.bitcoin_trades import COMPACTED, TABLE, TRADES_PREFIX
from stream.trade import COLUMNS

_FIRST_DAY = "2024-01-01"
_HOURS = [f"{hour:02d}" for hour in range(24)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTableArgs:
    """``bucket`` holds the trades; the table is made in ``database``."""

    bucket: pulumi.Input[str]
    database: pulumi.Input[str]


class StreamTable(pulumi.ComponentResource):
    """``bitcoin_trades``, partitioned by the time of arrival (UTC).

    Athena works the partitions out by itself (partition projection): nobody has to add one each hour. The
    hour of a compacted day is ``day``.
    """

    table: aws.glue.CatalogTable

    def __init__(self, name: str, args: StreamTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:StreamTable", name, None, opts)
        location = pulumi.Output.format("s3://{0}/{1}", args.bucket, TRADES_PREFIX)
        column = aws.glue.CatalogTableStorageDescriptorColumnArgs
        self.table = aws.glue.CatalogTable(
            name,
            name=TABLE,
            database_name=args.database,
            description="Trades and known gaps of the exchanges; drop duplicates by (exchange, symbol, trade_id).",
            table_type="EXTERNAL_TABLE",
            parameters={
                "EXTERNAL": "TRUE",
                "classification": "parquet",
                "projection.enabled": "true",
                "projection.dt.type": "date",
                "projection.dt.format": "yyyy-MM-dd",
                "projection.dt.range": f"{_FIRST_DAY},NOW+1DAYS",
                "projection.dt.interval": "1",
                "projection.dt.interval.unit": "DAYS",
                "projection.hour.type": "enum",
                "projection.hour.values": ",".join([*_HOURS, COMPACTED]),
                "storage.location.template": location.apply(
                    lambda folder: f"{folder}dt=${{dt}}/hour=${{hour}}/"
                ),
            },
            partition_keys=[
                aws.glue.CatalogTablePartitionKeyArgs(
                    name="dt", type="string", comment="Day of arrival, UTC."
                ),
                aws.glue.CatalogTablePartitionKeyArgs(
                    name="hour", type="string", comment="Hour of arrival, UTC; `day` once compacted."
                ),
            ],
            storage_descriptor=aws.glue.CatalogTableStorageDescriptorArgs(
                location=location,
                input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                columns=[column(name=column_name, type=type_) for column_name, type_ in COLUMNS],
                ser_de_info=aws.glue.CatalogTableStorageDescriptorSerDeInfoArgs(
                    serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.table.name})
