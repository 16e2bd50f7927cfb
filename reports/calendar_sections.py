"""The sections that look ahead: what comes by B3's calendar, and who enters and leaves next."""

from __future__ import annotations

from datetime import date, timedelta

from lake.calendar import closed_weekdays, next_portfolio_start, next_session
from reports.notation import Notation
from reports.report import IndexReport
from reports.tables import Cell, Column, Kind, Section, Table
from reports.texts import Texts

_LEAST_DAYS = timedelta(days=45)  # looked ahead, where the rebalancing is nearer


def calendar(report: IndexReport, texts: Texts, notation: Notation) -> Section:
    """Settlement, the next session, previews, closed days, and the rebalancing, by day."""
    after = report.session + timedelta(days=1)
    start = next_portfolio_start(report.rebalancing["inicio_vigencia"])
    events: list[tuple[date, str]] = [(next_session(after), texts.next_session)]
    if report.settlement is not None and report.settlement["data_liquidacao"]:
        events.append((report.settlement["data_liquidacao"], texts.session_settles))
    events += [
        (day, texts.preview_shown.format(number=number))
        for number, day in enumerate(report.previews, start=1)
    ]
    events.append((start, texts.portfolio_starts))
    events += [(day, texts.closed) for day in closed_weekdays(after, max(start, after + _LEAST_DAYS))]
    table = Table(
        columns=[
            Column(label=texts.day),
            Column(label=texts.what_comes),
            Column(label=texts.days_ahead, kind=Kind.NUMBER),
        ],
        rows=[
            [
                Cell(f"{notation.weekday(day)}\u00a0{notation.short_date(day)}"),
                Cell(what),
                Cell(notation.number((day - report.session).days)),
            ]
            for day, what in sorted(events)
            if day > report.session
        ],
    )
    return Section(key="calendar", title=texts.calendar_title, note=texts.calendar_note, tables=[table])
