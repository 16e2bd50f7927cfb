"""The views by name, with the types of their columns.

Athena stores a view's columns with it, and calls the view stale where they are not what its SQL gives.
"""

from __future__ import annotations

from dataclasses import dataclass

from lake.saved_queries import FOLDER, read_query
from lake.tables.negociacao import COLUMNS, PARTITION_KEYS

VIEW_FOLDER = FOLDER / "views"
_TRINO = {"string": "varchar", "int": "integer"}  # the others have one name in both


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column by its Hive type (Glue's, ``string``); ``trino_type`` is the engine's name for it."""

    name: str
    hive_type: str

    @property
    def trino_type(self) -> str:
        return _TRINO.get(self.hive_type, self.hive_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A file of ``lake/sql/views/``: ``name`` is the file's, ``sql`` is in Athena's dialect (Trino)."""

    name: str
    description: str
    sql: str
    columns: tuple[Column, ...]


_COLUMNS = {
    "negociacao_continua": (*COLUMNS, *PARTITION_KEYS, ("codigo_atual", "string")),
}


def views() -> list[View]:
    """Every view, by name."""
    found = []
    for name, columns in sorted(_COLUMNS.items()):
        text = read_query(VIEW_FOLDER / f"{name}.sql")
        found.append(
            View(
                name=name,
                description=text.description,
                sql=text.sql,
                columns=tuple(Column(name=column, hive_type=hive_type) for column, hive_type in columns),
            )
        )
    return found
