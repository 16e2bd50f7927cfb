"""The Glue Data Catalog as Athena's engine looks into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lake.athena import QueryFailed

VIEW = "VIRTUAL_VIEW"
GlueTable = Mapping[str, Any]  # as GetTable gives it


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What is in it when a statement is run.

    ``tables`` are by database and name; ``partitions``, the values of each, by ``database/name``. Without a
    catalogue there is nothing to look names up in: see :attr:`known`.
    """

    tables: Mapping[str, Mapping[str, GlueTable]] = field(default_factory=dict)
    partitions: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)

    def table(self, database: str, name: str) -> GlueTable:
        """A table or view by its name, in any case.

        Raises:
            QueryFailed: there is none, or no such database, as Athena says it.
        """
        database, name = database.lower(), name.lower()
        self.require(database)
        if name not in self.tables[database]:
            raise QueryFailed(f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{database}.{name}' does not exist")
        return self.tables[database][name]

    def require(self, database: str) -> None:
        """Let it pass that there is such a database.

        Raises:
            QueryFailed: there is none.
        """
        if database.lower() not in self.tables:
            raise QueryFailed(f"SCHEMA_NOT_FOUND: Schema '{database.lower()}' does not exist")


def columns(table: GlueTable) -> list[Mapping[str, str]]:
    """The columns of its files."""
    found: list[Mapping[str, str]] = (table.get("StorageDescriptor") or {}).get("Columns") or []
    return found


def keys(table: GlueTable) -> list[Mapping[str, str]]:
    """Its partition keys."""
    found: list[Mapping[str, str]] = table.get("PartitionKeys") or []
    return found
