"""The report as tables for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.style import Style
from rich.table import Table as Grid
from rich.text import Text

from lake.athena import Result
from lake.visible import visible
from reports.figures import figures
from reports.notation import Language, Notation
from reports.report import IndexReport
from reports.result_table import blocks
from reports.sections import sections
from reports.sentences import lacks, lead, made_up
from reports.tables import Cell, Kind, Table, Tone
from reports.texts import texts

# Blue and orange, as on the page: who can't tell red from green can tell these.
_STYLES = {
    Tone.PLAIN: "",
    Tone.UP: "dodger_blue1",
    Tone.DOWN: "dark_orange3",
    Tone.SOFT: "bright_black",
}


def print_result(
    result: Result,
    console: Console,
    language: Language = Language.PT_BR,
    *,
    title: str | None = None,
    limit: int | None = None,
) -> None:
    """A query's answer, in as many tables as the console's width needs; see :mod:`reports.result_table`."""
    for number, block in enumerate(blocks(result, width=console.width, language=language, limit=limit)):
        if number:
            console.print()
        grid = _grid(title if not number else None)
        for heading, numeric in zip(block.headings, block.numeric, strict=True):
            grid.add_column(heading, justify="right" if numeric else "left", no_wrap=True)
        for row in block.rows:
            grid.add_row(*map(Text, row))
        console.print(grid, soft_wrap=True, crop=False)


def print_report(
    report: IndexReport, console: Console, language: Language = Language.PT_BR, *, full: bool = False
) -> None:
    """The report's questions one after another; the full portfolio only with ``full``."""
    words, notation = texts(language), Notation(language=language)
    day = words.session_of.format(date=notation.long_date(report.session))
    console.print(Text(f"{report.name} · {day}", style="bold"))
    if warning := made_up(report, words, notation):
        console.print(Text(visible(f"! {words.made_up_title}. {warning}"), style=_STYLES[Tone.DOWN]))
    console.print(Text(visible(lead(report, words, notation))))
    for line in lacks(report, words, notation):
        console.print(Text(visible(f"! {line}"), style=_STYLES[Tone.DOWN]))
    console.print()
    summary = Grid.grid(padding=(0, 2))
    summary.add_column(justify="right", style="bold", no_wrap=True)
    for figure in figures(report, words, notation):
        summary.add_row(
            visible(figure.value),
            Text.assemble(visible(figure.label), (f"  {visible(figure.note)}", _STYLES[Tone.SOFT])),
        )
    console.print(summary)
    for section in sections(report, words, notation):
        if (
            (section.long and not full)
            or not (section.tables or section.note)
            or (section.figure and not section.tables)
        ):
            continue
        console.print()
        console.print(Text(section.title, style="bold"))
        if section.note:
            console.print(Text(section.note, style=_STYLES[Tone.SOFT]))
        for table in section.tables:
            if table.columns:
                console.print(_section_table(table))
            else:
                console.print(Text(table.caption))


def _section_table(table: Table) -> Grid:
    grid = _grid(table.caption or None)
    places = [place for place, column in enumerate(table.columns) if column.kind is not Kind.CHART]
    for place in places:
        column = table.columns[place]
        numeric = column.kind is Kind.NUMBER
        grid.add_column(
            Text(column.label), justify="right" if numeric else "left", no_wrap=column.kind is not Kind.TEXT
        )
    for rows, bold in ((table.rows, False), (table.footer, True)):
        for row in rows:
            grid.add_row(*(_text(row[place], bold=bold) for place in places))
    return grid


def _grid(title: str | None) -> Grid:
    return Grid(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)


def _text(cell: Cell, *, bold: bool = False) -> Text:
    style = Style.parse(_STYLES[cell.tone] or "none") + Style(bold=bold or None)
    if not cell.note:
        return Text(visible(cell.text), style=style)
    return Text.assemble((f"{visible(cell.text):7}", style), (visible(cell.note), _STYLES[Tone.SOFT]))
