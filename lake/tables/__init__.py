"""The tables of the lake, one a module: columns, keys and folders."""

from __future__ import annotations

from lake.tables import carteira, carteira_setor, indice_diario, indice_membro, negociacao
from lake.tables.column import Table


def refined_tables() -> tuple[Table, ...]:
    """The tables that the visual jobs fill."""
    return (
        carteira.REFINED,
        carteira_setor.REFINED,
        negociacao.REFINED,
        indice_membro.REFINED,
        indice_diario.REFINED,
    )


def refined_table(name: str) -> Table:
    """One of them by its name.

    Raises:
        KeyError: there is none.
    """
    return {table.name: table for table in refined_tables()}[name]
