"""One session of an index: the saved queries' answers, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from lake.athena import Result
from lake.calendar import preview_days
from reports.notation import as_decimal

LEAST_COVERAGE = Decimal(95)  # percent of the weight: with returns of less, none is told of the index
NO_SECTOR = "Não informado"  # the visual job's word for a missing sector
NAMES = {
    "IBOV": "Ibovespa",
    "IBXX": "IBrX 100",
    "IBXL": "IBrX 50",
    "IBRA": "IBrA",
    "SMLL": "Small Cap",
    "MLCX": "Mid-Large Cap",
    "IDIV": "Dividendos",
    "IFIX": "IFIX",
    "ICON": "ICON",
    "IFNC": "IFNC",
    "IMAT": "IMAT",
    "INDX": "INDX",
    "UTIL": "UTIL",
    "IEEX": "IEE",
    "IMOB": "IMOB",
}  # as B3 lists its indices; any other goes by its code


class Part(StrEnum):
    """A part of the report that can be missing while the rest stands."""

    QUOTES = "quotes"  # what was traded on the session
    RETURNS = "returns"  # closes against the session before
    THEORETICAL = "theoretical"  # theoretical portfolio and previews


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why a part is missing: its ``table`` isn't catalogued, or the ``latest`` answer is of another day.

    With neither, there are no rows at all.
    """

    part: Part
    table: str | None = None
    latest: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A member of the index on the session.

    Weight, return and cumulative numbers are in percent, contribution in percentage points, ``close`` in
    reais; what the market's tables did not answer is None.
    """

    code: str
    company: str
    share_class: str
    event: str | None
    listing: str | None
    sector: str
    quantity: int
    weight: Decimal
    close: Decimal | None
    daily_return: Decimal | None
    contribution: Decimal | None

    @property
    def group(self) -> str:
        """The sector without its subsector: ``Financ`` of B3's ``Financ / Interms Financs``."""
        return self.sector.partition(" / ")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """How the index did: percent, members, and reais traded in its members.

    ``coverage`` is the share of the weight that has a return, ``level`` the index in points; None where the
    query doesn't say.
    """

    previous: date
    approximate: Decimal
    index: Decimal | None
    residual: Decimal | None
    up: int
    down: int
    unchanged: int
    untraded: int
    traded: Decimal | None
    coverage: Decimal | None = None
    level: Decimal | None = None

    @property
    def covers(self) -> bool:
        """Whether enough of the weight has a return to state one for the index."""
        return self.coverage is None or self.coverage >= LEAST_COVERAGE

    @property
    def headline(self) -> Decimal | None:
        """The index's own return where its levels are known, else the approximate one; None of too little weight."""
        if not self.covers:
            return None
        return self.approximate if self.index is None else self.index


@dataclass(frozen=True, kw_only=True)
class IndexReport:
    """One session of ``index``, and how it came there.

    ``results`` holds the answers by the saved queries' names, only those that are of this session;
    ``missing`` says why the others are not there.
    """

    index: str
    session: date
    results: Mapping[str, Result]
    missing: tuple[Missing, ...] = ()

    def records(self, query: str) -> list[dict[str, Any]]:
        """A query's rows by column name; none where the query has no answer."""
        result = self.results.get(query)
        return result.records() if result else []

    @property
    def name(self) -> str:
        return NAMES.get(self.index, self.index)

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """The members, heaviest first."""
        moves = {row["codigo"]: row for row in self.records("maiores_variacoes")}
        contributions = {row["codigo"]: row for row in self.records("contribuicao")}
        return tuple(
            Share(
                code=row["codigo"],
                company=row["nome_empresa"],
                share_class=row["classe"],
                event=row["evento"],
                listing=row["listagem"],
                sector=row["setor"],
                quantity=row["quantidade_teorica"],
                weight=as_decimal(row["participacao"]),
                close=_optional(moves.get(row["codigo"], {}).get("preco_fechamento")),
                daily_return=_optional(contributions.get(row["codigo"], {}).get("retorno")),
                contribution=_optional(contributions.get(row["codigo"], {}).get("contribuicao")),
            )
            for row in self.records("composicao")
        )

    @cached_property
    def performance(self) -> Performance | None:
        """How the index did; None where the market's data are missing."""
        rows = self.records("resumo_do_indice")
        if not rows or rows[0]["retorno_aproximado"] is None:
            return None
        row = rows[0]
        return Performance(
            previous=row["pregao_anterior"],
            approximate=as_decimal(row["retorno_aproximado"]),
            index=_optional(row["retorno_indice"]),
            residual=_optional(row["residuo"]),
            up=row["subiram"],
            down=row["cairam"],
            unchanged=row["estaveis"],
            untraded=row["sem_negocio"],
            traded=_optional(row["valor_total"]),
            coverage=_optional(row.get("cobertura")),
            level=_optional(row.get("nivel")),
        )

    @property
    def upcoming(self) -> list[dict[str, Any]]:
        """The next rebalancing by member; none where what is known of it is in force already, or older.

        A theoretical portfolio is the one in force; only a preview of the season is of the next.
        """
        rows = self.records("proximo_rebalanceamento")
        if not rows or rows[0]["fonte"] != "prévia" or not any(row["variacao"] for row in rows):
            return []
        return rows if rows[0]["dia_da_captura"] >= self.previews[0] else []

    @property
    def previews(self) -> tuple[date, date, date]:
        """The sessions on which B3 shows previews of the portfolio after that in force."""
        return preview_days(self.rebalancing["inicio_vigencia"])

    @property
    def made_up(self) -> tuple[date, ...]:
        """The sessions, latest first, whose prices are this project's sample: made up."""
        return tuple(row["data_pregao"] for row in self.records("precos_ficticios"))

    @property
    def quantity(self) -> int:
        """The theoretical quantity of all members, in shares."""
        return sum(share.quantity for share in self.shares)

    @property
    def ten_largest(self) -> Decimal:
        """The weight of the ten largest, in percent."""
        return sum((share.weight for share in self.shares[:10]), Decimal(0))

    @property
    def hhi(self) -> Decimal:
        """Herfindahl-Hirschman index: the sum of the squared weights in percent, 0 to 10,000."""
        return sum((share.weight**2 for share in self.shares), Decimal(0))

    @property
    def effective_members(self) -> Decimal:
        """How many members of equal weight would be as concentrated: 10,000 / HHI."""
        return Decimal(10_000) / self.hhi if self.hhi else Decimal(0)

    @property
    def rebalancing(self) -> dict[str, Any]:
        """Since when the portfolio is in force, and how fresh the capture is."""
        return self.records("rebalanceamento")[0]

    @property
    def settlement(self) -> dict[str, Any] | None:
        """The session's row of ``dias_ate_liquidacao``."""
        rows = self.records("dias_ate_liquidacao")
        return next((row for row in rows if row["data_pregao"] == self.session), None)

    @property
    def has_sectors(self) -> bool:
        """Whether the session's capture had sectors; B3's plain CSV download has none."""
        return any(share.sector != NO_SECTOR for share in self.shares)

    @property
    def scanned_bytes(self) -> int | None:
        """What Athena read for the whole report; None where it counts nothing."""
        counts = [result.scanned_bytes for result in self.results.values()]
        return None if None in counts else sum(count or 0 for count in counts)


def _optional(value: Any) -> Decimal | None:
    return None if value is None else as_decimal(value)
