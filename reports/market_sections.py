"""The sections that the quotes answer: what moved the index, what moved, what was traded, when it settles."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from reports.charts import bar, diverging_bar
from reports.contributions import contributions
from reports.notation import Notation, as_decimal
from reports.report import IndexReport, Share
from reports.tables import Cell, Column, Kind, Section, Table, Tone, tone_of
from reports.texts import Texts

_CONTRIBUTIONS, _MOVES = 8, 10  # each way


def contribution(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """The members that moved the index most, the others as one, their sum, and what it leaves."""
    done = report.performance
    if done is None:
        return None
    split = contributions(report.shares, _CONTRIBUTIONS)
    largest = max(
        (abs(share.contribution or Decimal(0)) for share in (*split.helped, *split.weighed)),
        default=Decimal(0),
    )

    def row(share: Share) -> list[Cell]:
        return [
            Cell(share.code, note=share.company),
            Cell(notation.number(share.contribution, 3, sign=True), tone_of(share.contribution)),
            Cell("", chart=diverging_bar(share.contribution, largest)),
            Cell(notation.number(share.daily_return, 2, sign=True), tone_of(share.daily_return)),
            Cell(notation.number(share.weight, 3)),
        ]

    def total(label: str, points: Decimal | None, tone: Tone = Tone.PLAIN) -> list[Cell]:
        number = notation.number(points, 3, sign=True)
        return [Cell(label, tone), Cell(number, tone), Cell(""), Cell(""), Cell("")]

    rows = [row(share) for share in split.helped]
    if split.others:
        rows.append(total(texts.other_shares.of(split.others, notation), split.others_points, Tone.SOFT))
    rows += [row(share) for share in reversed(split.weighed)]
    table = Table(
        columns=[
            Column(label=texts.code, kind=Kind.CODE),
            Column(label=texts.contribution, kind=Kind.NUMBER),
            Column(label="", kind=Kind.CHART),
            Column(label=texts.daily_return, kind=Kind.NUMBER),
            Column(label=texts.weight, kind=Kind.NUMBER),
        ],
        rows=rows,
        footer=[
            total(texts.sum_of_contributions, done.approximate),
            total(texts.index_return.capitalize(), done.index),
            total(texts.residual, done.residual),
        ]
        if done.covers
        else [total(texts.sum_of_known, done.approximate)],
    )
    return Section(
        key="contribution", title=texts.contribution_title, note=texts.contribution_note, tables=[table]
    )


def moves(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """The largest moves of the index's members, each way."""
    records = [row for row in report.records("maiores_variacoes") if row["retorno"] is not None]
    if not records:
        return None
    ups = [row for row in records if row["retorno"] > 0][:_MOVES]
    downs = [row for row in records if row["retorno"] < 0][:_MOVES]
    largest = max((abs(as_decimal(row["retorno"])) for row in (*ups, *downs)), default=Decimal(0))

    def table(caption: str, nobody: str, found: Sequence[dict[str, Any]]) -> Table:
        if not found:
            return Table(columns=(), rows=(), caption=nobody)
        return Table(
            caption=caption,
            columns=[
                Column(label=texts.code, kind=Kind.CODE),
                Column(label=texts.daily_return, kind=Kind.NUMBER),
                Column(label="", kind=Kind.CHART),
                Column(label=texts.close, kind=Kind.NUMBER),
            ],
            rows=[
                [
                    Cell(row["codigo"], note=row["nome_empresa"]),
                    Cell(notation.number(row["retorno"], 2, sign=True), tone_of(row["retorno"])),
                    Cell("", chart=bar(abs(as_decimal(row["retorno"])), largest, tone_of(row["retorno"]))),
                    Cell(notation.number(row["preco_fechamento"], 2)),
                ]
                for row in found
            ],
        )

    tables = [table(texts.ups, texts.nobody_up, ups), table(texts.downs, texts.nobody_down, downs)]
    return Section(key="moves", title=texts.moves_title, note=texts.moves_note, tables=tables)


def traded(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """What the whole cash market traded most, in reais."""
    records = report.records("mais_negociados")
    if not records:
        return None
    largest = max(as_decimal(row["valor_total"]) for row in records)
    table = Table(
        columns=[
            Column(label=texts.position, kind=Kind.NUMBER),
            Column(label=texts.code, kind=Kind.CODE),
            Column(label=texts.traded_value, kind=Kind.NUMBER),
            Column(label="", kind=Kind.CHART),
            Column(label=texts.market_share, kind=Kind.NUMBER),
            Column(label=texts.trades, kind=Kind.NUMBER),
            Column(label=texts.average_price, kind=Kind.NUMBER),
            Column(label=texts.weight, kind=Kind.NUMBER),
        ],
        rows=[
            [
                Cell(notation.number(row["posicao"]), Tone.SOFT),
                Cell(row["codigo"], note=row["nome_empresa"] or ""),
                Cell(notation.money(row["valor_total"])),
                Cell("", chart=bar(as_decimal(row["valor_total"]), largest)),
                Cell(notation.number(row["participacao_no_volume"], 2)),
                Cell(notation.number(row["quantidade"])),
                Cell(notation.number(row["preco_medio"], 2)),
                Cell(notation.number(row["participacao"], 3)),
            ]
            for row in records
        ],
    )
    return Section(key="traded", title=texts.traded_title, note=texts.traded_note, tables=[table], wide=True)


def settlement(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """When the latest sessions settle."""
    records = report.records("dias_ate_liquidacao")
    if not records:
        return None
    table = Table(
        columns=[
            Column(label=texts.session),
            Column(label=texts.settles_on),
            Column(label=texts.days_to_settle, kind=Kind.NUMBER),
            Column(label=texts.traded_value, kind=Kind.NUMBER),
        ],
        rows=[
            [
                Cell(notation.short_date(row["data_pregao"])),
                Cell(notation.short_date(row["data_liquidacao"])),
                Cell(notation.number(row["dias_ate_liquidacao"])),
                Cell(notation.money(row["valor_total"])),
            ]
            for row in sorted(records, key=lambda row: row["data_pregao"], reverse=True)
        ],
    )
    return Section(
        key="settlement", title=texts.settlement_title, note=texts.settlement_section_note, tables=[table]
    )
