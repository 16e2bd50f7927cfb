"""A table of the catalogue whose partitions Athena works out by itself (partition projection)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.catalogue import declare_table
from lake.tables.column import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectedTableArgs:
    """``bucket`` holds the files of ``table``, by days ``dt`` from ``first_day`` on.

    ``values`` are those that the keys after it may have.
    """

    bucket: pulumi.Input[str]
    database: pulumi.Input[str]
    table: Table
    first_day: str
    values: Mapping[str, list[str]] = field(default_factory=dict)


class ProjectedTable(pulumi.ComponentResource):
    """Nobody has to add a partition, or be allowed to; a query should say from which day on."""

    table: aws.glue.CatalogTable

    def __init__(
        self, type_: str, name: str, args: ProjectedTableArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(type_, name, None, opts)
        folders = "".join(f"{key.name}=${{{key.name}}}/" for key in args.table.keys)
        place = pulumi.Output.format("s3://{0}/{1}", args.bucket, args.table.prefix)
        enums = {f"projection.{key}.type": "enum" for key in args.values} | {
            f"projection.{key}.values": ",".join(values) for key, values in args.values.items()
        }
        self.table = declare_table(
            name,
            args.table,
            bucket=args.bucket,
            database=args.database,
            parameters={
                "projection.enabled": "true",
                "projection.dt.type": "date",
                "projection.dt.format": "yyyy-MM-dd",
                "projection.dt.range": f"{args.first_day},NOW+1DAYS",
                "projection.dt.interval": "1",
                "projection.dt.interval.unit": "DAYS",
                **enums,
                "storage.location.template": place.apply(lambda found: found + folders),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": self.table.name})
