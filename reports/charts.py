"""Charts as SVG, drawn by Vega-Lite inside this process: no browser, no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import vl_convert

from reports.notation import short_date
from reports.portfolio import PortfolioReport

_BLUE, _GREEN, _RED = "#1f5fa8", "#2a8f5b", "#c0443c"
_LARGEST_CHANGES = 12
_SECTORS_OVER_TIME = 6
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"
_CONFIG = {
    "font": _FONT,
    "background": None,
    "padding": {"left": 16, "right": 16, "top": 4, "bottom": 4},  # fonts differ a little between machines
    "view": {"stroke": None},
    "axis": {"labelColor": "#555", "titleColor": "#555", "gridColor": "#e6e6e6", "domainColor": "#bbb"},
    "legend": {"labelColor": "#555", "orient": "bottom", "title": None, "columns": 2},
}
# d3-format's locale for Brazil, so that the axes read as the tables do.
_LOCALE = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["R$ ", ""]}


def sector_weights(report: PortfolioReport) -> str:
    """Weight by sector on the session."""
    rows = [{"nome": row["setor"], "peso": float(row["participacao"])} for row in report.records("setores")]
    return _bars(rows, "Peso (%)")


def largest_weights(report: PortfolioReport) -> str:
    """The ten largest weights."""
    rows = [
        {"nome": row["codigo"], "peso": float(row["participacao"])} for row in report.records("maiores_pesos")
    ]
    return _bars(rows, "Peso (%)")


def weight_changes(report: PortfolioReport) -> str:
    """The largest changes of weight since the session before; empty where there is none."""
    rows = [
        {"nome": row["codigo"], "peso": float(row["variacao"])}
        for row in report.records("variacao_de_pesos")[:_LARGEST_CHANGES]
    ]
    if not rows:
        return ""
    colour = {"condition": {"test": "datum.peso < 0", "value": _RED}, "value": _GREEN}
    return _bars(rows, "Variação (pontos percentuais)", colour=colour)


def sectors_over_time(report: PortfolioReport) -> str:
    """The weights of the largest sectors over all sessions; empty with fewer than two."""
    largest = [row["setor"] for row in report.records("setores")[:_SECTORS_OVER_TIME]]
    rows = [
        {
            "pregao": short_date(row["data_pregao"]),
            "ordem": row["data_pregao"].isoformat(),
            "setor": row["setor"],
            "peso": float(row["participacao"]),
        }
        for row in report.records("setores_no_tempo")
        if row["setor"] in largest
    ]
    if len({row["pregao"] for row in rows}) < 2:
        return ""
    return _svg(
        {
            "data": {"values": rows},
            "width": 560,
            "height": 240,
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": {"field": "pregao", "type": "ordinal", "sort": {"field": "ordem"}, "title": None},
                "y": {
                    "field": "peso",
                    "type": "quantitative",
                    "title": "Peso (%)",
                    "scale": {"zero": False},
                },
                "color": {"field": "setor", "type": "nominal", "sort": largest},
            },
        }
    )


def _bars(rows: Sequence[dict[str, Any]], title: str, *, colour: dict[str, Any] | None = None) -> str:
    return _svg(
        {
            "data": {"values": list(rows)},
            "width": 420,
            "height": {"step": 21},
            "mark": {"type": "bar", "cornerRadiusEnd": 2},
            "encoding": {
                "y": {
                    "field": "nome",
                    "type": "nominal",
                    "sort": None,
                    "title": None,
                    "axis": {"labelLimit": 240, "ticks": False, "domain": False},
                },
                "x": {
                    "field": "peso",
                    "type": "quantitative",
                    "title": title,
                    "axis": {"tickCount": 6, "labelOverlap": True},
                },
                "color": colour or {"value": _BLUE},
            },
        }
    )


def _svg(specification: dict[str, Any]) -> str:
    document: str = vl_convert.vegalite_to_svg(
        {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG, **specification},
        format_locale=_LOCALE,
    )
    return document
