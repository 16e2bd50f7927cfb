"""The refined tables, declared: columns, types, comments and typed partition keys.

The jobs fill them and add their partitions; with the update behaviour LOG they leave the declared schema as
it is (docs/adr/0032).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.catalogue import declare_table
from lake.tables.column import Table

_BY_SESSION = "por_pregao"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinedTablesArgs:
    """``tables`` are declared in ``database``; their files are in ``bucket``."""

    bucket: pulumi.Input[str]
    database: pulumi.Input[str]
    tables: Sequence[Table]


class RefinedTables(pulumi.ComponentResource):
    """One table of the catalogue each, by name in ``tables``."""

    tables: dict[str, aws.glue.CatalogTable]

    def __init__(
        self, name: str, args: RefinedTablesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bovespa:index:RefinedTables", name, None, opts)
        self.tables = {
            table.name: declare_table(
                f"{name}-{table.name}",
                table,
                bucket=args.bucket,
                database=args.database,
                # Glue's parquet writer takes a table of the classification parquet only with the first of these.
                parameters={"useGlueParquetWriter": "true", "partition_filtering.enabled": "true"},
                # Of ten years `carteira` has 225,000 partitions: without an index Glue goes through all of them.
                indices=[
                    aws.glue.CatalogTablePartitionIndexArgs(
                        index_name=_BY_SESSION, keys=[key.name for key in table.keys]
                    )
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for table in args.tables
        }
        self.register_outputs({"tables": {short: table.name for short, table in self.tables.items()}})
