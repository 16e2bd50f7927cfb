"""A query's answer as tables that fit: what names a row is never dropped, and no number is cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lake.athena import Result, Value
from lake.visible import visible
from reports.notation import Language, Notation

# What names a row, in the order in which people look for it.
KEYS = (
    "indice", "codigo", "codigo_atual", "exchange", "symbol", "setor", "classe", "data_pregao", "dt", "mes", "ano",
    "minuto", "trade_id", "movimento",
)  # fmt: skip
GAP = 2  # columns between two columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some of an answer's columns beside those that name its rows."""

    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


def blocks(
    result: Result, *, width: int, language: Language = Language.PT_BR, limit: int | None = None
) -> list[Block]:
    """The answer in as few blocks as the width allows; every block begins with the columns that name a row.

    Args:
        result: what Athena answered.
        width: characters in a line; a block that can't be narrower is wider.
        language: how numbers and dates are written.
        limit: rows at most; None shows all.
    """
    notation = Notation(language=language)
    rows = result.rows[:limit]
    texts = [[visible(notation.cell(row[place])) for row in rows] for place in range(len(result.columns))]
    widths = [max([len(name), *map(len, column)]) for name, column in zip(result.columns, texts, strict=True)]
    keys = sorted(
        (place for place, name in enumerate(result.columns) if name in KEYS),
        key=lambda place: KEYS.index(result.columns[place]),
    )
    others = [place for place in range(len(result.columns)) if place not in keys]
    return [
        Block(
            headings=tuple(result.columns[place] for place in places),
            numeric=tuple(_is_numeric(row[place] for row in rows) for place in places),
            rows=tuple(zip(*(texts[place] for place in places), strict=True)),
        )
        for places in _packed(keys, others, widths, width)
    ]


def _packed(keys: Sequence[int], others: Sequence[int], widths: Sequence[int], width: int) -> list[list[int]]:
    named = sum(widths[place] + GAP for place in keys)
    found: list[list[int]] = [[*keys]]
    room = width - named
    for place in others:
        if widths[place] > room and len(found[-1]) > len(keys):
            found.append([*keys])
            room = width - named
        found[-1].append(place)
        room -= widths[place] + GAP
    return found


def _is_numeric(values: Iterable[Value]) -> bool:
    return any(isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) for value in values)
