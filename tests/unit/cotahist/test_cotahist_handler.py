"""The Lambda: B3's host and S3 are real sockets; the clock is given."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pyarrow.parquet as pq
import pytest

from bovespa.local.emulator import REGION, Emulator
from functions.b3.client import Patience
from functions.b3.cotahist.client import CotahistClient
from functions.b3.cotahist.errors import SessionMissing
from functions.b3.errors import CheckFailed
from functions.b3.lake import Lake, ReplacedMeanwhile
from functions.quotes.handler import Request, collect, handler, latest_session, read_request
from tests.cotahist_files import quote, text, zipped
from tests.cotahist_host import Host, b3_host
from tests.lambda_context import lambda_context

DAY = date(2025, 7, 8)
NAME = "COTAHIST_D08072025.ZIP"
KEY = "raw/negociacao/dt=2025-07-08/negociacao.parquet"
QUOTES = [quote(data="20250708", codneg=f"ABCD{n}", dismes=n) for n in range(1, 6)]
FILE = zipped(text(*QUOTES, year=2025, generated_on=DAY))
NOW = datetime(2025, 7, 8, 23, 30, tzinfo=UTC)


@pytest.fixture
def host() -> Iterator[Host]:
    with b3_host() as running:
        running.files[NAME] = FILE
        yield running


@pytest.fixture
def bucket(emulator_environment: Emulator) -> str:
    name = f"cotahist-{uuid.uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def run(host: Host, bucket: str, day: date = DAY) -> dict[str, Any]:
    client = CotahistClient(host.url, patience=Patience(retries=0))
    return collect(Request(day=day, captured_at=NOW), client, Lake(boto3.client("s3"), bucket))


def keys(bucket: str) -> list[str]:
    return [entry["Key"] for entry in boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_a_sessions_file_is_stored_once(host: Host, bucket: str) -> None:
    assert run(host, bucket) == {"status": "stored", "date": "2025-07-08", "key": KEY, "rows": 5}
    first = keys(bucket)
    assert [key.split("/")[0] for key in first] == ["lotes", "payloads", "raw"]
    assert run(host, bucket) == {"status": "unchanged", "date": "2025-07-08", "key": KEY, "rows": 5}
    assert keys(bucket) == first


def test_a_corrected_file_replaces_the_session(host: Host, bucket: str, tmp_path: Any) -> None:
    run(host, bucket)
    host.files[NAME] = zipped(text(*QUOTES[:-1], year=2025, generated_on=DAY))
    assert run(host, bucket)["status"] == "stored"
    boto3.client("s3").download_file(bucket, KEY, str(tmp_path / "raw.parquet"))
    assert pq.read_table(tmp_path / "raw.parquet").num_rows == 4


def test_the_lambda_takes_its_settings_from_the_environment(
    host: Host, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_BUCKET", bucket)
    monkeypatch.setenv("COTAHIST_URL", host.url)
    assert handler({"date": "2025-07-08"}, lambda_context("quotes"))["status"] == "stored"
    assert KEY in keys(bucket)


def test_a_holiday_without_a_file_is_no_failure(host: Host, bucket: str) -> None:
    assert run(host, bucket, date(2025, 6, 19)) == {
        "status": "no_session",
        "date": "2025-06-19",
        "key": None,
        "rows": 0,
    }
    assert keys(bucket) == []


def test_a_session_without_a_file_is_a_failure(host: Host, bucket: str) -> None:
    with pytest.raises(SessionMissing, match="2025-07-09: a session by B3's calendar, but there is no file"):
        run(host, bucket, date(2025, 7, 9))
    assert keys(bucket) == []


def test_in_the_evening_a_file_may_come_later(host: Host, bucket: str) -> None:
    request = read_request({"date": "2025-07-09", "may_be_missing": True}, now=NOW + timedelta(days=1))
    client = CotahistClient(host.url, sleep=lambda _: None)
    lake = Lake(boto3.client("s3"), bucket)
    answer = {"status": "not_published", "date": "2025-07-09", "key": None, "rows": 0}
    assert collect(request, client, lake) == answer
    holiday = Request(day=date(2025, 6, 19), captured_at=NOW, may_be_missing=True)
    assert collect(holiday, client, lake)["status"] == "no_session"
    assert keys(bucket) == []


def test_a_refused_file_fails_the_invocation(host: Host, bucket: str) -> None:
    host.files[NAME] = zipped(text(*QUOTES, *QUOTES, year=2025, generated_on=DAY))
    with pytest.raises(CheckFailed, match="unique_quotes"):
        run(host, bucket)
    assert {key.split("/")[0] for key in keys(bucket)} == {"payloads", "quarantine"}


def test_s3_refuses_to_replace_what_changed_meanwhile(bucket: str) -> None:
    objects = Lake(boto3.client("s3"), bucket)
    objects.replace("raw/x", b"one", version=None)
    with pytest.raises(ReplacedMeanwhile):
        objects.replace("raw/x", b"two", version=None)
    seen = objects.read("raw/x", last=2)
    assert seen is not None
    assert seen.body == b"ne"
    objects.put("raw/x", b"another run's")
    with pytest.raises(ReplacedMeanwhile):
        objects.replace("raw/x", b"three", version=seen.version)
    assert objects.read("raw/x", last=100) == objects.read("raw/x")
    assert objects.read("raw/") is None
    objects.put("raw/empty", b"")
    empty = objects.read("raw/empty", last=100)
    assert empty is not None
    assert empty.body == b""


@pytest.mark.parametrize(
    ("there", "session"),
    [
        ("2025-07-08T18:59", date(2025, 7, 7)),
        ("2025-07-08T19:00", date(2025, 7, 8)),
        ("2025-07-08T22:30", date(2025, 7, 8)),
        ("2025-07-09T07:40", date(2025, 7, 8)),
        ("2025-07-14T07:40", date(2025, 7, 11)),  # Monday's morning: Friday
        ("2025-06-20T07:40", date(2025, 6, 18)),  # after Corpus Christi
        ("2025-07-12T23:00", date(2025, 7, 11)),
    ],
)
def test_a_run_is_for_the_latest_session_that_may_be_out(there: str, session: date) -> None:
    moment = datetime.fromisoformat(there).replace(tzinfo=ZoneInfo("America/Sao_Paulo"))
    assert latest_session(moment) == session
    assert read_request({}, now=moment.astimezone(UTC)).day == session


def test_a_session_may_be_named_and_not_be_in_the_future() -> None:
    assert read_request({"date": "2016-01-04"}, now=NOW).day == date(2016, 1, 4)
    with pytest.raises(ValueError, match="2025-07-09 is in the future: it is 2025-07-08 in São Paulo"):
        read_request({"date": "2025-07-09"}, now=datetime(2025, 7, 9, 1, 0, tzinfo=UTC))
    with pytest.raises(ValueError, match="08/07/2025"):
        read_request({"date": "08/07/2025"}, now=NOW)


NOTHING = [b"", b"  \n", b"<!DOCTYPE html><html></html>", zipped(b""), b"PK\x05\x06" + b"\0" * 18]


@pytest.mark.parametrize("body", NOTHING)
def test_an_answer_without_a_file_is_not_published_yet(host: Host, bucket: str, body: bytes) -> None:
    host.files[NAME] = body
    client = CotahistClient(host.url, patience=Patience(retries=0))
    lake = Lake(boto3.client("s3"), bucket)

    evening = collect(Request(day=DAY, captured_at=NOW, may_be_missing=True), client, lake)

    assert (evening["status"], keys(bucket)) == ("not_published", [])
    with pytest.raises(SessionMissing, match="HTTP 200"):
        collect(Request(day=DAY, captured_at=NOW), client, lake)
