"""What the table ``carteira_teorica`` is made of; no libraries, so that the Pulumi program can read it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

TABLE = "carteira_teorica"
PREFIX = "raw/carteira_teorica/"
FIRST_DAY = date(2025, 1, 1)  # of the projected partitions; nothing was collected before

# Name, type in the Glue catalogue, what it says. ``dt``, the day of the capture in São Paulo, is the partition.
COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("tipo_carteira", "string", "teorica: the quadrimester's portfolio; previa: the preview of the next"),
    ("indice", "string", "B3's index code"),
    ("codigo", "string", "Ticker"),
    ("acao", "string", "Company, as B3 abbreviates it"),
    ("tipo", "string", "Class, event and listing, fixed width"),
    ("setor", "string", "Sector, where B3 states it"),
    ("qtde_teorica", "bigint", "Theoretical quantity, in shares"),
    ("participacao", "decimal(9,3)", "Weight, in percent"),
    ("redutor", "decimal(24,8)", "The index's divisor, where B3 states it"),
    ("qtde_teorica_total", "bigint", "Sum of the quantities, as B3 states it"),
    ("data_informada", "date", "The date in the answer's header, where it states one"),
    ("coletado_em", "timestamp", "Moment of the capture, UTC"),
    ("payload_sha256", "string", "SHA-256 of the answer as received, all pages in order"),
)


class Kind(StrEnum):
    """Which of B3's two undated portfolios."""

    TEORICA = "teorica"
    PREVIA = "previa"


def day_key(day: date) -> str:
    """The raw object of what was new on a day of capture (São Paulo's date)."""
    return f"{PREFIX}dt={day.isoformat()}/carteira_teorica.parquet"
