"""The portfolio of the day, added up by sector and class."""

from __future__ import annotations

from typing import Final

from lake.tables.carteira import REFINED as CARTEIRA
from lake.tables.column import Table, column

REFINED: Final = Table(
    name="carteira_setor",
    prefix="REFINED/carteira_setor/",
    description="The portfolio of the day added up, one row per index, session, sector and class.",
    description_pt="Carteira do dia somada, uma linha por índice, pregão, setor e classe.",
    columns=(
        CARTEIRA.column("indice"),
        CARTEIRA.column("setor"),
        CARTEIRA.column("classe"),
        column(
            "participacao", "decimal(9,3)", "Sum of the weights, in percent", "Soma dos pesos, em porcento"
        ),
        column(
            "quantidade_teorica",
            "bigint",
            "Sum of the theoretical quantities, in shares",
            "Soma das quantidades teóricas, em ações",
        ),
        column("papeis", "int", "Number of tickers", "Número de papéis"),
    ),
    keys=(CARTEIRA.column("data_pregao"),),
)
