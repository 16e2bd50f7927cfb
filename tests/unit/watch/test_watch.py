from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bovespa.local.aws import Clients
from bovespa.local.emulator import Emulator
from functions.watch import handler as watch
from lake.tables.carteira import day_key
from tests.lambda_context import lambda_context

SESSION = date(2025, 7, 14)
HOLIDAY = date(2025, 6, 19)
SATURDAY = date(2025, 7, 12)


@pytest.fixture
def lake(emulator_environment: Emulator, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LAKE_BUCKET", bucket)
    return bucket


def look(event: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = watch.handler(event, lambda_context("bovespa-test-watch"))
    return answer


def missing_count(output: str) -> float:
    (document,) = [json.loads(line) for line in output.splitlines() if '"_aws"' in line]
    (declared,) = document["_aws"]["CloudWatchMetrics"]
    assert (declared["Namespace"], declared["Dimensions"]) == ("Bovespa", [["service"]])
    assert document["service"] == "watch"
    return float(sum(document["SessionWithoutData"]))


def put(aws: Clients, bucket: str, key: str) -> None:
    aws["s3"].put_object(Bucket=bucket, Key=key, Body=b"rows")


def test_a_session_without_data_is_counted_for_the_alarm(
    lake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look({"date": SESSION.isoformat()}) == {"date": "2025-07-14", "session": True, "missing": True}
    assert missing_count(capsys.readouterr().out) == 1


def test_a_session_with_data_is_counted_as_nothing(
    aws: Clients, lake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(aws, lake, day_key(SESSION))

    assert look({"date": SESSION.isoformat()}) == {"date": "2025-07-14", "session": True, "missing": False}
    assert missing_count(capsys.readouterr().out) == 0


@pytest.mark.parametrize(
    "key",
    [
        day_key(date(2025, 7, 15)),
        "raw/carteira/dt=2025-07-140/carteira.parquet",
        "payloads/carteira/2025/07/14/IBOV-pagina-1.json-00.gz",
        "quarantine/carteira/2025/07/14/IBOV-pagina-1.json-00",
    ],
)
def test_only_the_days_own_raw_data_counts(aws: Clients, lake: str, key: str) -> None:
    put(aws, lake, key)

    assert look({"date": SESSION.isoformat()})["missing"]


@pytest.mark.parametrize("day", [HOLIDAY, SATURDAY])
def test_on_a_closed_day_there_is_nothing_to_miss(
    lake: str, capsys: pytest.CaptureFixture[str], day: date
) -> None:
    assert look({"date": day.isoformat()}) == {"date": day.isoformat(), "session": False, "missing": False}
    assert missing_count(capsys.readouterr().out) == 0


def test_today_is_sao_paulos_date(lake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Late:
            return cls(2025, 7, 15, 1, 30, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(watch, "datetime", Late)

    assert look({})["date"] == "2025-07-14"


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_date_that_is_none_fails_the_invocation(lake: str) -> None:
    with pytest.raises(ValueError, match="14/07/2025"):
        look({"date": "14/07/2025"})
