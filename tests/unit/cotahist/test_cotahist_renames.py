"""Renamed shares: today's ticker by both ISINs, in Python and in the query."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lake.calendar import is_session
from lake.renames import RENAMES, continuity_sql, today_codigo
from lake.tables.negociacao import REFINED
from tests import duck


@pytest.mark.parametrize(
    ("codigo", "isin", "today"),
    [
        ("EMBR3", "BREMBRACNOR4", "EMBJ3"),
        ("MRFG3", "BRMRFGACNOR0", "MBRF3"),
        ("VVAR3", "BRVVARACNOR1", "BHIA3"),  # twice renamed
        ("VIIA3", "BRVIIAACNOR7", "BHIA3"),
        ("BRFS3", "BRBRFSACNOR8", "BRFS3"),  # taken over: its series ended
        ("EMBR3", "BRXXXXACNOR4", "EMBR3"),  # somebody else under the old ticker
        ("PETR4", "BRPETRACNPR6", "PETR4"),
    ],
)
def test_todays_ticker(codigo: str, isin: str, today: str) -> None:
    assert today_codigo(codigo, isin) == today
    connection = duck.connection()
    columns = ", ".join(f"{name} VARCHAR" for name, _ in (*REFINED.types(), *REFINED.key_types()))
    connection.execute(f"CREATE TEMP TABLE negociacao ({columns})")
    connection.execute("INSERT INTO negociacao (codigo, isin) VALUES (?, ?)", [codigo, isin])
    found = connection.execute(f"SELECT codigo, isin, codigo_atual FROM ({continuity_sql()})")
    assert found.fetchall() == [(codigo, isin, today)]


def test_the_table_is_well_formed() -> None:
    assert [rename.desde for rename in RENAMES] == sorted(rename.desde for rename in RENAMES)
    for rename in RENAMES:
        assert len(rename.isin) == len(rename.isin_novo) == 12
        assert rename.isin != rename.isin_novo
        assert rename.fonte
        assert rename.tipo == "incorporado" or rename.razao == Decimal(1)
        assert is_session(rename.desde), rename.codigo
    renamed = [(r.codigo, r.isin) for r in RENAMES if r.tipo == "renomeado"]
    assert len(set(renamed)) == len(renamed)


def test_no_share_is_renamed_back() -> None:
    """A circle would never end."""
    for rename in RENAMES:
        assert rename.codigo not in {later.codigo_novo for later in RENAMES if later.desde >= rename.desde}


def test_every_isin_has_its_check_digit() -> None:
    """ISO 6166: Luhn's sum over the letters written as two-digit numbers."""
    for isin in {isin for rename in RENAMES for isin in (rename.isin, rename.isin_novo)}:
        digits = "".join(str(int(letter, 36)) for letter in isin)
        doubled = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(digits))]
        assert sum(n // 10 + n % 10 for n in doubled) % 10 == 0, isin
