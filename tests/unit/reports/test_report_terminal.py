from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from reports.contributions import contributions
from reports.notation import Language
from reports.report import IndexReport, Missing, Part
from reports.terminal import print_report
from reports.texts import EN, PT_BR, Texts
from tests.session_answers import MARKET, a_session

HOSTILE = "[red]x[/red] <b>"


def printed(report: IndexReport, language: Language, *, full: bool = False) -> str:
    output = StringIO()
    print_report(report, Console(file=output, width=200), language, full=full)
    return output.getvalue()


@pytest.mark.parametrize(("language", "words"), [(Language.PT_BR, PT_BR), (Language.EN, EN)])
def test_the_terminal_has_every_section_but_the_long_one(language: Language, words: Texts) -> None:
    text = printed(a_session(), language)
    for title in (
        words.sectors_title, words.contribution_title, words.moves_title, words.traded_title,
        words.concentration_title, words.changes_title, words.entries_title, words.next_title,
        words.settlement_title,
    ):  # fmt: skip
        assert f"\n{title}\n" in text
    assert words.portfolio_title not in text
    assert words.portfolio_title in printed(a_session(), language, full=True)


def test_the_terminal_shows_markup_as_text() -> None:
    report = a_session()
    largest = report.results["maiores_pesos"]
    hostile = replace(
        largest, rows=((*largest.rows[0][:3], HOSTILE, *largest.rows[0][4:]), *largest.rows[1:])
    )
    text = printed(replace(report, results={**report.results, "maiores_pesos": hostile}), Language.EN)
    assert re.search(rf"VALE3 +{re.escape(HOSTILE)} ", text)


def test_what_is_missing_is_one_line() -> None:
    report = replace(a_session(without=MARKET), missing=(Missing(part=Part.QUOTES),))
    lines = printed(report, Language.PT_BR).splitlines()
    assert [line for line in lines if line.startswith("!")] == [
        "! Sem cotações: nenhuma até 27/08/2025 foi coletada."
    ]


def test_contributions_sum_whatever_is_shown() -> None:
    report = a_session()
    assert report.performance
    for each_way in (0, 1, 8, 1000):
        split = contributions(report.shares, each_way)
        shown = [share.contribution or 0 for share in (*split.helped, *split.weighed)]
        assert sum(shown) + split.others_points == split.total == report.performance.approximate
        assert all(points > 0 for points in shown[: len(split.helped)])
        assert len(shown) + split.others == sum(share.contribution is not None for share in report.shares)
