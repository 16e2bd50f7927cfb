"""`bovespa up`, and the commands that work on the stack that stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.portfolios import ibov

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PROJECT = Path(__file__).resolve().parents[2]


WORK = tempfile.mkdtemp(prefix="bovespa-standing-")  # not the one of a stack that somebody has up


def bovespa(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bovespa.main", *arguments],
        cwd=PROJECT,
        env={**os.environ, "BOVESPA_WORK": WORK},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.fixture(scope="module")
def standing() -> Iterator[dict[str, object]]:
    started = bovespa("up", "--json")
    assert started.returncode == 0, started.stderr
    yield json.loads(started.stdout)
    ended = bovespa("down")
    assert ended.returncode == 0, ended.stderr
    again = bovespa("down")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "error: no embedded stack is running: start one with `bovespa up`\n"
    shutil.rmtree(WORK)


def test_a_missed_day_comes_in_from_a_file(standing: dict[str, object], tmp_path: Path) -> None:
    wire = ibov(day=date(2025, 7, 31))
    quantity = sum(row.quantidade for row in wire.rows)
    file = tmp_path / "IBOVDia_31-07-25.csv"
    file.write_bytes(wire.csv())

    before = bovespa("query", "setores", "--json")  # the tables are declared, and hold nothing yet
    assert before.returncode == 0, before.stderr
    assert json.loads(before.stdout)["rows"] == []

    done = bovespa("ingest", str(file), "--wait", "--json")
    assert done.returncode == 0, done.stderr
    assert [(d["date"], d["status"]) for d in json.loads(done.stdout)] == [("2025-07-31", "stored")]
    again = bovespa("ingest", str(file), "--json")
    assert [d["status"] for d in json.loads(again.stdout)] == ["unchanged"]

    waited = bovespa("ingest", str(file), "--wait")
    assert (waited.returncode, waited.stderr) == (0, ""), waited.stderr
    assert waited.stdout.endswith("2025-07-31 refined\n")
    refined = bovespa("refine", "--date", "2025-07-31", "--json")
    assert refined.returncode == 0, refined.stderr
    assert [entry["sessions"] for entry in json.loads(refined.stdout)] == [["2025-07-31"]]
    absent = bovespa("refine", "--date", "2025-07-30")
    assert (absent.returncode, absent.stderr) == (
        1,
        "error: 2025-07-30: not in raw: `bovespa ingest` or `backfill` first\n",
    )
    assert bovespa("refine", "--job", "carteira").returncode == 0

    answer = bovespa(
        "query", "--json", "--sql", "SELECT count(*) AS n, sum(quantidade_teorica) AS q FROM carteira"
    )
    assert json.loads(answer.stdout)["rows"] == [[6, str(quantity)]] or json.loads(answer.stdout)["rows"] == [
        [6, quantity]
    ]

    explained = bovespa("query", "composicao", "--explain", "--json")
    assert explained.returncode == 0, explained.stderr
    answer_of = json.loads(explained.stdout)
    assert (answer_of["measure"], answer_of["billed_bytes"]) == ("files", 10_000_000)
    assert {read["table"]: read["files"] for read in answer_of["tables"]} == {
        "indice_diario": 1,
        "indice_membro": 1,
    }

    page = tmp_path / "report.html"
    report = bovespa("report", "--date", "2025-08-15", "--page", str(page), "--language", "pt")
    assert report.returncode == 0, report.stderr
    assert "31 de julho de 2025" in report.stdout
    assert "31 de julho de 2025" in page.read_text(encoding="utf-8")
    assert "Sem cotações: nenhuma a" in report.stdout
    none = bovespa("report", "--date", "2020-01-01", "--page", str(page))
    assert (none.returncode, none.stderr) == (1, "error: no session of IBOV on or before 2020-01-01\n")


def test_a_bad_file_writes_nothing(standing: dict[str, object], tmp_path: Path) -> None:
    good = tmp_path / "IBOV_good.json"
    good.write_bytes(ibov(day=date(2025, 8, 1)).json())
    bad = tmp_path / "IBOV_bad.json"
    bad.write_bytes(ibov(day=date(2025, 8, 4), total=1).json())
    done = bovespa("ingest", str(good), str(bad))
    assert done.returncode == 1
    assert "check total_quantity failed" in done.stderr
    answer = bovespa("query", "--json", "--sql", "SELECT DISTINCT data_pregao FROM carteira ORDER BY 1")
    assert "2025-08-01" not in answer.stdout


def test_quotes_come_in_from_a_file(standing: dict[str, object]) -> None:
    file = PROJECT / "bovespa" / "demo" / "sample" / "COTAHIST_D03092025.ZIP"
    done = bovespa("backfill", "--stack", "local", "--file", str(file), "--wait", "--json")
    assert done.returncode == 0, done.stderr
    assert [(each["status"], each["written"]) for each in json.loads(done.stdout)["files"]] == [("stored", 1)]
    sql = "SELECT data_pregao, count(*) AS n, sum(valor_total) AS v FROM negociacao GROUP BY data_pregao"
    answer = json.loads(bovespa("query", "--json", "--sql", sql).stdout)
    assert answer["rows"] == [["2025-09-03", 41, "12960006755.72"]]
    again = bovespa("backfill", "--file", str(file), "--wait", "--json")
    assert json.loads(again.stdout)["files"][0]["status"] == "unchanged"


def test_a_second_stack_is_refused(standing: dict[str, object]) -> None:
    second = bovespa("up")
    assert second.returncode == 1
    assert str(standing["url"]) in second.stderr


def test_the_stack_tells_how_it_is(standing: dict[str, object]) -> None:
    told = bovespa("status", "--json")

    status = json.loads(told.stdout)
    assert {capture["table"] for capture in status["captures"]} >= {"carteira", "negociacao"}
    going = (
        None,
        "SUCCEEDED",
        "STARTING",
        "RUNNING",
        "WAITING",
    )  # the third job follows the others by itself
    assert all(run["state"] in going for run in status["runs"])
    assert {schedule["timezone"] for schedule in status["schedules"]} == {"America/Sao_Paulo"}
    assert status["stream"] is None
    assert told.returncode == (1 if status["needs_attention"] else 0)


def test_answers_are_files_for_other_programs(standing: dict[str, object], tmp_path: Path) -> None:
    sql = "SELECT DATE '2025-09-03' AS dia, DECIMAL '11.761' AS peso"
    text = bovespa("query", "--csv", "--sql", sql)
    assert text.stdout == "dia,peso\n2025-09-03,11.761\n"

    file = tmp_path / "answer.parquet"
    assert bovespa("query", "--parquet", str(file), "--sql", sql).returncode == 0
    assert str(pq.read_schema(file).field("peso").type) == "decimal128(5, 3)"
