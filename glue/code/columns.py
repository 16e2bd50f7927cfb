"""The jobs' last query before a table is written: its columns, in order and with their types, as SparkSQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lake.tables import carteira, indice_diario, indice_membro, negociacao
from lake.tables.column import Column, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A refined table as a job writes it.

    ``computed`` are expressions of columns that are not in the rows yet; ``ending`` is what comes after the rows.
    With ``kept``, the rows are new ones, and those of their years that stay as they are.
    """

    table: Table
    computed: Mapping[str, str] = field(default_factory=dict)
    ending: str = ""
    kept: bool = False


_OF_INDICES = {"ano": "YEAR(data_pregao)"}
WRITTEN = {
    "carteira.json": (Written(table=carteira.REFINED),),
    "negociacao.json": (
        Written(table=negociacao.REFINED, ending="\nDISTRIBUTE BY data_pregao\nSORT BY data_pregao, codigo"),
    ),
    "indice.json": (
        Written(
            table=indice_membro.REFINED,
            computed=_OF_INDICES,
            ending="\nDISTRIBUTE BY ano\nSORT BY ano, data_pregao, indice, codigo",
            kept=True,
        ),
        Written(
            table=indice_diario.REFINED,
            computed={
                **_OF_INDICES,
                "residuo": "CAST((retorno_indice - retorno_aproximado) AS DECIMAL(18,6))",
            },
            ending="\nDISTRIBUTE BY ano\nSORT BY ano, data_pregao, indice",
            kept=True,
        ),
    ),
}


def columns_sql(written: Written) -> str:
    """The query."""

    def cast(column: Column) -> str:
        known = written.computed.get(column.name, f"CAST({column.name} AS {column.type.upper()})")
        return f"{known} AS {column.name}"

    every = written.table.all_columns
    rows = "SELECT\n  " + ",\n  ".join(map(cast, every))
    if not written.kept:
        return f"{rows}\nFROM {written.table.name}{written.ending}"
    names = ",\n  ".join(column.name for column in every)
    return f"{rows}\nFROM novos\nUNION ALL\nSELECT\n  {names}\nFROM antigos{written.ending}"
