from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from bovespa.commands import ingest as command
from bovespa.local.aws import Clients, local_athena
from bovespa.main import cli
from bovespa.stand_ins.b3_site import B3Site
from bovespa.target import Target
from lake.tables.carteira import day_key
from tests.portfolios import DAY, ibov, large
from tests.rebalancing import undated
from tests.scraping import Scraping


@pytest.fixture
def lake(aws: Clients, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Scraping:
    """The lake of a stack that is already there."""
    exports = {"lakeBucket": bucket, "carteiraJob": "none", "workgroup": "none", "database": "default"}
    target = Target(exports=exports, aws=aws, athena=local_athena(aws, exports), embedded=True)
    monkeypatch.setattr(command, "find_target", lambda _stack: target)
    return Scraping(site=B3Site(), s3=aws["s3"], bucket=bucket)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["ingest", *map(str, arguments)])


def put(folder: Path, name: str, body: bytes) -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


def test_a_missed_day_enters_raw_as_if_it_had_been_captured(lake: Scraping, tmp_path: Path) -> None:
    body = ibov().csv()

    result = run(put(tmp_path, "IBOVDia_14-07-25.csv", body), "--json")

    assert result.exit_code == 0, result.stderr
    (done,) = json.loads(result.stdout)
    assert (done["index"], done["date"], done["members"], done["status"]) == (
        "IBOV",
        "2025-07-14",
        6,
        "stored",
    )
    assert done["key"] == "raw/carteira/dt=2025-07-14/carteira.parquet"
    assert {row["codigo"]: row["qtde_teorica"] for row in lake.raw()} == {
        row.codigo: row.quantidade for row in ibov().rows
    }
    digest = hashlib.sha256(body).hexdigest()
    assert {row["payload_sha256"] for row in lake.raw()} == {digest}
    (key,) = lake.archived()
    assert digest in key
    assert lake.archived()[key] == body


def test_the_same_file_again_is_nothing_new(lake: Scraping, tmp_path: Path) -> None:
    path = put(tmp_path, "IBOV.json", ibov().json())
    run(path)

    result = run(path, "--json")

    assert [done["status"] for done in json.loads(result.stdout)] == ["unchanged"]


def test_files_of_several_days_and_indices_go_to_their_places(lake: Scraping, tmp_path: Path) -> None:
    result = run(
        put(tmp_path, "IBOV.json", ibov().json()),
        put(tmp_path, "SMLLDia.csv", large(40, indice="SMLL").csv()),
        put(tmp_path, "IBOVDia.csv", ibov(day=DAY + timedelta(days=1)).csv()),
    )

    assert result.exit_code == 0, result.stderr
    assert lake.keys("raw/") == [
        "raw/carteira/dt=2025-07-14/carteira.parquet",
        "raw/carteira/dt=2025-07-15/carteira.parquet",
    ]
    assert len(lake.raw()) == 46


def test_one_bad_file_keeps_all_of_them_out(lake: Scraping, tmp_path: Path) -> None:
    good = put(tmp_path, "IBOV.json", ibov().json())
    bad = put(tmp_path, "IBOV_bad.json", ibov(total=1).json())

    result = run(good, bad)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {bad}: check total_quantity failed")
    assert lake.keys() == []


def test_a_file_of_the_future_is_refused(lake: Scraping, tmp_path: Path) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date()

    result = run(put(tmp_path, "IBOV.json", ibov(day=day).json()))

    assert result.exit_code == 1
    assert "check plausible_date failed" in result.stderr
    assert lake.keys() == []


def test_without_a_stack_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bovespa.local.daemon.STATE", tmp_path / "stack.json")

    result = run(put(tmp_path, "IBOV.json", ibov().json()))

    assert result.exit_code == 1
    assert "bovespa up" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_preview_goes_where_previews_lie(lake: Scraping, tmp_path: Path) -> None:
    path = put(tmp_path, "IBOV_previa.json", undated(ibov()))

    result = run(path, "--kind", "previa", "--captured", "2025-08-18", "--json")

    assert result.exit_code == 0, result.stderr
    (done,) = json.loads(result.stdout)
    assert (done["kind"], done["date"], done["status"]) == ("previa", "2025-08-18", "stored")
    assert lake.keys("raw/") == ["raw/carteira_teorica/dt=2025-08-18/carteira_teorica.parquet"]
    again = json.loads(run(path, "--kind", "previa", "--captured", "2025-08-18", "--json").stdout)
    assert again[0]["status"] == "unchanged"


def test_a_portfolio_without_a_date_needs_to_be_called_something(lake: Scraping, tmp_path: Path) -> None:
    result = run(put(tmp_path, "IBOV_previa.json", undated(ibov())))

    assert result.exit_code == 1
    assert "--kind previa" in result.stderr
    assert lake.keys() == []


@pytest.mark.parametrize("day", [date(1999, 12, 30), date(2099, 1, 5)])
def test_parse_and_ingest_refuse_the_same_days(lake: Scraping, tmp_path: Path, day: date) -> None:
    path = put(tmp_path, "IBOV.json", ibov(day=day).json())

    parsed, ingested = CliRunner().invoke(cli, ["parse", str(path)]), run(path)

    assert (parsed.exit_code, ingested.exit_code) == (1, 1)
    assert parsed.stderr == ingested.stderr
    assert "check plausible_date failed" in parsed.stderr


def test_a_second_sheet_is_said_to_be_left_out(lake: Scraping, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in ibov().csv().decode("latin-1").splitlines():
        book.worksheets[0].append(row.split(";"))
    book.create_sheet("Notas")
    book.save(tmp_path / "IBOV.xlsx")

    result = run(tmp_path / "IBOV.xlsx")

    assert result.exit_code == 0, result.stderr
    assert "only the first sheet was read, not 'Notas'" in result.stderr


def test_damaged_raw_is_replaced_and_said(lake: Scraping, tmp_path: Path) -> None:
    path = put(tmp_path, "IBOV.json", ibov().json())
    run(path)
    lake.s3.put_object(Bucket=lake.bucket, Key=day_key(DAY), Body=b"no parquet")

    result = run(path)

    assert result.exit_code == 0, result.stderr
    assert "could not be read, and was replaced" in result.stderr
    assert len(lake.raw()) == 6
