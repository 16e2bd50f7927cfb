"""The Glue table of the trades: with projected partitions."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.catalogue import declare_table
from lake.tables.bitcoin_trades import COMPACTED, TRADES

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
        folder = pulumi.Output.format("s3://{0}/{1}", args.bucket, TRADES.prefix)
        self.table = declare_table(
            name,
            TRADES,
            bucket=args.bucket,
            database=args.database,
            parameters={
                "projection.enabled": "true",
                "projection.dt.type": "date",
                "projection.dt.format": "yyyy-MM-dd",
                "projection.dt.range": f"{_FIRST_DAY},NOW+1DAYS",
                "projection.dt.interval": "1",
                "projection.dt.interval.unit": "DAYS",
                "projection.hour.type": "enum",
                "projection.hour.values": ",".join([*_HOURS, COMPACTED]),
                "storage.location.template": folder.apply(lambda found: f"{found}dt=${{dt}}/hour=${{hour}}/"),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.table.name})
