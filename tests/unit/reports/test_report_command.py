from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bovespa.commands.report import report
from reports import IndexReport
from reports.report import Missing, Part
from tests.session_answers import BEFORE, DAY, a_session


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command asked for; it is given a whole report, with a preview missing."""
    seen: dict[str, Any] = {}

    def read(athena: object, **question: object) -> IndexReport:
        seen.update(question, athena=athena)
        lacks = (Missing(part=Part.QUOTES, latest=BEFORE),)
        return replace(a_session(index=str(question["indice"])), missing=lacks)

    monkeypatch.setattr(
        "bovespa.commands.report.find_athena",
        lambda where: SimpleNamespace(athena=f"athena of {where.stack}"),
    )
    monkeypatch.setattr("bovespa.commands.report.read_report", read)
    return seen


def run(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(report, ["--page", str(tmp_path / "page.html"), *arguments])


def test_the_answer_is_one_document_with_every_table(asked: dict[str, Any], tmp_path: Path) -> None:
    done = run(tmp_path, "--date", "2025-08-27", "--index", "SMLL", "--stack", "dev", "--json")
    assert done.exit_code == 0, done.output
    assert asked == {"until": DAY, "indice": "SMLL", "athena": "athena of dev"}
    document = json.loads(done.stdout)
    assert {key: document[key] for key in ("index", "date", "missing")} == {
        "index": "SMLL",
        "date": "2025-08-27",
        "missing": [{"part": "quotes", "table": None, "latest": "2025-08-26"}],
    }
    assert set(a_session().results) <= set(document)
    assert document["composicao"][0]["codigo"] == "VALE3"
    assert Path(document["page"]).read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_language_is_of_the_tables_and_of_the_page_as_it_opens(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    done = run(tmp_path, "--language", "en")
    assert "Session of 27 August 2025" in done.stdout
    assert asked["indice"] == "IBOV"
    assert '<html lang="en">' in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Pregão de 27 de agosto de 2025" in run(tmp_path, "--language", "pt").stdout


def test_an_index_that_cannot_be_is_an_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bovespa.commands.report.find_athena", lambda _: SimpleNamespace(athena=None))
    done = run(tmp_path, "--index", "ibov'--")
    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "IBOV'--" in done.stderr
    assert not (tmp_path / "page.html").exists()
