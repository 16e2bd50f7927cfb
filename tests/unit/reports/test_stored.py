"""A report that was stored is the one that was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from lake.athena import Result
from reports.page import render
from reports.report import Missing, Part
from reports.stored import dump, load
from tests.session_answers import a_session


def test_a_stored_report_is_read_as_it_was_to_the_last_digit() -> None:
    lacks = (Missing(part=Part.QUOTES, latest=date(2025, 9, 2)), Missing(part=Part.THEORETICAL, table="t"))
    report = replace(a_session(), missing=lacks)

    again = load(dump(report))

    assert (again.index, again.session, again.missing) == (report.index, report.session, report.missing)
    for name, result in report.results.items():
        assert again.results[name].columns == result.columns, name
        assert [list(map(repr, row)) for row in again.results[name].rows] == [
            list(map(repr, row)) for row in result.rows
        ], name
    assert dump(again) == dump(report)
    unread = {name: replace(result, scanned_bytes=None) for name, result in report.results.items()}
    assert render(again) == render(replace(report, results=unread))


def test_nothing_stays_nothing_and_words_that_look_like_numbers_stay_words() -> None:
    rows = ((None, "1.50", True, 2.5, date(2025, 9, 3)), (Decimal("1.50"), None, None, None, None))
    odd = Result(columns=("a", "b", "c", "d", "e"), rows=rows, scanned_bytes=None)

    again = load(dump(replace(a_session(), results={"odd": odd})))

    assert again.results == {"odd": odd}
    assert repr(again.results["odd"].rows) == repr(rows)
