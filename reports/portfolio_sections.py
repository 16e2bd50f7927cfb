"""The sections that the portfolio answers by itself, and that the quotes add columns to."""

from __future__ import annotations

from lake.calendar import next_portfolio_start
from reports.charts import bar, diverging_bar
from reports.notation import Notation, as_decimal
from reports.report import IndexReport
from reports.sentences import sector
from reports.tables import Cell, Column, Kind, Section, Table, Tone, tone_of
from reports.texts import Texts

_LARGEST_CHANGES = 10
_ENTRIES = 20
_LARGEST_STAYS = 8


def concentration(report: IndexReport, texts: Texts, notation: Notation) -> Section:
    """The ten largest weights, and what they make together."""
    records = report.records("maiores_pesos")
    largest = max(as_decimal(row["participacao"]) for row in records)
    table = Table(
        columns=[
            Column(label=texts.code, kind=Kind.CODE),
            Column(label=texts.weight, kind=Kind.NUMBER),
            Column(label="", kind=Kind.CHART),
            Column(label=texts.cumulative, kind=Kind.NUMBER),
        ],
        rows=[
            [
                Cell(row["codigo"], note=row["nome_empresa"]),
                Cell(notation.number(row["participacao"], 3)),
                Cell("", chart=bar(as_decimal(row["participacao"]), largest)),
                Cell(notation.number(row["acumulado"], 3), Tone.SOFT),
            ]
            for row in records
        ],
    )
    return Section(
        key="concentration", title=texts.concentration_title, note=texts.concentration_note, tables=[table]
    )


def changes(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """The weights that changed most since the session before; None where the lake has no session before."""
    records = report.records("variacao_de_pesos")
    if not records:
        return None
    days = {
        "previous": notation.short_date(records[0]["pregao_anterior"]),
        "current": notation.short_date(records[0]["pregao_atual"]),
    }
    moved = [row for row in records if row["variacao"]][:_LARGEST_CHANGES]
    if not moved:
        return Section(key="changes", title=texts.changes_title, note=texts.no_changes.format(**days))
    largest = max(abs(as_decimal(row["variacao"])) for row in moved)
    table = Table(
        columns=[
            Column(label=texts.code, kind=Kind.CODE),
            Column(label=texts.weight_change, kind=Kind.NUMBER),
            Column(label="", kind=Kind.CHART),
            Column(label=texts.previous_weight, kind=Kind.NUMBER),
            Column(label=texts.current_weight, kind=Kind.NUMBER),
        ],
        rows=[
            [
                Cell(row["codigo"], note=row["nome_empresa"]),
                Cell(notation.number(row["variacao"], 3, sign=True), tone_of(row["variacao"])),
                Cell("", chart=diverging_bar(as_decimal(row["variacao"]), largest)),
                Cell(notation.number(row["participacao_anterior"], 3)),
                Cell(notation.number(row["participacao_atual"], 3)),
            ]
            for row in moved
        ],
    )
    return Section(
        key="changes", title=texts.changes_title, note=texts.changes_note.format(**days), tables=[table]
    )


def entries(report: IndexReport, texts: Texts, notation: Notation) -> Section:
    """Who entered and who left between sessions of the lake."""
    records = report.records("entradas_e_saidas")[:_ENTRIES]
    if not records:
        return Section(key="entries", title=texts.entries_title, note=texts.no_entries)
    table = Table(
        columns=[
            Column(label=texts.session),
            Column(label=texts.movement),
            Column(label=texts.code, kind=Kind.CODE),
            Column(label=texts.weight, kind=Kind.NUMBER),
        ],
        rows=[
            [
                Cell(notation.short_date(row["data_pregao"])),
                _movement(row["movimento"], texts),
                Cell(row["codigo"], note=row["nome_empresa"]),
                Cell(notation.number(row["participacao"], 3)),
            ]
            for row in records
        ],
    )
    return Section(key="entries", title=texts.entries_title, note=texts.entries_note, tables=[table])


def next_rebalancing(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """Who enters and leaves by the latest preview, then the stayers whose weight changes most."""
    records = report.upcoming
    if not records:
        return None
    moving = [row for row in records if row["movimento"] != "fica"]
    staying = [row for row in records if row["movimento"] == "fica"]
    staying.sort(key=lambda row: (-abs(row["variacao"] or 0), row["codigo"]))
    table = Table(
        columns=[
            Column(label=texts.movement),
            Column(label=texts.code, kind=Kind.CODE),
            Column(label=texts.current_weight, kind=Kind.NUMBER),
            Column(label=texts.expected_weight, kind=Kind.NUMBER),
            Column(label=texts.weight_change, kind=Kind.NUMBER),
        ],
        rows=[
            [
                _movement(row["movimento"], texts),
                Cell(row["codigo"], note=row["nome_empresa"] or ""),
                Cell(notation.number(row["participacao_atual"], 3)),
                Cell(notation.number(row["participacao_prevista"], 3)),
                Cell(notation.number(row["variacao"], 3, sign=True), tone_of(row["variacao"])),
            ]
            for row in (*moving, *staying[:_LARGEST_STAYS])
        ],
    )
    note = texts.next_note.format(
        date=notation.short_date(records[0]["dia_da_captura"]),
        start=notation.short_date(next_portfolio_start(report.rebalancing["inicio_vigencia"])),
    )
    if not moving:
        note = f"{note} {texts.next_nobody}"
    return Section(key="next", title=texts.next_title, note=note, tables=[table])


def portfolio(report: IndexReport, texts: Texts, notation: Notation) -> Section:
    """Every member, with what the quotes say of it where there are any."""
    columns = [
        Column(label=texts.code, kind=Kind.CODE),
        Column(label=texts.kind),
        *([Column(label=texts.sector)] if report.has_sectors else []),
        Column(label=texts.quantity, kind=Kind.NUMBER),
        Column(label=texts.weight, kind=Kind.NUMBER),
    ]
    if report.performance:
        columns += [
            Column(label=texts.close, kind=Kind.NUMBER),
            Column(label=texts.daily_return, kind=Kind.NUMBER),
            Column(label=texts.contribution, kind=Kind.NUMBER),
        ]
    rows = []
    for share in report.shares:
        cells = [
            Cell(share.code, note=share.company),
            Cell("\u00a0".join(filter(None, (share.share_class, share.event, share.listing)))),
            *([Cell(sector(share.sector, texts))] if report.has_sectors else []),
            Cell(notation.number(share.quantity)),
            Cell(notation.number(share.weight, 3)),
        ]
        if report.performance:
            cells += [
                Cell(notation.number(share.close, 2)),
                Cell(notation.number(share.daily_return, 2, sign=True), tone_of(share.daily_return)),
                Cell(notation.number(share.contribution, 3, sign=True), tone_of(share.contribution)),
            ]
        rows.append(cells)
    return Section(
        key="portfolio",
        title=texts.portfolio_title,
        note=texts.portfolio_note.format(
            quantity=notation.number(report.quantity), divisor=notation.cell(report.rebalancing["redutor"])
        ),
        tables=[Table(columns=columns, rows=rows)],
        wide=True,
        long=True,
    )


def _movement(word: str, texts: Texts) -> Cell:
    """B3's movement in the reader's language, with its colour."""
    known = {
        "entrou": (texts.entered, Tone.UP),
        "saiu": (texts.left, Tone.DOWN),
        "entra": (texts.enters, Tone.UP),
        "sai": (texts.leaves, Tone.DOWN),
        "fica": (texts.stays, Tone.SOFT),
    }
    text, tone = known.get(word, (word, Tone.PLAIN))
    return Cell(text, tone)
