from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from reports import IndexReport
from reports.notation import Language, Notation
from reports.sections import sections
from reports.tables import Section
from reports.texts import EN
from tests.session_answers import DAY, LEVEL, a_session, result

ENGLISH = Notation(language=Language.EN)


def section(report: IndexReport, key: str) -> Section | None:
    return next((found for found in sections(report, EN, ENGLISH) if found.key == key), None)


def texts_of(found: Section | None) -> list[list[str]]:
    assert found
    return [[cell.text for cell in row] for table in found.tables for row in table.rows]


def with_answer(report: IndexReport, name: str, columns: str, *rows: tuple[object, ...]) -> IndexReport:
    return replace(report, results={**report.results, name: result(columns, *rows)})  # type: ignore[arg-type]


def test_the_level_is_told_with_how_far_it_is_from_where_it_was() -> None:
    report = with_answer(
        a_session(), "evolucao_do_indice", "data_pregao nivel variacao_1 variacao_5 variacao_21 variacao_252",
        (DAY, LEVEL, Decimal("0.443"), None, None, None),
        (date(2025, 8, 26), Decimal("138591.10"), None, None, None, None),
    )  # fmt: skip
    found = section(report, "level")
    assert found
    assert found.note.startswith("139,205.81 points at the close of 27 Aug 2025.")
    assert texts_of(found) == [["1 session before", "+0.44"]]
    assert "between 138,591.10 and 139,205.81 points" in found.figure


@pytest.mark.parametrize("sessions", [0, 1])
def test_one_level_is_no_history(sessions: int) -> None:
    assert section(a_session(sessions=sessions), "level") is None
    assert section(a_session(sessions=sessions), "weights") is None
    assert section(a_session(sessions=sessions), "sector-weights") is None


def test_breadth_is_a_bar_a_session_and_the_last_five_in_numbers() -> None:
    found = section(a_session(sessions=40), "breadth")
    assert found
    assert found.figure.count("z") // 2 >= 40
    rows = texts_of(found)
    assert len(rows) == 5
    assert rows[0][0] == "27 Aug 2025"
    assert all(sum(int(count) for count in row[1:]) == 80 for row in rows)


def test_each_of_the_ten_largest_has_its_panel_heaviest_first() -> None:
    found = section(a_session(sessions=40), "weights")
    assert found
    assert found.figure.count('class="panel"') == 10
    assert "NOW" not in found.figure  # a share goes by the session's ticker, as elsewhere on the page
    assert found.figure.index("VALE3") < found.figure.index("ITUB4") < found.figure.index("SBSP3")


def test_sectors_over_time_have_their_subsectors_together() -> None:
    days = (date(2025, 8, 26), DAY)
    rows = [
        (day, name, weight)
        for day in days
        for name, weight in (
            ("Mats Básicos / Mineração", Decimal("10")),
            ("Mats Básicos / Químicos", Decimal("2.5")),
            ("Petróleo", Decimal("87.5")),
        )
    ]
    report = with_answer(a_session(), "setores_no_tempo", "data_pregao setor participacao", *rows)
    found = section(report, "sector-weights")
    assert found
    assert found.figure.count('class="panel"') == 2
    assert "Mats Básicos: 12.50% on 26 Aug 2025, 12.50% on 27 Aug 2025." in found.figure


def test_a_session_without_sectors_is_no_point_of_their_paths() -> None:
    report = a_session(sessions=3)
    old = report.results["setores_no_tempo"]
    nameless = replace(old, rows=(*old.rows, (date(2025, 8, 28), "Não informado", Decimal(100))))
    report = replace(report, results={**report.results, "setores_no_tempo": nameless})
    found = section(report, "sector-weights")
    assert found
    assert "28 Aug 2025" not in found.note
    assert "Não informado" not in found.figure


def test_the_calendar_says_what_comes_in_the_season_of_previews() -> None:
    rows = texts_of(section(a_session(), "calendar"))
    assert rows[:4] == [
        ["Thu\u00a028 Aug 2025", "next session", "1"],
        ["Thu\u00a028 Aug 2025", "preview 3 of the next portfolio", "1"],
        ["Fri\u00a029 Aug 2025", "this session settles", "2"],
        ["Mon\u00a01 Sep 2025", "next portfolio takes effect", "5"],
    ]
    assert not [what for _, what, days in rows if int(days) < 1]


def test_the_calendar_looks_on_to_the_next_rebalancing() -> None:
    report = replace(a_session(market=False), session=date(2025, 9, 3))
    report = with_answer(
        report, "rebalanceamento", "data_pregao inicio_vigencia dias_desde_rebalanceamento redutor",
        (report.session, date(2025, 9, 1), 2, Decimal(1)),
    )  # fmt: skip
    rows = texts_of(section(report, "calendar"))
    assert [(day.partition("\u00a0")[2], what) for day, what, _ in rows] == [
        ("4 Sep 2025", "next session"),
        ("20 Nov 2025", "no session"),
        ("1 Dec 2025", "preview 1 of the next portfolio"),
        ("16 Dec 2025", "preview 2 of the next portfolio"),
        ("24 Dec 2025", "no session"),
        ("25 Dec 2025", "no session"),
        ("30 Dec 2025", "preview 3 of the next portfolio"),
        ("31 Dec 2025", "no session"),
        ("1 Jan 2026", "no session"),
        ("5 Jan 2026", "next portfolio takes effect"),
    ]
