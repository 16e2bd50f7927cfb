from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from bovespa.local.aws import Clients
from bovespa.local.emulator import Emulator
from functions.b3.parquet import write_parquet
from functions.watch import handler as watch
from lake.tables.carteira import day_key as portfolio_key
from lake.tables.negociacao import day_key as quotes_key
from tests.lambda_context import lambda_context

SESSION = date(2025, 7, 14)
FRIDAY = date(2025, 7, 11)
HOLIDAY = date(2025, 6, 19)
SATURDAY = date(2025, 7, 12)


@pytest.fixture
def lake(emulator_environment: Emulator, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LAKE_BUCKET", bucket)
    watch.metrics.clear_metrics()  # what other tests of this process left, as they don't end an invocation
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


WHOLE = write_parquet(pa.table({"codigo": ["PETR4"]}))


def put(aws: Clients, bucket: str, key: str, body: bytes = WHOLE) -> None:
    aws["s3"].put_object(Bucket=bucket, Key=key, Body=body)


def refined(dataset: str, day: date) -> str:
    return f"REFINED/{dataset}/data_pregao={day}/codigo=PETR4/part-0.snappy.parquet"


def fill(aws: Clients, bucket: str, *, quotes: bool = True) -> None:
    """All that the session should have by the evening, quotes of Friday among them."""
    put(aws, bucket, portfolio_key(SESSION))
    put(aws, bucket, refined("carteira", SESSION))
    if quotes:
        put(aws, bucket, quotes_key(FRIDAY))
        put(aws, bucket, refined("negociacao", FRIDAY))


def test_a_session_without_data_is_counted_for_the_alarm(
    lake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look({"date": SESSION.isoformat()}) == {
        "date": "2025-07-14",
        "session": True,
        "missing": True,
        "problems": ["carteira 2025-07-14: nothing in raw"],
    }
    assert missing_count(capsys.readouterr().out) == 1


@pytest.mark.parametrize("quotes", [True, False], ids=["with quotes", "a lake that never had any"])
def test_a_refined_session_is_counted_as_nothing(
    aws: Clients, lake: str, capsys: pytest.CaptureFixture[str], quotes: bool
) -> None:
    fill(aws, lake, quotes=quotes)

    answer = look({"date": SESSION.isoformat()})

    assert answer == {"date": "2025-07-14", "session": True, "missing": False, "problems": []}
    assert missing_count(capsys.readouterr().out) == 0


@pytest.mark.parametrize(
    ("gone", "problem"),
    [
        (portfolio_key(SESSION), "carteira 2025-07-14: nothing in raw"),
        (refined("carteira", SESSION), "carteira 2025-07-14: in raw, and not refined"),
        (refined("negociacao", FRIDAY), "negociacao 2025-07-11: in raw, and not refined"),
    ],
)
def test_whatever_is_not_there_rings(aws: Clients, lake: str, gone: str, problem: str) -> None:
    fill(aws, lake)
    aws["s3"].delete_object(Bucket=lake, Key=gone)

    assert look({"date": SESSION.isoformat()})["problems"] == [problem]


def test_quotes_that_stopped_coming_ring(aws: Clients, lake: str) -> None:
    fill(aws, lake, quotes=False)
    put(aws, lake, quotes_key(date(2025, 7, 10)))

    assert look({"date": SESSION.isoformat()})["problems"] == ["negociacao 2025-07-11: nothing in raw"]


@pytest.mark.parametrize(
    "body", [b"", b"rows", WHOLE[:-5], write_parquet(pa.table({"codigo": pa.array([], pa.string())}))]
)
@pytest.mark.parametrize("key", [portfolio_key(SESSION), quotes_key(FRIDAY)])
def test_raw_that_cannot_be_read_is_no_data(aws: Clients, lake: str, key: str, body: bytes) -> None:
    fill(aws, lake)
    put(aws, lake, key, body)

    (problem,) = look({"date": SESSION.isoformat()})["problems"]

    assert f"{key} can't be read: " in problem


def test_a_correction_that_was_never_refined_rings(aws: Clients, lake: str) -> None:
    fill(aws, lake)
    time.sleep(1.1)  # S3's clock has seconds
    put(aws, lake, portfolio_key(SESSION))

    assert look({"date": SESSION.isoformat()})["problems"] == [
        "carteira 2025-07-14: not refined since raw was last written"
    ]


@pytest.mark.parametrize(
    "key",
    [
        portfolio_key(date(2025, 7, 15)),
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
    assert look({"date": day.isoformat()}) == {
        "date": day.isoformat(),
        "session": False,
        "missing": False,
        "problems": [],
    }
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
