"""A B3 index portfolio as the project understands it, whatever format it came in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

TICKER = re.compile(r"[A-Z0-9]{4}[0-9]{1,2}[A-Z]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One ticker of a portfolio.

    ``qtde_teorica`` is in shares; ``participacao`` and ``participacao_setor`` (the sector's subtotal)
    are percentages with three decimals. ``tipo`` is B3's class, event and listing: ``ON  ED  NM``.
    """

    codigo: str
    acao: str
    tipo: str
    setor: str | None
    qtde_teorica: int
    participacao: Decimal
    participacao_setor: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """One index on one session: the members and the totals that B3 states beside them.

    ``data_pregao`` is the session that the portfolio is *for*, from B3's header; None for the
    theoretical portfolio of the quadrimester, which has no date. ``redutor`` is None where the header
    states none. ``language`` is the one that it was written in. ``total_records`` is the number of
    members that B3 announced, where the format announces one.
    """

    indice: str
    data_pregao: date | None
    language: str
    members: tuple[Member, ...]
    qtde_teorica_total: int
    participacao_total: Decimal
    redutor: Decimal | None
    total_records: int | None = None
