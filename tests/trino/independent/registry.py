"""Which computation is for which saved query or view, and what it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from tests.trino.tables import Row, Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query's parameters; ``end`` (UTC) and ``minutes`` are of the stream's windows."""

    indice: str = "IBOV"
    until: date = date.max
    since: date = date.min
    end: datetime = datetime(9999, 12, 31, tzinfo=UTC)
    minutes: int = 60


Computation = Callable[[Tables, Asked], list[dict[str, Any]]]
_COMPUTATIONS: dict[str, Computation] = {}


def answers(name: str) -> Callable[[Computation], Computation]:
    """Register the function as the independent computation of that query or view."""

    def register(function: Computation) -> Computation:
        _COMPUTATIONS[name] = function
        return function

    return register


def computation(name: str) -> Computation:
    """The independent computation for a query or view.

    Raises:
        LookupError: there is none.
    """
    if name not in _COMPUTATIONS:
        raise LookupError(
            f"{name} has no independent computation: write one in tests/trino/independent and register it with "
            f"@answers({name!r})"
        )
    return _COMPUTATIONS[name]


def rounded(number: Decimal, scale: int) -> Decimal:
    """As Trino rounds: a half away from zero."""
    with localcontext(prec=80):
        return number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def quotient(dividend: Decimal, divisor: Decimal, scale: int) -> Decimal:
    with localcontext(prec=80):
        return rounded(dividend / divisor, scale)


def total(rows: list[Row], name: str) -> Decimal:
    return sum((row[name] for row in rows if row[name] is not None), Decimal(0))
