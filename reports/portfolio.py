"""The answers of the saved queries that make a report, as of one session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from queries.athena import Athena, Result
from queries.catalogue import saved_query

_QUERIES = (
    "composicao",
    "setores",
    "maiores_pesos",
    "variacao_de_pesos",
    "entradas_e_saidas",
    "rebalanceamento",
    "setores_no_tempo",
)

NO_SECTOR = "Não informado"  # the visual job's word for a missing sector


class NoSession(LookupError):
    """The lake has no session to report on; the message says which was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioReport:
    """One session of the index, and how it came there; ``results`` by the saved queries' names."""

    session: date
    results: Mapping[str, Result]

    def records(self, query: str) -> list[dict[str, Any]]:
        """A query's rows by column name."""
        return self.results[query].records()

    @property
    def members(self) -> int:
        return len(self.results["composicao"].rows)

    @property
    def quantity(self) -> int:
        """The theoretical quantity of all members, in shares."""
        return sum(row["quantidade_teorica"] for row in self.records("composicao"))

    @property
    def ten_largest(self) -> Decimal:
        """The weight of the ten largest, in percent."""
        return sum((row["participacao"] for row in self.records("maiores_pesos")), Decimal(0))

    @property
    def rebalancing(self) -> dict[str, Any]:
        """Since when the portfolio is in force, and how fresh the capture is."""
        return self.records("rebalanceamento")[0]

    @property
    def has_sectors(self) -> bool:
        """Whether the session's capture had sectors; B3's plain CSV download has none."""
        return any(row["setor"] != NO_SECTOR for row in self.records("setores"))

    @property
    def scanned_bytes(self) -> int:
        """What Athena read for the whole report."""
        return sum(result.scanned_bytes for result in self.results.values())


def read_report(athena: Athena, *, until: date | None = None) -> PortfolioReport:
    """Run the report's queries.

    Args:
        athena: where the lake is read.
        until: report on the last session on or before this day; None takes the latest.

    Raises:
        NoSession: the lake has none.
        QueryFailed: Athena gave up on a query.
    """
    results: dict[str, Result] = {}
    for name in _QUERIES:
        query = saved_query(name)
        results[name] = athena.run((query.until(until) if until else query).sql)
    composition = results["composicao"].records()
    if not composition:
        raise NoSession(f"no session on or before {until}" if until else "the lake has no session yet")
    session = composition[0]["data_pregao"]
    if not isinstance(session, date):
        raise TypeError(f"data_pregao is not a date: {session!r}")
    return PortfolioReport(session=session, results=results)
