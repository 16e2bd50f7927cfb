"""Numbers and dates as a Brazilian reader expects them, or an English one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum

_MONTHS_PT = (
    "janeiro", "fevereiro", "março", "abril", "maio", "junho",
    "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
)  # fmt: skip
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS_PT = ("seg", "ter", "qua", "qui", "sex", "sáb", "dom")
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SWAP = str.maketrans(",.", ".,")

MISSING = "–"

Number = int | float | Decimal


class Language(StrEnum):
    """What a report can be read in; the value is B3's own code where B3 has one."""

    PT_BR = "pt-br"
    EN = "en"

    @property
    def tag(self) -> str:
        """The language as HTML's ``lang`` attribute has it (BCP 47)."""
        return "pt-BR" if self is Language.PT_BR else "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """How one language writes numbers and dates; ``minus`` is the sign before negative numbers."""

    language: Language
    minus: str = "-"

    @property
    def _portuguese(self) -> bool:
        return self.language is Language.PT_BR

    def number(self, value: Number | None, decimals: int = 0, *, sign: bool = False) -> str:
        """``1.234,567`` or ``1,234.567``; with ``sign``, a plus where it is positive. Zero has no sign."""
        if value is None:
            return MISSING
        rounded = as_decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
        text = f"{abs(rounded):,.{decimals}f}"
        if self._portuguese:
            text = text.translate(_SWAP)
        if rounded < 0:
            return self.minus + text
        return f"+{text}" if sign and rounded > 0 else text

    def percent(self, value: Number | None, decimals: int = 2, *, sign: bool = False) -> str:
        """``1,23%``; the value is in percent already."""
        text = self.number(value, decimals, sign=sign)
        return text if value is None else f"{text}%"

    def money(self, value: Number | None) -> str:
        """Reais in thousands, millions or billions, three digits or so: ``R$ 1,23 bi``, ``R$ 1.23 bn``."""
        if value is None:
            return MISSING
        amount = as_decimal(value)
        if abs(amount) >= 1000:
            amount = Context(prec=3).plus(amount)
        for exponent, pt, en in ((9, "bi", "bn"), (6, "mi", "m"), (3, "mil", "k")):
            if abs(amount) >= Decimal(10) ** exponent:
                scaled = amount.scaleb(-exponent)
                places = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
                return f"R$ {self.number(scaled, places)} {pt if self._portuguese else en}"
        return f"R$ {self.number(amount, 2)}"

    def short_date(self, value: date) -> str:
        """``03/09/2025``, or ``3 Sep 2025``, which no reader of English can take for March."""
        if self._portuguese:
            return f"{value:%d/%m/%Y}"
        return f"{value.day} {_MONTHS_EN[value.month - 1][:3]} {value.year}"

    def long_date(self, value: date) -> str:
        """``3 de setembro de 2025``, ``3 September 2025``."""
        if self._portuguese:
            return f"{value.day} de {_MONTHS_PT[value.month - 1]} de {value.year}"
        return f"{value.day} {_MONTHS_EN[value.month - 1]} {value.year}"

    def weekday(self, value: date) -> str:
        """``qua``, ``Wed``."""
        return (_DAYS_PT if self._portuguese else _DAYS_EN)[value.weekday()]

    def axis_day(self, value: date, *, months: bool) -> str:
        """A day, short enough for an axis: ``03/09``, ``3 Sep``; in ``months``, ``09/2025``, ``Sep 2025``."""
        if self._portuguese:
            return f"{value:%m/%Y}" if months else f"{value:%d/%m}"
        month = _MONTHS_EN[value.month - 1][:3]
        return f"{month} {value.year}" if months else f"{value.day} {month}"

    def cell(self, value: object) -> str:
        """Any value of a query's answer, decimals as many as it came with."""
        if value is None:
            return MISSING
        if isinstance(value, bool):
            return ("sim" if value else "não") if self._portuguese else ("yes" if value else "no")
        if isinstance(value, date):
            return self.short_date(value)
        if isinstance(value, (int, float, Decimal)):
            exponent = as_decimal(value).as_tuple().exponent
            return self.number(value, max(0, -exponent) if isinstance(exponent, int) else 0)
        return str(value)


def as_decimal(value: Number) -> Decimal:
    """The number as people would write it: a float by its shortest text, not by its binary tail."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
