"""The sections that look back: the index's level, how many rose and fell, the weights of the ten largest."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from reports.notation import Notation, as_decimal
from reports.panels import panels
from reports.plots import bars_plot, line_plot, round_axis
from reports.report import IndexReport
from reports.tables import Cell, Column, Kind, Section, Table, tone_of
from reports.texts import Texts

_YEAR, _QUARTER = 253, 63  # sessions in a chart
_SPANS = (1, 5, 21, 252)
_BREADTH_ROWS = 5


def level(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """The index's points over a year of sessions, and how far it is from where it was; None of a single one."""
    records = report.records("evolucao_do_indice")[:_YEAR]
    if len(records) < 2:
        return None
    points = [(row["data_pregao"], as_decimal(row["nivel"])) for row in reversed(records)]
    values = [value for _, value in points]
    axis = round_axis(min(values), max(values))
    whole = all(tick == tick.to_integral_value() for tick in axis.ticks)
    now = records[0]
    told = {
        "first": notation.short_date(points[0][0]),
        "last": notation.short_date(points[-1][0]),
        "low": notation.number(min(values), 2),
        "high": notation.number(max(values), 2),
    }
    table = Table(
        columns=[Column(label=texts.against), Column(label=texts.change, kind=Kind.NUMBER)],
        rows=[
            [
                Cell(texts.sessions_before.of(span, notation)),
                Cell(
                    notation.number(now[f"variacao_{span}"], 2, sign=True), tone_of(now[f"variacao_{span}"])
                ),
            ]
            for span in _SPANS
            if now[f"variacao_{span}"] is not None
        ],
    )
    return Section(
        key="level",
        title=texts.level_title,
        note=texts.level_note.format(
            level=notation.number(now["nivel"], 2), date=notation.short_date(now["data_pregao"])
        ),
        figure=line_plot(
            points,
            axis,
            write=lambda value: notation.number(value, 0 if whole else 2),
            notation=notation,
            label=texts.level_label.format(**told),
        ),
        tables=[table],
    )


def breadth(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """How many members rose and fell, over a quarter of sessions; None without any."""
    records = report.records("amplitude")[:_QUARTER]
    if not records:
        return None
    pairs = [(row["data_pregao"], row["subiram"], row["cairam"]) for row in reversed(records)]
    axis = round_axis(
        -Decimal(max(down for _, _, down in pairs)), Decimal(max(up for _, up, _ in pairs)), most=5
    )
    counts = ("subiram", "cairam", "estaveis", "sem_negocio")
    labels = (texts.ups, texts.downs, texts.unchanged_members, texts.without_return)
    table = Table(
        columns=[Column(label=texts.session), *(Column(label=each, kind=Kind.NUMBER) for each in labels)],
        rows=[
            [
                Cell(notation.short_date(row["data_pregao"])),
                *(Cell(notation.number(row[count])) for count in counts),
            ]
            for row in records[:_BREADTH_ROWS]
        ],
    )
    label = texts.breadth_label.format(
        first=notation.short_date(pairs[0][0]), last=notation.short_date(pairs[-1][0])
    )
    return Section(
        key="breadth",
        title=texts.breadth_title,
        note=texts.breadth_note,
        figure=bars_plot(
            pairs,
            axis,
            write=lambda value: notation.number(abs(value)),
            notation=notation,
            label=label,
        ),
        tables=[table],
    )


def weights(report: IndexReport, texts: Texts, notation: Notation) -> Section | None:
    """The paths of today's ten largest weights; None with a single session."""
    paths: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    days = sorted({row["data_pregao"] for row in report.records("maiores_pesos_no_tempo")})[-_YEAR:]
    names: dict[str, str] = {}  # as the rest of the page names them, who may have been renamed since
    for row in report.records("maiores_pesos_no_tempo"):
        names[row["codigo_atual"]] = row["codigo"]
        if row["data_pregao"] >= days[0]:
            paths[row["codigo_atual"]].append((row["data_pregao"], as_decimal(row["participacao"])))
    largest = sorted(paths.items(), key=lambda path: (-path[1][-1][1], path[0]))
    made = panels([(names[code], path) for code, path in largest], texts, notation)
    if made is None:
        return None
    note = texts.weights_note.format(
        first=notation.short_date(made.first),
        last=notation.short_date(made.last),
        span=notation.number(made.span, 2),
    )
    return Section(key="weights", title=texts.weights_title, note=note, figure=made.drawn, wide=True)
