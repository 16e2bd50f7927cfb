"""The report as tables for a terminal."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from queries.athena import Result
from queries.catalogue import saved_query
from reports.notation import cell, days, long_date, number, short_date
from reports.portfolio import PortfolioReport

_LARGEST_CHANGES = 8


def result_table(result: Result, *, title: str | None = None, limit: int | None = None) -> Table:
    """A query's answer as a table, numbers to the right."""
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    rows = result.rows[:limit]
    for place, name in enumerate(result.columns):
        numeric = any(isinstance(row[place], (int, Decimal, float)) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=numeric)
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row))
    return table


def print_report(report: PortfolioReport, console: Console) -> None:
    """The report's questions one after another."""
    state = report.rebalancing
    console.print(f"[bold]Ibovespa, pregão de {long_date(report.session)}[/]")
    console.print(
        f"{report.members} papéis, {number(report.quantity)} ações na carteira teórica; "
        f"os dez maiores pesam {number(report.ten_largest, 3)} %"
    )
    console.print(
        f"Carteira em vigor desde {short_date(state['inicio_vigencia'])} "
        f"({days(state['dias_desde_rebalanceamento'])})\n"
    )
    for name, columns, limit in (
        ("maiores_pesos", ("posicao", "codigo", "nome_empresa", "setor", "participacao", "acumulado"), None),
        ("setores", ("setor", "papeis", "participacao"), None),
        (
            "variacao_de_pesos",
            ("codigo", "nome_empresa", "participacao_anterior", "participacao_atual", "variacao"),
            _LARGEST_CHANGES,
        ),
        ("entradas_e_saidas", ("data_pregao", "movimento", "codigo", "nome_empresa", "participacao"), None),
    ):
        result = report.results[name]
        if result.rows:
            console.print(result_table(_only(result, columns), title=saved_query(name).title, limit=limit))
            console.print()


def _only(result: Result, columns: tuple[str, ...]) -> Result:
    places = [result.columns.index(name) for name in columns]
    return Result(
        columns=columns,
        rows=tuple(tuple(row[place] for place in places) for row in result.rows),
        scanned_bytes=result.scanned_bytes,
    )
