"""Numbers and dates as a Brazilian reader expects them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

_MONTHS = (
    "janeiro", "fevereiro", "março", "abril", "maio", "junho",
    "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
)  # fmt: skip


def number(value: int | Decimal, decimals: int = 0, *, sign: bool = False) -> str:
    """``1.234,567``; with ``sign``, a plus where it is positive."""
    text = f"{value:{'+' if sign else ''},.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,"))


def days(value: int) -> str:
    """``1 dia``, ``2 dias``."""
    return f"{number(value)} {'dia' if value == 1 else 'dias'}"


def short_date(value: date) -> str:
    """``03/09/2025``."""
    return value.strftime("%d/%m/%Y")


def long_date(value: date) -> str:
    """``3 de setembro de 2025``."""
    return f"{value.day} de {_MONTHS[value.month - 1]} de {value.year}"


def cell(value: object) -> str:
    """Any value of a query's answer."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "sim" if value else "não"
    if isinstance(value, date):
        return short_date(value)
    if isinstance(value, Decimal):
        return number(value, max(0, -int(value.as_tuple().exponent)))
    if isinstance(value, int):
        return number(value)
    return str(value)
