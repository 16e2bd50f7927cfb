"""The Data Catalog as a job uses it: tables and partitions in the shapes of the Glue API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

Table = dict[str, Any]  # as in GetTable's answer
Partition = dict[str, Any]  # as in GetPartitions' answer, or a PartitionInput


class Catalog(Protocol):
    """Every method raises CatalogError, with database and table in its text."""

    def table(self, database: str, name: str) -> Table | None:
        """The table, or None where the database has none of this name (or does not exist)."""

    def create_table(self, database: str, table_input: Table) -> None:
        """Create a table; a database that does not exist is an error."""

    def update_table(self, database: str, table_input: Table) -> None:
        """Replace a table's definition; its partitions stay."""

    def partitions(self, database: str, name: str) -> Iterator[Partition]:
        """All partitions of a table."""

    def create_partitions(self, database: str, name: str, inputs: Sequence[Partition]) -> int:
        """Add partitions; those that exist are left as they are. Returns how many were new."""

    def delete_partitions(self, database: str, name: str, values: Iterable[Sequence[str]]) -> None:
        """Remove partitions by their values."""
