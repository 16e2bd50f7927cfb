"""Reads a portfolio laid out as a table: B3's CSV download, and the same saved as a spreadsheet.

A title line with index and date, a header line, one row a member, a total line and the redutor.
Rows end with an empty cell that the header doesn't have. Source: the "Download" link of B3's index
page (``GetDownloadPortfolioDay``), with and without sectors.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from functions.b3.errors import UnreadablePayload
from functions.b3.notation import EN_US, PT_BR, REDUTOR_DECIMALS, WEIGHT_DECIMALS, Notation
from functions.b3.portfolio import Member, Portfolio

Cell = str | int | float | None

_TITLE = re.compile(r"\s*([A-Z][A-Z0-9]{3,5})\s+-\s+\S.*?\s(\d\d/\d\d/(?:20)?\d\d)\s*")
# Column by the header's words, without accents and punctuation.
_COLUMNS = {
    "setor": "setor",
    "codigo": "codigo",
    "acao": "acao",
    "tipo": "tipo",
    "qtde teorica": "qtde_teorica",
    "part": "participacao",
    "part acum": "participacao_setor",
    "sector": "setor",
    "segment": "setor",
    "code": "codigo",
    "ticker": "codigo",
    "stock": "acao",
    "asset": "acao",
    "type": "tipo",
    "theoretical quantity": "qtde_teorica",
    "theorethical quantity": "qtde_teorica",
    "theoretical qty": "qtde_teorica",
    "accum part": "participacao_setor",
    "part accum": "participacao_setor",
}
_REQUIRED = ("codigo", "acao", "tipo", "qtde_teorica", "participacao")
_ENGLISH = frozenset({"code", "stock", "type", "theoretical quantity", "theorethical quantity"})
_TOTAL = frozenset({"quantidade teorica total", "total theorethical quantity", "total theoretical quantity"})
_REDUTOR = frozenset({"redutor", "reductor"})


@dataclass(frozen=True, slots=True)
class _Header:
    columns: dict[str, int]
    width: int
    notation: Notation


def read_table(rows: Sequence[Sequence[Cell]]) -> Portfolio:
    """The portfolio in the rows of a table; text cells are in B3's notation, number cells exact.

    Raises:
        UnreadablePayload: title, header, total or redutor is missing, or a row doesn't fit.
    """
    filled = [(n, list(row)) for n, row in enumerate(rows, 1) if any(_present(cell) for cell in row)]
    if len(filled) < 2:
        raise UnreadablePayload("expected a title line such as 'IBOV - Carteira do Dia 31/07/25'")
    title = _TITLE.fullmatch(" ".join(str(cell) for cell in filled[0][1] if _present(cell)))
    if title is None:
        found = str(filled[0][1][0])[:40]
        raise UnreadablePayload(
            f"expected a title line such as 'IBOV - Carteira do Dia 31/07/25', found {found!r}"
        )
    header = _header(filled[1][1])
    members: list[Member] = []
    total: tuple[int, Decimal] | None = None
    redutor: Decimal | None = None
    for number, row in filled[2:]:
        label = _fold(row[0])
        if label in _TOTAL:
            total = _totals(row, header.notation, number)
        elif label in _REDUTOR:
            redutor = _decimal(_values(row, number)[0], "redutor", REDUTOR_DECIMALS, header.notation)
        elif total is not None:
            raise UnreadablePayload(f"line {number}: a row after the total line")
        else:
            members.append(_member(row, header, number))
    if total is None or redutor is None:
        missing = "total line (Quantidade Teórica Total)" if total is None else "Redutor line"
        raise UnreadablePayload(f"the {missing} is missing: the file is cut or was edited")
    return Portfolio(
        indice=title[1],
        data_pregao=header.notation.date(title[2], "title"),
        language=header.notation.language,
        members=tuple(members),
        qtde_teorica_total=total[0],
        participacao_total=total[1],
        redutor=redutor,
    )


def _header(row: Sequence[Cell]) -> _Header:
    while row and not _present(row[-1]):
        row = row[:-1]
    names = [_fold(cell) for cell in row]
    columns = {_COLUMNS[name]: place for place, name in enumerate(names) if name in _COLUMNS}
    missing = [name for name in _REQUIRED if name not in columns]
    if missing or len(columns) != len(names):
        raise UnreadablePayload(
            "expected the columns Código, Ação, Tipo, Qtde. Teórica, Part. (%), "
            f"found {', '.join(map(str, row))[:100]!r}"
        )
    return _Header(columns, len(names), EN_US if _ENGLISH & set(names) else PT_BR)


def _member(row: list[Cell], header: _Header, number: int) -> Member:
    cells = row[: header.width]
    if len(cells) < header.width or any(_present(cell) for cell in row[header.width :]):
        raise UnreadablePayload(f"line {number}: expected {header.width} values, found {len(row)}")
    value = {name: cells[place] for name, place in header.columns.items()}
    empty = [name for name in value if name != "participacao_setor" and not _present(value[name])]
    if empty:
        raise UnreadablePayload(f"line {number}: nothing in {', '.join(empty)}")
    codigo, notation = str(value["codigo"]).strip(), header.notation
    subtotal = value.get("participacao_setor")
    return Member(
        codigo=codigo,
        acao=str(value["acao"]).strip(),
        tipo=str(value["tipo"]).rstrip(),
        setor=str(value["setor"]).strip() if "setor" in value else None,
        qtde_teorica=_quantity(value["qtde_teorica"], f"line {number}, {codigo}", notation),
        participacao=_decimal(value["participacao"], f"line {number}, {codigo}", WEIGHT_DECIMALS, notation),
        participacao_setor=(
            _decimal(subtotal, f"line {number}, {codigo}", WEIGHT_DECIMALS, notation)
            if _present(subtotal)
            else None
        ),
    )


def _totals(row: Sequence[Cell], notation: Notation, number: int) -> tuple[int, Decimal]:
    values = _values(row, number)
    if len(values) < 2:
        raise UnreadablePayload(f"line {number}: the total line has no quantity and weight")
    return (
        _quantity(values[0], f"line {number}, total", notation),
        _decimal(values[1], f"line {number}, total", WEIGHT_DECIMALS, notation),
    )


def _values(row: Sequence[Cell], number: int) -> list[Cell]:
    values = [cell for cell in row[1:] if _present(cell)]
    if not values:
        raise UnreadablePayload(f"line {number}: {str(row[0])[:40]!r} has no value")
    return values


def _quantity(cell: Cell, field: str, notation: Notation) -> int:
    if isinstance(cell, str):
        return notation.quantity(cell.strip(), field)
    if cell is None or not math.isfinite(cell) or cell != int(cell) or not 0 <= cell < 10**18:
        raise UnreadablePayload(f"{field}: expected a whole number, found {cell}")
    return int(cell)


def _decimal(cell: Cell, field: str, decimals: int, notation: Notation) -> Decimal:
    if isinstance(cell, str):
        return notation.decimal_number(cell.strip(), field, decimals)
    # repr() is the shortest text that reads back as the same float: what the spreadsheet shows.
    exact = Decimal(repr(cell)) if cell is not None else Decimal("NaN")
    if not exact.is_finite() or abs(exact) >= 10**15 or exact != (rounded := round(exact, decimals)):
        raise UnreadablePayload(f"{field}: expected a number with at most {decimals} decimals, found {cell}")
    return rounded


def _present(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _fold(cell: Cell) -> str:
    """Lower case, without accents, punctuation and repeated spaces."""
    text = unicodedata.normalize("NFKD", str(cell)).encode("ascii", "ignore").decode().lower()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text).split())
