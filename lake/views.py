"""The views by name, with the types of their columns.

Athena stores a view's columns with it, and calls the view stale where they are not what its SQL gives.
"""

from __future__ import annotations

from dataclasses import dataclass

from lake.saved_queries import FOLDER, read_query
from lake.tables.column import Column, column
from lake.tables.negociacao import REFINED as NEGOCIACAO

VIEW_FOLDER = FOLDER / "views"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A file of ``lake/sql/views/``: ``name`` is the file's, ``sql`` is in Athena's dialect (Trino)."""

    name: str
    description: str
    description_pt: str
    sql: str
    columns: tuple[Column, ...]


_COLUMNS: dict[str, tuple[Column, ...]] = {
    "negociacao_continua": (
        *NEGOCIACAO.all_columns,
        column(
            "codigo_atual",
            "string",
            "The ticker that the share goes by today, so that a renamed share is one series",
            "Código pelo qual o papel atende hoje, para que um papel renomeado seja uma só série",
        ),
    ),
}
_PORTUGUESE = {
    "negociacao_continua": "Todas as colunas de negociacao e, ao lado delas, codigo_atual: o código pelo qual o papel "
    "atende hoje, para que um papel renomeado seja uma só série.",
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
                description_pt=_PORTUGUESE[name],
                sql=text.sql,
                columns=columns,
            )
        )
    return found
