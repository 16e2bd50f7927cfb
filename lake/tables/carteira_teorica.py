"""Theoretical portfolios and previews, as captured."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

from lake.tables.carteira import RAW as CARTEIRA
from lake.tables.column import Table, column

_CARTEIRA = {each.name: each for each in CARTEIRA.columns}

FIRST_DAY = date(2025, 1, 1)  # of the projected partitions; nothing was collected before

RAW: Final = Table(
    name="carteira_teorica",
    prefix="raw/carteira_teorica/",
    description="B3's theoretical portfolios and the previews of the next, as captured; only what was new.",
    description_pt="Carteiras teóricas da B3 e prévias da próxima, como capturadas; só o que era novo.",
    columns=(
        column(
            "tipo_carteira",
            "string",
            "teorica: the quadrimester's portfolio; previa: the preview of the next",
            "teorica: a carteira do quadrimestre; previa: a prévia da próxima",
        ),
        _CARTEIRA["indice"],
        _CARTEIRA["codigo"],
        _CARTEIRA["acao"],
        _CARTEIRA["tipo"],
        column("setor", "string", "Sector, where B3 states it", "Setor, onde a B3 informa", null=True),
        _CARTEIRA["qtde_teorica"],
        _CARTEIRA["participacao"],
        column(
            "redutor",
            "decimal(24,8)",
            "The index's divisor, where B3 states it",
            "Redutor do índice, onde a B3 informa",
            null=True,
        ),
        _CARTEIRA["qtde_teorica_total"],
        column(
            "data_informada",
            "date",
            "The date in the answer's header, where it states one",
            "A data no cabeçalho da resposta, onde há uma",
            null=True,
        ),
        _CARTEIRA["coletado_em"],
        _CARTEIRA["payload_sha256"],
    ),
    keys=(column("dt", "string", "Day of the capture in São Paulo", "Dia da captura em São Paulo"),),
)


class Kind(StrEnum):
    """Which of B3's two undated portfolios."""

    TEORICA = "teorica"
    PREVIA = "previa"


def day_key(day: date) -> str:
    """The raw object of what was new on a day of capture (São Paulo's date)."""
    return f"{RAW.prefix}dt={day.isoformat()}/carteira_teorica.parquet"
