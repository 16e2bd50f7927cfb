"""Settlement by B3's sessions, and the calendar in the job being today's."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from glue.settlement import NODE_NAME, closures, rewrite, settlement_date, settlement_sql

JOB = Path(__file__).resolve().parents[3] / "glue" / "jobs" / "negociacao.json"


@pytest.mark.parametrize(
    ("session", "settled"),
    [
        (date(2025, 7, 8), date(2025, 7, 10)),
        (date(2025, 7, 10), date(2025, 7, 14)),  # over a weekend
        (date(2020, 2, 21), date(2020, 2, 27)),  # over Carnival
        (date(2019, 5, 24), date(2019, 5, 29)),  # the last day of D+3
        (date(2019, 5, 27), date(2019, 5, 29)),  # the first of D+2
        (date(2016, 1, 4), date(2016, 1, 7)),
        (date(2024, 12, 23), date(2024, 12, 27)),  # over Christmas Eve and Christmas
        (date(2024, 12, 30), date(2025, 1, 3)),  # over New Year's Eve and Day
    ],
)
def test_settlement_is_two_or_three_sessions_later(session: date, settled: date) -> None:
    assert settlement_date(session) == settled


def test_closures_are_weekdays_of_the_years_asked_for() -> None:
    days = closures(2024, 2025)
    assert {day.year for day in days} == {2024, 2025}
    assert date(2024, 11, 20) in days
    assert date(2024, 12, 24) in days
    assert all(day.weekday() < 5 for day in days)


def test_the_job_has_the_calendar_of_today() -> None:
    """After an update of the calendar: python -m glue.settlement glue/jobs/negociacao.json."""
    nodes = json.loads(JOB.read_text(encoding="utf-8"))["CodeGenConfigurationNodes"].values()
    (query,) = (
        node["SparkSQL"]["SqlQuery"] for node in nodes if node.get("SparkSQL", {}).get("Name") == NODE_NAME
    )
    assert query == settlement_sql()


def test_rewriting_restores_the_node_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "negociacao.json"
    shutil.copy(JOB, path)
    assert not rewrite(path)
    path.write_text(JOB.read_text(encoding="utf-8").replace("DATE '2025-12-24'", "DATE '2025-12-23'"))
    assert rewrite(path)
    assert path.read_text(encoding="utf-8") == JOB.read_text(encoding="utf-8")


def test_a_job_without_the_node_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"CodeGenConfigurationNodes": {}}')
    with pytest.raises(LookupError, match="no SparkSQL node named"):
        rewrite(path)
