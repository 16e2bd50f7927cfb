"""How B3 writes numbers and dates in its two languages.

The language changes both: pt-br has ``DD/MM/YY`` and ``1.234,567``, en-us ``MM/DD/YY`` and
``1,234.567``. Reading one as the other is a thousandfold error, so nothing here guesses: a text
that isn't exactly in the notation asked for is refused, and so is a number too long for its column in
raw (a quantity of over 18 digits, a decimal of over 15 before the point).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from functions.b3.errors import UnreadablePayload

WEIGHT_DECIMALS = 3
REDUTOR_DECIMALS = 8


@dataclass(frozen=True, slots=True)
class Notation:
    """A language of B3's pages: its tag, its separators, and the order of day and month."""

    language: str
    group: str
    decimal: str
    day_first: bool

    def quantity(self, text: str, field: str) -> int:
        """``91.922.324.640`` (pt-br) as an int, in shares.

        Raises:
            UnreadablePayload: the text is not a whole number in this notation.
        """
        group = re.escape(self.group)
        if not re.fullmatch(rf"\d{{1,3}}({group}\d{{3}}){{1,5}}|\d{{1,18}}", text, re.ASCII):
            raise self._refusal(field, text, f"a whole number such as 1{self.group}234")
        return int(text.replace(self.group, ""))

    def decimal_number(self, text: str, field: str, decimals: int) -> Decimal:
        """``15.433.595,60223638`` (pt-br) as an exact Decimal of ``decimals`` places.

        Raises:
            UnreadablePayload: the text has other separators or another number of decimals.
        """
        group, point = re.escape(self.group), re.escape(self.decimal)
        whole = rf"(\d{{1,3}}({group}\d{{3}}){{1,4}}|\d{{1,15}})"
        if not re.fullmatch(rf"{whole}{point}\d{{{decimals}}}", text, re.ASCII):
            example = f"1{self.decimal}{'0' * decimals}"
            raise self._refusal(field, text, f"a number with {decimals} decimals such as {example}")
        return Decimal(text.replace(self.group, "").replace(self.decimal, "."))

    def date(self, text: str, field: str) -> date:
        """``31/07/25`` (pt-br) or ``07/31/25`` (en-us) as a date of this century.

        Raises:
            UnreadablePayload: the text is no date in this notation.
        """
        expected = "a date as DD/MM/YY" if self.day_first else "a date as MM/DD/YY"
        match = re.fullmatch(r"(\d\d)/(\d\d)/(?:20)?(\d\d)", text, re.ASCII)
        if match is None:
            raise self._refusal(field, text, expected)
        first, second, year = (int(part) for part in match.groups())
        day, month = (first, second) if self.day_first else (second, first)
        try:
            return date(2000 + year, month, day)
        except ValueError:
            raise self._refusal(field, text, expected) from None

    def _refusal(self, field: str, text: str, expected: str) -> UnreadablePayload:
        return UnreadablePayload(f"{field}: expected {expected} in {self.language}, found {text[:40]!r}")


PT_BR = Notation("pt-br", group=".", decimal=",", day_first=True)
EN_US = Notation("en-us", group=",", decimal=".", day_first=False)
NOTATIONS = {notation.language: notation for notation in (PT_BR, EN_US)}
