"""The report as one HTML file that opens offline: both languages, inline SVG, no script, nothing loaded."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.figures import Figure, figures
from reports.notation import Language, Notation
from reports.report import IndexReport
from reports.sections import sections
from reports.sector_map import Swatch, legend, sector_map
from reports.sentences import lacks, lead, made_up, source
from reports.tables import Section
from reports.texts import Texts, texts

_FOLDER = Path(__file__).resolve().parent
_BITCOIN = "bitcoin.html"
_MINUS = "\u2212"  # the sign that is as wide as a plus


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The report in one language, ready for the template."""

    language: Language
    texts: Texts
    notation: Notation
    source: str
    made_up: str
    lead: str
    lacks: list[str]
    figures: list[Figure]
    map: Markup
    legend: list[Swatch]
    sections: list[Section]


def render(report: IndexReport, language: Language = Language.PT_BR, *, bitcoin: str | None = None) -> str:
    """The page's HTML.

    Args:
        report: what it shows.
        language: the one that it opens in.
        bitcoin: the address of the stream's page; None where there is none to link to.
    """
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    return environment.get_template("page.html.j2").render(
        report=report,
        opens_in=language,
        bitcoin=bitcoin,
        editions=[_edition(report, each) for each in Language],
        style=Markup(style),  # noqa: S704 (a file of this package)
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def write(report: IndexReport, path: Path, language: Language = Language.PT_BR) -> Path:
    """Write the page, whole or not at all; returns the path.

    It links to the stream's page where `bovespa stream page` has left one beside it.
    """
    bitcoin = path.with_name(_BITCOIN)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".part")
    scratch.write_text(
        render(report, language, bitcoin=_BITCOIN if bitcoin.is_file() else None), encoding="utf-8"
    )
    scratch.replace(path)
    return path


def _edition(report: IndexReport, language: Language) -> Edition:
    words = texts(language)
    notation = Notation(language=language, minus=_MINUS)
    return Edition(
        language=language,
        texts=words,
        notation=notation,
        source=source(report, words),
        made_up=made_up(report, words, notation),
        lead=lead(report, words, notation),
        lacks=lacks(report, words, notation),
        figures=figures(report, words, notation),
        map=sector_map(report, words, notation),
        legend=legend(words, notation) if report.performance else [],
        sections=sections(report, words, notation),
    )
