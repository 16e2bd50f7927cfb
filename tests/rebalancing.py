"""Theoretical portfolios and previews as B3 writes them, and the rebalancing between host and lake; for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from functions.b3.client import B3Client
from functions.b3.lake import Lake
from functions.b3.parquet import Row
from functions.b3.request import read_request
from functions.rebalancing.handler import capture
from functions.rebalancing.raw import from_parquet
from lake.tables.carteira_teorica import day_key
from tests.scraping import HASTY, Scraping
from tests.wire import Wire


def undated_page(wire: Wire, number: int = 1, *, size: int = 120) -> dict[str, Any]:
    """An answer of ``GetTheoricalPortfolio``: no date, no language, no sectors; sorted by ticker."""
    ordered = sorted(wire.rows, key=lambda row: row.codigo)
    dated = wire.but(rows=ordered).page(1, size=len(ordered) or 1)
    by_code = {row["cod"]: row for row in dated["results"]}
    members = [
        {
            **{key: by_code[row.codigo][key] for key in ("cod", "asset", "type", "theoricalQty", "part")},
            "cont": n,
        }
        for n, row in enumerate(ordered, 1)
    ]
    return {
        "page": {
            "pageNumber": number,
            "pageSize": size,
            "totalRecords": len(ordered),
            "totalPages": -(-len(ordered) // size),
        },
        "header": {key: dated["header"][key] for key in ("part", "theoricalQty", "reductor")},
        "results": members[(number - 1) * size : number * size],
    }


def undated(wire: Wire, number: int = 1, *, size: int = 120) -> bytes:
    return json.dumps(undated_page(wire, number, size=size), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebalancing(Scraping):
    """One bucket, one host, and the rebalancing between them."""

    def show(self, teorica: Wire | bytes | None, previa: Wire | bytes | None, indice: str = "IBOV") -> None:
        """What the host answers from now on for the index; None leaves the call unknown (404)."""
        if teorica is not None:
            self.site.show_theoretical(indice, teorica if isinstance(teorica, bytes) else undated(teorica))
        if previa is not None:
            self.site.show_preview(indice, previa if isinstance(previa, bytes) else undated(previa))

    def capture(self, at: datetime, *indices: str, language: str = "pt-br") -> dict[str, Any]:
        """One invocation, but for Lambda's own part."""
        event = {"captured_at": at.isoformat(), "language": language}
        request = read_request(event, default_indices=",".join(indices) or "IBOV", now=at)
        client = B3Client(self.site.url, language=language, patience=HASTY)
        return capture(request, client, Lake(self.s3, self.bucket))

    def rows(self, day: date) -> list[Row]:
        return from_parquet(self.body(day_key(day)))
