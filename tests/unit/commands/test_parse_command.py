from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bovespa.main import cli
from tests.portfolios import ibov, large
from tests.rebalancing import undated, undated_page

TOTALS = {
    "index": "IBOV",
    "date": "2025-07-14",
    "members": 6,
    "quantity": 19823841006,
    "weight": "100.000",
    "redutor": "15433595.60223638",
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["parse", *map(str, arguments)])


def put(folder: Path, name: str, body: bytes) -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("IBOV_2025-07-14.json", ibov().json()),
        ("IBOV_en.json", ibov(language="en-us").json()),
        ("carteira.csv", ibov().csv()),
        ("carteira_setor.csv", ibov().csv(sectors=True, eol="\n", encoding="utf-8")),
    ],
)
def test_json_is_one_document_with_the_exact_totals(tmp_path: Path, name: str, body: bytes) -> None:
    result = run(put(tmp_path, name, body), "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == TOTALS
    assert len(result.stdout.strip().splitlines()) == 1


def test_people_get_the_same_totals(tmp_path: Path) -> None:
    result = run(put(tmp_path, "IBOV.json", ibov().json()))

    assert result.exit_code == 0
    for value in TOTALS.values():
        assert str(value) in result.stdout


@pytest.mark.parametrize("language", ["pt-br", "en-us"])
def test_a_theoretical_portfolio_or_preview_has_no_date(tmp_path: Path, language: str) -> None:
    result = run(put(tmp_path, "IBOV_previa.json", undated(ibov(language=language))), "--json")

    assert json.loads(result.stdout) == {**TOTALS, "date": None}


def test_a_preview_without_redutor_is_read_and_a_day_without_one_refused(tmp_path: Path) -> None:
    page = undated_page(ibov())
    del page["header"]["reductor"]
    result = run(put(tmp_path, "IBOV_previa.json", json.dumps(page).encode()), "--json")
    assert json.loads(result.stdout) == {**TOTALS, "date": None, "redutor": None}

    page = ibov().page()
    del page["header"]["reductor"]
    result = run(put(tmp_path, "IBOV.json", json.dumps(page).encode()))
    assert result.exit_code == 1
    assert "check has_redutor failed" in result.stderr


def test_the_index_of_a_json_body_comes_from_the_option(tmp_path: Path) -> None:
    path = put(tmp_path, "resposta.json", large(100).json())

    assert json.loads(run(path, "--index", "SMLL", "--json").stdout)["index"] == "SMLL"
    refused = run(path)
    assert refused.exit_code == 1
    assert "give --index" in refused.stderr


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("IBOV.json", ibov(total=1).json(), "check total_quantity failed: expected 1, found 19823841006"),
        ("IBOV.json", large(130).json(1), "check all_pages_read failed"),
        ("IBOV.csv", b"<html>520</html>", "found an HTML page"),
        ("IBOV.xlsx", b"PK\x03\x04", "a damaged ZIP or spreadsheet"),
        ("IBOV.csv", b"", "expected a title line"),
    ],
)
def test_a_bad_file_is_one_line_with_its_name_and_the_reason(
    tmp_path: Path, name: str, body: bytes, reason: str
) -> None:
    path = put(tmp_path, name, body)

    result = run(path, "--json")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {path}: ")
    assert reason in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(("place", "reason"), [("nowhere.csv", "No such file"), (".", "is a directory")])
def test_what_is_no_file_is_an_error_without_a_traceback(tmp_path: Path, place: str, reason: str) -> None:
    result = run(tmp_path / place)

    assert result.exit_code in (1, 2)
    assert reason in result.stderr
    assert "Traceback" not in result.stderr


def test_another_index_than_asked_for_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "IBOV.csv", ibov().csv())

    assert "expected index SMLL, the file is of IBOV" in run(path, "--index", "SMLL").stderr
    assert "expected a B3 index code such as IBOV" in run(path, "--index", "ibov").stderr


@pytest.mark.emulator
def test_the_command_as_a_process_of_its_own(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "IBOV.zip", "w") as archive:
        archive.writestr("IBOVDia.csv", ibov().csv())
    command = [sys.executable, "-m", "bovespa.main", "parse"]

    good = subprocess.run(
        [*command, str(tmp_path / "IBOV.zip"), "--json"], capture_output=True, text=True, timeout=60
    )
    bad = subprocess.run([*command, str(tmp_path / "x.csv")], capture_output=True, text=True, timeout=60)

    assert (good.returncode, json.loads(good.stdout)) == (0, TOTALS)
    assert bad.returncode == 1
    assert bad.stderr.startswith("error: ")
    assert len(bad.stderr.strip().splitlines()) == 1
