"""The report's sections in the order of reading: the day first, what it is made of after."""

from __future__ import annotations

from reports import (
    calendar_sections,
    history_sections,
    market_sections,
    portfolio_sections,
    sector_sections,
)
from reports.notation import Notation
from reports.report import IndexReport
from reports.tables import Section
from reports.texts import Texts


def sections(report: IndexReport, texts: Texts, notation: Notation) -> list[Section]:
    """Those that the report has answers for."""
    made = (
        make(report, texts, notation)
        for make in (
            history_sections.level,
            history_sections.breadth,
            sector_sections.sectors,
            market_sections.contribution,
            market_sections.moves,
            market_sections.traded,
            portfolio_sections.concentration,
            portfolio_sections.changes,
            history_sections.weights,
            sector_sections.over_time,
            portfolio_sections.entries,
            portfolio_sections.next_rebalancing,
            calendar_sections.calendar,
            market_sections.settlement,
            portfolio_sections.portfolio,
        )
    )
    return [section for section in made if section is not None]
