"""The session in a handful of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from reports.notation import Notation
from reports.report import IndexReport
from reports.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number, what it is, and what helps to read it."""

    value: str
    label: str
    note: str = ""


def figures(report: IndexReport, texts: Texts, notation: Notation) -> list[Figure]:
    """Those that the report has data for."""
    state = report.rebalancing
    found = [
        Figure(value=notation.number(len(report.shares)), label=texts.members),
        Figure(value=notation.percent(report.ten_largest, 1), label=texts.ten_largest),
        Figure(
            value=notation.number(report.hhi),
            label=texts.hhi,
            note=texts.hhi_note.format(
                members=texts.equal_members.of(round(report.effective_members), notation)
            ),
        ),
    ]
    done, settles = report.performance, report.settlement
    if done is not None and done.level is not None:
        found.insert(0, Figure(value=notation.number(done.level, 2), label=texts.level_points))
    if done is not None and done.traded is not None:
        found.append(Figure(value=notation.money(done.traded), label=texts.traded_in_members))
    if settles is not None:
        days = texts.days.of(settles["dias_ate_liquidacao"], notation)
        found.append(
            Figure(
                value=notation.short_date(settles["data_liquidacao"]),
                label=texts.settlement,
                note=texts.settlement_note.format(days=days),
            )
        )
    found.append(
        Figure(
            value=texts.days.of(state["dias_desde_rebalanceamento"], notation),
            label=texts.in_force_since.format(date=notation.short_date(state["inicio_vigencia"])),
        )
    )
    return found
