from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.notation import Language, Notation

PT = Notation(language=Language.PT_BR)
EN = Notation(language=Language.EN)


def test_numbers_and_dates_are_brazilian() -> None:
    assert PT.number(91_922_324_640) == "91.922.324.640"
    assert PT.number(Decimal("15433595.60223638"), 8) == "15.433.595,60223638"
    assert PT.number(Decimal("0.494"), 3, sign=True) == "+0,494"
    assert PT.long_date(date(2026, 3, 1)) == "1 de março de 2026"
    assert PT.short_date(date(2026, 3, 1)) == "01/03/2026"
    assert PT.cell(Decimal("-0.217")) == "-0,217"
    assert PT.cell(None) == "–"
    assert PT.cell(True) == "sim"


def test_numbers_and_dates_are_english() -> None:
    assert EN.number(91_922_324_640) == "91,922,324,640"
    assert EN.percent(Decimal("-1.256")) == "-1.26%"
    assert EN.long_date(date(2026, 3, 1)) == "1 March 2026"
    assert EN.short_date(date(2026, 3, 1)) == "1 Mar 2026"
    assert EN.cell(0.1) == "0.1"
    assert EN.cell("VALE3") == "VALE3"


@pytest.mark.parametrize(
    ("reais", "portuguese", "english"),
    [
        ("1234567890.12", "R$ 1,23 bi", "R$ 1.23 bn"),
        ("23912345678.90", "R$ 23,9 bi", "R$ 23.9 bn"),
        ("793000000", "R$ 793 mi", "R$ 793 m"),
        ("45600", "R$ 45,6 mil", "R$ 45.6 k"),
        ("999999", "R$ 1,00 mi", "R$ 1.00 m"),
        ("-9996000000", "R$ -10,0 bi", "R$ -10.0 bn"),
        ("999.99", "R$ 999,99", "R$ 999.99"),
        ("0", "R$ 0,00", "R$ 0.00"),
    ],
)
def test_money_is_short(reais: str, portuguese: str, english: str) -> None:
    assert (PT.money(Decimal(reais)), EN.money(Decimal(reais))) == (portuguese, english)


def test_a_zero_has_no_sign() -> None:
    assert EN.number(Decimal("-0.0004"), 2, sign=True) == "0.00"
    assert EN.number(Decimal("0.0004"), 2, sign=True) == "0.00"


def test_the_page_has_a_minus_of_its_own() -> None:
    assert Notation(language=Language.EN, minus="\u2212").number(-1) == "\u22121"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_a_number_can_be_read_back(value: Decimal) -> None:
    assert Decimal(EN.number(value, 3).replace(",", "")) == value
    assert Decimal(PT.number(value, 3).replace(".", "").replace(",", ".")) == value
