"""The report as one HTML file that opens offline: charts are inline SVG, nothing is loaded."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from queries.catalogue import saved_query
from reports import charts
from reports.notation import cell, days, long_date, number, short_date
from reports.portfolio import PortfolioReport

_FOLDER = Path(__file__).resolve().parent


def render(report: PortfolioReport) -> str:
    """The page's HTML."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "cell": cell,
        "days": days,
        "short_date": short_date,
        "long_date": long_date,
    }
    environment.globals["title_of"] = lambda name: saved_query(name).title
    return environment.get_template("page.html.j2").render(report=report, charts=charts)


def write(report: PortfolioReport, path: Path) -> Path:
    """Write the page, whole or not at all; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".part")
    scratch.write_text(render(report), encoding="utf-8")
    scratch.replace(path)
    return path
