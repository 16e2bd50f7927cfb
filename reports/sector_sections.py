"""The sectors: what they weigh, what they did, and how they came there."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from reports.charts import bar, common_span, diverging_bar, sparkline
from reports.notation import Notation, as_decimal
from reports.panels import panels
from reports.report import NO_SECTOR, IndexReport
from reports.sentences import sector
from reports.tables import Cell, Column, Kind, Section, Table, tone_of
from reports.texts import Texts

_YEAR = 253  # sessions in a chart
_PANELS = 12


def sectors(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """Each sector's weight, its path, and its return and contribution where there are quotes."""
    if not report.has_sectors:
        return None
    market = {row["setor"]: row for row in report.records("mapa_setorial")}
    records = report.records("setores")
    largest = max(as_decimal(row["participacao"]) for row in records)
    furthest = max((abs(as_decimal(row["contribuicao"] or 0)) for row in market.values()), default=Decimal(0))
    paths = _paths(report)
    span = common_span(paths.values())
    columns = [
        Column(label=texts.sector),
        Column(label=texts.weight, kind=Kind.NUMBER),
        Column(label="", kind=Kind.CHART),
    ]
    if market:
        columns += [
            Column(label=texts.daily_return, kind=Kind.NUMBER),
            Column(label=texts.contribution, kind=Kind.NUMBER),
            Column(label="", kind=Kind.CHART),
        ]
    columns += [Column(label=texts.over_time, kind=Kind.CHART)] if paths else []
    columns.append(Column(label=texts.members_column, kind=Kind.NUMBER))
    rows = []
    for row in records:
        weight = as_decimal(row["participacao"])
        cells = [
            Cell(sector(row["setor"], texts)),
            Cell(notation.number(weight, 3)),
            Cell("", chart=bar(weight, largest)),
        ]
        if market:
            found = market.get(row["setor"], {})
            points = found.get("contribuicao")
            cells += [
                Cell(notation.number(found.get("retorno"), 2, sign=True), tone_of(found.get("retorno"))),
                Cell(notation.number(points, 3, sign=True), tone_of(points)),
                Cell("", chart=diverging_bar(None if points is None else as_decimal(points), furthest)),
            ]
        cells += [Cell("", chart=sparkline(paths[row["setor"]], span))] if paths else []
        cells.append(Cell(notation.number(row["papeis"])))
        rows.append(cells)
    note = texts.sectors_note if market else texts.sectors_note_plain
    if paths:
        note += " " + texts.paths_note.format(span=notation.number(span, 2))
    return Section(
        key="sectors",
        title=texts.sectors_title,
        note=note,
        tables=[Table(columns=columns, rows=rows)],
        wide=True,
    )


def over_time(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """The paths of B3's sectors, each with all its subsectors; None with a single session."""
    paths: dict[str, list[tuple[date, Decimal]]] = {}
    days = _days(report)
    for name, weights in _weights(report).items():
        if name == NO_SECTOR:
            continue
        group, before = name.partition(" / ")[0], paths.get(name.partition(" / ")[0])
        summed = [weights.get(day, Decimal(0)) for day in days]
        if before is not None:
            summed = [old + new for (_, old), new in zip(before, summed, strict=True)]
        paths[group] = list(zip(days, summed, strict=True))
    heaviest = sorted(paths.items(), key=lambda path: (-path[1][-1][1], path[0]))
    made = panels(heaviest[:_PANELS], texts, notation)
    if made is None:
        return None
    note = texts.sector_paths_note.format(
        first=notation.short_date(made.first),
        last=notation.short_date(made.last),
        span=notation.number(made.span, 2),
    )
    return Section(
        key="sector-weights", title=texts.sector_paths_title, note=note, figure=made.drawn, wide=True
    )


def _paths(report: IndexReport) -> dict[str, list[Decimal]]:
    """Each sector's weight on every session, zero where it was not in the index; empty with one session."""
    days = _days(report)
    if len(days) < 2:
        return {}
    return defaultdict(list) | {
        name: [by_day.get(day, Decimal(0)) for day in days] for name, by_day in _weights(report).items()
    }


def _weights(report: IndexReport) -> dict[str, dict[date, Decimal]]:
    weights: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for row in report.records("setores_no_tempo"):
        weights[row["setor"]][row["data_pregao"]] = as_decimal(row["participacao"])
    return weights


def _days(report: IndexReport) -> list[date]:
    """The last year's sessions that were captured with sectors: one without says nothing of any."""
    return sorted(
        {row["data_pregao"] for row in report.records("setores_no_tempo") if row["setor"] != NO_SECTOR}
    )[-_YEAR:]
