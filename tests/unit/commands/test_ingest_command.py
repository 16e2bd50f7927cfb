from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bovespa.commands import ingest as command
from bovespa.local.aws import Clients
from bovespa.local.stack import local_athena
from bovespa.main import cli
from bovespa.stand_ins.b3_site import B3Site
from bovespa.target import Target
from tests.portfolios import DAY, ibov, large
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
