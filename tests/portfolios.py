"""Portfolios to write with :mod:`tests.wire`: a small one with real tickers, and large ones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from string import ascii_uppercase

from tests.wire import Row, Wire, weights

DAY = date(2025, 7, 14)  # a Monday
CAPTURED = datetime(2025, 7, 14, 21, 15, tzinfo=UTC)  # 18:15 in São Paulo

_FACTS = [
    ("ALOS3", "ALLOS", "ON  EJ  NM", "Consumo Cíclico / Comércio", 476_976_044, "0.545"),
    ("B3SA3", "B3", "ON      NM", "Financeiro / Serviços Diversos", 5_218_978_564, "3.701"),
    ("ITUB4", "ITAUUNIBANCO", "PN  ED  N1", "Financeiro e Outros / Interm Financs", 4_930_000_000, "41.304"),
    ("PETR4", "PETROBRAS", "PN  ATZ N2", "Petróleo, Gás e Biocombustíveis", 4_566_457_037, "26.250"),
    ("SANB11", "SANTANDER BR", "UNT", "Financeiro e Outros / Interm Financs", 362_703_399, "2.200"),
    ("VALE3", "VALE", "ON      NM", "Mats Básicos / Mineração", 4_268_725_962, "26.000"),
]


def ibov(**changes: object) -> Wire:
    """Six members of the Ibovespa on :data:`DAY`, with accents, a comma and every part of ``tipo``."""
    rows = [Row(*facts[:5], Decimal(facts[5])) for facts in _FACTS]
    return Wire(rows=rows, day=DAY).but(**changes)


def large(members: int, **changes: object) -> Wire:
    """A portfolio of many made-up tickers, in three sectors."""
    shares = weights([Decimal(100 + n) for n in range(members)])
    rows = [
        Row(
            codigo=f"{ascii_uppercase[n // 26 % 26]}{ascii_uppercase[n % 26]}XX3",
            acao=f"EMPRESA {n}",
            tipo="ON      NM",
            setor=f"Setor {n * 3 // members}",
            quantidade=1_000_000 + n,
            peso=shares[n],
        )
        for n in range(members)
    ]
    return Wire(rows=rows, day=DAY).but(**changes)
