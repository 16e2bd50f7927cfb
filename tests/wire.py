"""Writes portfolios as B3 writes them, from plain facts; for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One member: quantity in shares, weight in percent with three decimals."""

    codigo: str
    acao: str
    tipo: str
    setor: str
    quantidade: int
    peso: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A portfolio to be written; the totals are the rows' own unless given."""

    rows: Sequence[Row]
    day: date
    indice: str = "IBOV"
    language: str = "pt-br"
    redutor: Decimal = Decimal("15433595.60223638")
    total: int | None = None

    def but(self, **changes: Any) -> Wire:
        return replace(self, **changes)

    def page(self, number: int = 1, *, size: int = 120) -> dict[str, Any]:
        """An answer of GetPortfolioDay with ``segment`` "2"."""
        ordered = sorted(self.rows, key=lambda row: row.setor)
        subtotal: dict[str, Decimal] = {}
        for row in ordered:
            subtotal[row.setor] = subtotal.get(row.setor, Decimal(0)) + row.peso
        return {
            "page": {
                "pageNumber": number,
                "pageSize": size,
                "totalRecords": len(ordered),
                "totalPages": -(-len(ordered) // size),
            },
            "header": {
                "date": self._date(),
                "text": "Quantidade Teórica Total" if self._pt else "Total Theorethical Quantity",
                "part": self._decimal(Decimal("100.000")),
                "partAcum": self._decimal(Decimal("100.000")),
                "textReductor": "Redutor" if self._pt else "Reductor",
                "reductor": self._decimal(self.redutor),
                "theoricalQty": self._quantity(self._total),
            },
            "results": [
                {
                    "segment": row.setor,
                    "cod": row.codigo,
                    "asset": row.acao,
                    "type": row.tipo,
                    "part": self._decimal(row.peso),
                    "partAcum": self._decimal(subtotal[row.setor]),
                    "theoricalQty": self._quantity(row.quantidade),
                }
                for row in ordered[(number - 1) * size : number * size]
            ],
        }

    def json(self, number: int = 1, *, size: int = 120) -> bytes:
        return json.dumps(self.page(number, size=size), ensure_ascii=False).encode()

    def csv(self, *, sectors: bool = False, eol: str = "\r\n", encoding: str = "latin-1") -> bytes:
        """The page's download: `;` in Portuguese, commas and quotes in English."""
        return eol.join([*self._csv_lines(sectors), ""]).encode(encoding)

    def table(self, *, sectors: bool = False) -> list[list[str]]:
        """The download's cells."""
        names = ["Código", "Ação", "Tipo", "Qtde. Teórica", "Part. (%)"]
        if not self._pt:
            names = ["Code", "Stock", "Type", "Theoretical Quantity", "Part. (%)"]
        if sectors:
            names = ["Setor" if self._pt else "Sector", *names, "Part. (%)Acum."]
        lines = [names]
        running: dict[str, Decimal] = {}
        for row in self.rows:
            running[row.setor] = running.get(row.setor, Decimal(0)) + row.peso
        for row in self.rows:
            cells = [row.codigo, row.acao, row.tipo, self._quantity(row.quantidade), self._decimal(row.peso)]
            lines.append([row.setor, *cells, self._decimal(running[row.setor])] if sectors else cells)
        hundred = self._decimal(Decimal("100.000"))
        pad = ["", "", ""] if sectors else ["", ""]
        text = "Quantidade Teórica Total" if self._pt else "Total Theorethical Quantity"
        lines.append([text, *pad, self._quantity(self._total), hundred, *([hundred] if sectors else [])])
        lines.append(["Redutor" if self._pt else "Reductor", *pad, self._decimal(self.redutor)])
        return lines

    def title(self) -> str:
        return f"{self.indice} - {'Carteira do Dia' if self._pt else 'Current Portfolio'} {self._date()}"

    def _csv_lines(self, sectors: bool) -> list[str]:
        header, *rows = self.table(sectors=sectors)
        members, footers = rows[:-2], rows[-2:]
        if self._pt:
            return [
                self.title(),
                ";".join(header),
                *(";".join(row) + ";" for row in members),
                *(";".join(row) for row in footers),
            ]
        return [self.title(), ",".join(header), *(",".join(map(_quoted, row)) for row in rows)]

    @property
    def _pt(self) -> bool:
        return self.language == "pt-br"

    @property
    def _total(self) -> int:
        return sum(row.quantidade for row in self.rows) if self.total is None else self.total

    def _date(self) -> str:
        return self.day.strftime("%d/%m/%y" if self._pt else "%m/%d/%y")

    def _quantity(self, value: int) -> str:
        return f"{value:,}".replace(",", ".") if self._pt else f"{value:,}"

    def _decimal(self, value: Decimal) -> str:
        text = f"{value:,f}"
        return text.translate(str.maketrans(",.", ".,")) if self._pt else text


def weights(values: Sequence[Decimal]) -> list[Decimal]:
    """Percentages with three decimals that sum to exactly 100, in the values' proportions."""
    total = sum(values)
    thousandths = [int(value * 100000 / total) for value in values]
    missing = 100000 - sum(thousandths)
    order = sorted(range(len(values)), key=lambda n: values[n] * 100000 % total, reverse=True)
    for n in order[:missing]:
        thousandths[n] += 1
    return [Decimal(n).scaleb(-3) for n in thousandths]


def _quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell else cell
