from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from queries.athena import Athena, Result, Value
from reports.notation import cell, long_date, number
from reports.page import render, write
from reports.portfolio import NoSession, PortfolioReport, read_report
from reports.terminal import print_report

DAY = date(2025, 9, 3)
HOSTILE = "<script>alert(1)</script> & Cia"


def result(columns: str, *rows: tuple[Value, ...]) -> Result:
    return Result(columns=tuple(columns.split()), rows=rows, scanned_bytes=100)


def a_report(*, history: bool = True) -> PortfolioReport:
    weight = Decimal("60.500"), Decimal("39.500")
    sectors = [
        (day, name, w) for day in (date(2025, 9, 2), DAY) for name, w in zip("AB", weight, strict=True)
    ]
    return PortfolioReport(
        session=DAY,
        results={
            "composicao": result(
                "data_pregao codigo nome_empresa classe evento listagem setor quantidade_teorica participacao",
                (DAY, "VALE3", HOSTILE, "ON", None, "NM", "A", 4_270_903_023, weight[0]),
                (DAY, "PETR4", "PETROBRAS", "PN", "EJ", "N2", "B", 4_566_445_852, weight[1]),
            ),
            "setores": result(
                "data_pregao setor participacao papeis", (DAY, "A", weight[0], 1), (DAY, "B", weight[1], 1)
            ),
            "maiores_pesos": result(
                "data_pregao posicao codigo nome_empresa setor participacao acumulado",
                (DAY, 1, "VALE3", HOSTILE, "A", weight[0], weight[0]),
                (DAY, 2, "PETR4", "PETROBRAS", "B", weight[1], Decimal("100.000")),
            ),
            "variacao_de_pesos": result(
                "codigo nome_empresa participacao_anterior participacao_atual variacao",
                *([("VALE3", HOSTILE, weight[0], weight[0], Decimal("-0.217"))] if history else []),
            ),
            "entradas_e_saidas": result("data_pregao movimento codigo nome_empresa participacao"),
            "rebalanceamento": result(
                "data_pregao inicio_vigencia dias_desde_rebalanceamento dias_entre_coleta_e_pregao redutor",
                (DAY, date(2025, 9, 1), 2, 0, Decimal("15398120.41170025")),
            ),
            "setores_no_tempo": result(
                "data_pregao setor participacao", *(sectors if history else sectors[2:])
            ),
        },
    )


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = Elements()
    page.feed(render(a_report()))
    tags = {tag for tag, _ in page.seen}
    assert not tags & {"script", "iframe", "object", "embed"}
    for tag, attributes in page.seen:
        for name in ("src", "href", "xlink:href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), (tag, value)


def test_names_from_outside_are_text() -> None:
    html = render(a_report())
    assert HOSTILE not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Cia" in html


def test_the_page_has_its_charts_and_figures() -> None:
    html = render(a_report())
    assert html.count("<svg") == 4
    assert "8.837.348.875" in html  # the sum of both quantities
    assert "100,000 %" in html
    assert "15.398.120,41170025" in html
    assert "3 de setembro de 2025" in html


def test_a_single_session_has_no_charts_of_change() -> None:
    assert render(a_report(history=False)).count("<svg") == 2


def test_a_session_without_sectors_says_so() -> None:
    report = a_report()
    nameless = result("data_pregao setor participacao papeis", (DAY, "Não informado", Decimal(100), 2))
    html = render(replace(report, results={**report.results, "setores": nameless}))
    assert "não informou os setores" in html
    assert html.count("<svg") == 2  # neither the sectors nor their history


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out" / "report.html"
    assert write(a_report(), target) == target
    before = target.read_bytes()

    def fail(_: object) -> str:
        raise RuntimeError("no charts today")

    monkeypatch.setattr("reports.page.render", fail)
    with pytest.raises(RuntimeError):
        write(a_report(), target)
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]


def test_the_terminal_shows_markup_as_text() -> None:
    output = StringIO()
    print_report(a_report(), Console(file=output, width=200))
    text = output.getvalue()
    assert HOSTILE in text
    assert re.search(r"VALE3 .*60,500", text)


def test_numbers_and_dates_are_brazilian() -> None:
    assert number(91_922_324_640) == "91.922.324.640"
    assert number(Decimal("15433595.60223638"), 8) == "15.433.595,60223638"
    assert number(Decimal("0.494"), 3, sign=True) == "+0,494"
    assert long_date(date(2026, 3, 1)) == "1 de março de 2026"
    assert cell(Decimal("-0.217")) == "-0,217"
    assert cell(None) == "–"


class NothingThere:
    """An Athena client whose every answer is empty."""

    def start_query_execution(self, **_: object) -> dict[str, str]:
        return {"QueryExecutionId": "1"}

    def get_query_execution(self, **_: object) -> dict[str, object]:
        return {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}

    def get_paginator(self, _: str) -> NothingThere:
        return self

    def paginate(self, **_: object) -> list[dict[str, object]]:
        names = [{"Name": "data_pregao", "Type": "date"}]
        return [{"ResultSet": {"Rows": [{"Data": []}], "ResultSetMetadata": {"ColumnInfo": names}}}]


def test_a_lake_without_sessions_is_said() -> None:
    athena = Athena(client=NothingThere(), workgroup="w", database="default")
    with pytest.raises(NoSession, match="on or before 2020-01-01"):
        read_report(athena, until=date(2020, 1, 1))
