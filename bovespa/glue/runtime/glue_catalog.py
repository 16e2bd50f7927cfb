"""The catalogue of AWS Glue (or of what answers in its place), through boto3."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bovespa.glue.runtime.errors import CatalogError
from bovespa.glue.runtime.s3_store import client

Table = dict[str, Any]  # as in GetTable's answer
Partition = dict[str, Any]  # as in GetPartitions' answer, or a PartitionInput
_CREATE_AT_ONCE = 100


class GlueCatalog:
    """Tables and partitions, in batches of the API's size.

    Every method raises CatalogError, with database and table in its text.
    """

    def __init__(self, glue: Any = None) -> None:
        self._given = glue

    @cached_property
    def _glue(self) -> Any:
        return self._given or client("glue")

    def table(self, database: str, name: str) -> Table | None:
        """The table, or None where the database has none of this name (or does not exist)."""
        try:
            table: Table = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None
            raise CatalogError(f"cannot read table {database}.{name}: {error}") from error
        except BotoCoreError as error:
            raise CatalogError(f"cannot read table {database}.{name}: {error}") from error
        return table

    def create_table(self, database: str, table_input: Table) -> None:
        """Create a table; a database that does not exist is an error."""
        self._call("create", database, table_input["Name"], "create_table", TableInput=table_input)

    def update_table(self, database: str, table_input: Table) -> None:
        """Replace a table's definition; its partitions stay."""
        self._call("update", database, table_input["Name"], "update_table", TableInput=table_input)

    def partitions(self, database: str, name: str) -> Iterator[Partition]:
        """All partitions of a table."""
        pages = self._glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name)
        try:
            for page in pages:
                yield from page["Partitions"]
        except (BotoCoreError, ClientError) as error:
            raise CatalogError(f"cannot read the partitions of {database}.{name}: {error}") from error

    def create_partitions(self, database: str, name: str, inputs: Sequence[Partition]) -> int:
        """Add partitions, leaving those that exist as they are; how many were new."""
        created = 0
        for start in range(0, len(inputs), _CREATE_AT_ONCE):
            batch = inputs[start : start + _CREATE_AT_ONCE]
            answer = self._call(
                "add partitions to",
                database,
                name,
                "batch_create_partition",
                TableName=name,
                PartitionInputList=list(batch),
            )
            refused = answer.get("Errors", [])
            for entry in refused:
                detail = entry["ErrorDetail"]
                if detail["ErrorCode"] != "AlreadyExistsException":
                    raise CatalogError(
                        f"cannot add partition {entry['PartitionValues']} to {database}.{name}: "
                        f"{detail['ErrorCode']} {detail['ErrorMessage']}"
                    )
            created += len(batch) - len(refused)
        return created

    def _call(self, what: str, database: str, name: str, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._glue, operation)(DatabaseName=database, **arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            hint = f": create the database {database} first" if code == "EntityNotFoundException" else ""
            raise CatalogError(f"cannot {what} table {database}.{name}: {error}{hint}") from error
        except BotoCoreError as error:
            raise CatalogError(f"cannot {what} table {database}.{name}: {error}") from error
        return answer
