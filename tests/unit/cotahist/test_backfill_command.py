"""`bovespa backfill` as a person uses it: against a host, into a directory or a bucket."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from bovespa.commands.backfill import backfill
from bovespa.local.emulator import REGION, Emulator
from functions.b3.cotahist.period import of_year
from tests.cotahist_files import sessions_of, write
from tests.cotahist_host import Host, b3_host

YEARS = (2017, 2018, 2019)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with b3_host() as running:
        for year in YEARS:
            path = tmp_path / of_year(year).zip_name
            write(path, of_year(year), quotes_per_session=10, days=sessions_of(of_year(year))[:250:50])
            running.files[path.name] = path.read_bytes()
        yield running


def run(host: Host, target: Path | str, *arguments: str) -> Result:
    return CliRunner().invoke(backfill, ["--lake", str(target), "--url", host.url, *arguments])


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def sessions(root: Path) -> list[str]:
    return sorted(path.parent.name for path in root.glob("raw/negociacao/*/negociacao.parquet"))


def test_years_are_filled_and_then_skipped(host: Host, tmp_path: Path) -> None:
    span = ("--from", "2017-01-01", "--to", "2019-12-31", "--json")
    first = document(run(host, tmp_path / "lake", *span))
    assert [(file["name"], file["status"], file["written"]) for file in first["files"]] == [
        (f"COTAHIST_A{year}.ZIP", "stored", 5) for year in YEARS
    ]
    assert (first["sessions"], first["quotes"]) == (15, 150)
    assert len(sessions(tmp_path / "lake")) == 15
    assert len(list((tmp_path / "lake/lotes/negociacao").iterdir())) == 3

    again = document(run(host, tmp_path / "lake", *span))
    assert {file["status"] for file in again["files"]} == {"skipped"}
    assert len(host.asked) == 3
    forced = document(run(host, tmp_path / "lake", *span, "--again"))
    assert {file["status"] for file in forced["files"]} == {"unchanged"}
    assert len(host.asked) == 6


def test_a_stopped_run_goes_on_where_it_was(host: Host, tmp_path: Path) -> None:
    good = host.files["COTAHIST_A2018.ZIP"]
    host.files["COTAHIST_A2018.ZIP"] = good[:-100]
    span = ("--from", "2017-01-01", "--to", "2019-12-31")
    stopped = run(host, tmp_path / "lake", *span)
    assert stopped.exit_code == 1
    assert stopped.stderr.strip().splitlines()[-1] == (
        "error: COTAHIST_A2018.ZIP: a damaged ZIP: File is not a zip file "
        "(before it: COTAHIST_A2017.ZIP stored, 5 of 5 sessions written; run again to go on)"
    )
    assert {name[:7] for name in sessions(tmp_path / "lake")} == {"dt=2017"}
    host.files["COTAHIST_A2018.ZIP"] = good
    resumed = document(run(host, tmp_path / "lake", *span, "--json"))
    assert [file["status"] for file in resumed["files"]] == ["skipped", "stored", "stored"]


def test_part_of_a_year_does_not_finish_it(host: Host, tmp_path: Path) -> None:
    part = document(run(host, tmp_path / "lake", "--from", "2018-06-01", "--to", "2018-12-31", "--json"))
    assert 0 < part["written"] < 5
    whole = document(run(host, tmp_path / "lake", "--from", "2018-01-01", "--to", "2018-12-31", "--json"))
    assert whole["written"] == 5 - part["written"]


def test_files_at_hand_need_no_host(tmp_path: Path, host: Host) -> None:
    result = run(host, tmp_path / "lake", "--file", str(tmp_path / "COTAHIST_A2019.ZIP"))
    assert result.exit_code == 0
    assert result.stdout == "5 sessions, 50 quotes, 5 sessions written\n"
    assert host.asked == []


def test_the_lake_may_be_a_bucket(host: Host, emulator_environment: Emulator) -> None:
    bucket = f"backfill-{uuid.uuid4().hex[:12]}"
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for status, written in (("stored", 5), ("skipped", 0)):
        (file,) = document(
            run(host, f"s3://{bucket}", "--from", "2019-01-01", "--to", "2019-12-31", "--json")
        )["files"]
        assert (file["status"], file["written"]) == (status, written)
    found = s3.list_objects_v2(Bucket=bucket, Prefix="raw/")["Contents"]
    assert len(found) == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --from (and --to), or --file"),
        (["--from", "1985-01-01"], "--from must be in 1986 or later"),
        (["--from", "2020-01-01", "--to", "2019-01-01"], "not be after --to"),
        (["--from", "2020-06-01", "--to", "2020-01-01"], "not be after --to"),
        (["--from", "2999-01-01", "--to", "2999-12-31"], "nor after today"),
        (["--from", "01/01/2020"], "does not match the format"),
        (["--from", "2020-01-01", "--lake", "gs://bucket"], "--lake is s3://BUCKET or a directory"),
        (["--from", "2020-01-01", "--lake", "s3://bucket/prefix"], "--lake is s3://BUCKET or a directory"),
    ],
)
def test_a_mistake_is_said_in_one_line(
    host: Host, tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = run(host, tmp_path / "lake", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("COTAHIST_A2020.ZIP", b"<html>", "COTAHIST_A2020.ZIP: expected a COTAHIST header"),
        ("cotacoes.zip", b"", "'cotacoes.zip' is not named as B3 names them"),
    ],
)
def test_a_bad_file_is_one_line(host: Host, tmp_path: Path, name: str, body: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(body)
    result = run(host, tmp_path / "lake", "--file", str(tmp_path / name))
    assert result.exit_code == 1
    assert message in result.stderr.strip().splitlines()[-1]
    assert sessions(tmp_path / "lake") == []


def test_a_year_that_b3_does_not_have_is_one_line(host: Host, tmp_path: Path) -> None:
    result = run(host, tmp_path / "lake", "--from", "2020-01-01", "--to", "2020-12-31")
    assert result.exit_code == 1
    assert "COTAHIST_A2020.ZIP: no such file (HTTP 404)" in result.stderr


def test_a_zip_bomb_is_refused(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.b3.cotahist.archive.MAX_TEXT_BYTES", 1000)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("COTAHIST_A2019.TXT", b"0" * 1001)
    (tmp_path / "COTAHIST_A2019.ZIP").write_bytes(sink.getvalue())
    result = run(host, tmp_path / "lake", "--file", str(tmp_path / "COTAHIST_A2019.ZIP"))
    assert "1001 bytes unpacked, too large" in result.stderr


def test_what_became_of_the_files_before_a_bad_one_is_told(host: Host, tmp_path: Path) -> None:
    bad = tmp_path / "COTAHIST_A2020.ZIP"
    bad.write_bytes(b"PK no")
    files = [tmp_path / "COTAHIST_A2018.ZIP", tmp_path / "COTAHIST_A2019.ZIP", bad]
    result = run(host, tmp_path / "lake", *(word for file in files for word in ("--file", str(file))))
    assert result.exit_code == 1
    told = result.stderr.strip().splitlines()[-1]
    assert told.startswith("error: COTAHIST_A2020.ZIP: a damaged ZIP")
    for year in (2018, 2019):
        assert f"COTAHIST_A{year}.ZIP stored, 5 of 5 sessions written" in told
    assert len(sessions(tmp_path / "lake")) == 10
