"""The Glue Data Catalog: the stack's database, and how a table of the lake is declared in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_aws.glue import CatalogTableStorageDescriptorColumnArgsDict as StorageColumn

from lake.tables.column import Column, Table

DEFAULT = "default"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueArgs:
    """``database`` is ``default``, or one of the stack's own.

    ``create_default`` is false where the account has ``default`` already.
    """

    database: str
    create_default: bool


class Catalogue(pulumi.ComponentResource):
    """``default`` may be missing in a new account, and others may use it: made once, never removed.

    A database of the stack's own comes and goes with it, its tables too.
    """

    database: pulumi.Output[str]

    def __init__(self, name: str, args: CatalogueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Catalogue", name, None, opts)
        shared = args.database == DEFAULT
        self.database = pulumi.Output.from_input(args.database)
        if args.create_default or not shared:
            self.database = aws.glue.CatalogDatabase(
                f"{name}-database",
                name=args.database,
                description=(
                    "Tables that Glue jobs catalogue; shared by the account."
                    if shared
                    else "Tables of one stack of the Bovespa lake."
                ),
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=shared),
            ).name
        self.register_outputs({"database": self.database})


def declare_table(
    resource: str,
    table: Table,
    *,
    bucket: pulumi.Input[str],
    database: pulumi.Input[str],
    parameters: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
    indices: Sequence[aws.glue.CatalogTablePartitionIndexArgs] = (),
) -> aws.glue.CatalogTable:
    """A table of parquet files, with its columns, their types and their comments."""
    return aws.glue.CatalogTable(
        resource,
        name=table.name,
        database_name=database,
        description=table.description,
        table_type="EXTERNAL_TABLE",
        parameters={"EXTERNAL": "TRUE", "classification": "parquet", **parameters},
        partition_keys=[{"name": key.name, "type": key.type, "comment": key.comment} for key in table.keys],
        partition_indices=list(indices) or None,
        storage_descriptor={
            "location": pulumi.Output.format("s3://{0}/{1}", bucket, table.prefix),
            "input_format": f"{_PARQUET}.MapredParquetInputFormat",
            "output_format": f"{_PARQUET}.MapredParquetOutputFormat",
            "columns": storage_columns(table.columns),
            "ser_de_info": {"serialization_library": f"{_PARQUET}.serde.ParquetHiveSerDe"},
        },
        opts=opts,
    )


def storage_columns(columns: Sequence[Column]) -> list[StorageColumn]:
    """Columns as a table's storage descriptor lists them."""
    return [{"name": column.name, "type": column.type, "comment": column.comment} for column in columns]
