from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.b3.errors import UnreadablePayload
from functions.b3.notation import EN_US, PT_BR, Notation

LANGUAGES = pytest.mark.parametrize(("notation", "other"), [(PT_BR, EN_US), (EN_US, PT_BR)])
quantities = st.integers(min_value=0, max_value=10**15)
decimals = st.integers(min_value=0, max_value=3)
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))


def write_quantity(value: int, notation: Notation) -> str:
    return f"{value:,}".replace(",", notation.group)


def write_decimal(value: Decimal, notation: Notation) -> str:
    whole, _, fraction = f"{value:,f}".partition(".")
    return whole.replace(",", notation.group) + notation.decimal + fraction


def write_date(day: date, notation: Notation) -> str:
    return day.strftime("%d/%m/%y" if notation.day_first else "%m/%d/%y")


@LANGUAGES
@given(value=quantities)
def test_a_quantity_comes_back_and_the_other_language_never_reads_another_number(
    notation: Notation, other: Notation, value: int
) -> None:
    text = write_quantity(value, notation)

    assert notation.quantity(text, "qtde") == value
    if value < 1000:
        assert other.quantity(text, "qtde") == value
    else:
        with pytest.raises(UnreadablePayload, match=rf"qtde: .* in {other.language}"):
            other.quantity(text, "qtde")


@LANGUAGES
@pytest.mark.parametrize("places", [3, 8])
@given(units=quantities)
def test_a_decimal_comes_back_exactly_and_the_other_language_refuses_it(
    notation: Notation, other: Notation, places: int, units: int
) -> None:
    value = Decimal(units).scaleb(-places)
    text = write_decimal(value, notation)

    read = notation.decimal_number(text, "part", places)
    assert read == value
    assert read.as_tuple().exponent == -places
    with pytest.raises(UnreadablePayload, match=other.language):
        other.decimal_number(text, "part", places)


@LANGUAGES
@given(day=days)
def test_a_date_comes_back_and_the_other_language_refuses_a_day_that_is_no_month(
    notation: Notation, other: Notation, day: date
) -> None:
    text = write_date(day, notation)

    assert notation.date(text, "date") == day
    if day.day > 12:
        with pytest.raises(UnreadablePayload, match=other.language):
            other.date(text, "date")


def test_a_date_may_have_four_digits_of_this_century() -> None:
    assert PT_BR.date("31/07/2025", "date") == date(2025, 7, 31)
    with pytest.raises(UnreadablePayload):
        PT_BR.date("31/07/1925", "date")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1.23",
        "12.34.567",
        "1234.567",
        "1.234.56",
        "-1",
        "+1",
        "1,5",
        "1.234 ",
        "1e3",
        "١٢٣",
        "１",
        "NaN",
    ],
)
def test_what_is_no_quantity_is_refused_with_its_field_and_the_text(text: str) -> None:
    with pytest.raises(UnreadablePayload) as refusal:
        PT_BR.quantity(text, "PETR4.theoricalQty")

    assert str(refusal.value) == (
        f"PETR4.theoricalQty: expected a whole number such as 1.234 in pt-br, found {text!r}"
    )


@pytest.mark.parametrize(
    "text", ["", "1", "1,0", "1,0000", "1.000", ",000", "1 000,000", "-1,000", "inf", "1,00٣"]
)
def test_what_is_no_weight_is_refused(text: str) -> None:
    with pytest.raises(UnreadablePayload, match=r"expected a number with 3 decimals such as 1,000 in pt-br"):
        PT_BR.decimal_number(text, "part", 3)


@pytest.mark.parametrize(
    "text", ["", "31/02/25", "00/01/25", "01/13/25", "1/7/25", "2025-07-31", "31/07/25 ", "٣١/07/25"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UnreadablePayload, match="expected a date as DD/MM/YY in pt-br"):
        PT_BR.date(text, "header.date")


@given(text=st.text(alphabet="0123456789.,/- ١１eE+", max_size=20), places=decimals)
def test_any_text_is_either_read_or_refused(text: str, places: int) -> None:
    for read in (
        lambda: PT_BR.quantity(text, "f"),
        lambda: EN_US.decimal_number(text, "f", places),
        lambda: EN_US.date(text, "f"),
    ):
        with contextlib.suppress(UnreadablePayload):
            assert isinstance(read(), int | Decimal | date)


def test_a_refusal_quotes_no_more_than_forty_characters() -> None:
    with pytest.raises(UnreadablePayload) as refusal:
        PT_BR.quantity("9" * 500 + "x", "f")

    assert len(str(refusal.value)) < 120


@pytest.mark.parametrize("text", ["9" * 18, "999.999.999.999.999.999"])
def test_the_largest_quantity_fits_64_bits(text: str) -> None:
    assert PT_BR.quantity(text, "f") == 10**18 - 1 < 2**63


@pytest.mark.parametrize("text", ["9" * 19, "1.000.000.000.000.000.000", "9" * 5000])
def test_a_quantity_too_long_for_its_column_is_refused(text: str) -> None:
    with pytest.raises(UnreadablePayload, match="expected a whole number"):
        PT_BR.quantity(text, "f")


@pytest.mark.parametrize("text", ["9" * 16 + ",00000000", "1.000.000.000.000.000,00000000"])
def test_a_redutor_too_long_for_its_column_is_refused(text: str) -> None:
    with pytest.raises(UnreadablePayload, match="expected a number with 8 decimals"):
        PT_BR.decimal_number(text, "f", 8)
