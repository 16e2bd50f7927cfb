from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bovespa.local.emulator import Emulator
from functions.b3.errors import ScrapeFailed
from functions.b3.request import read_request
from functions.scraper.handler import handler, logger, metrics
from tests.lambda_context import lambda_context
from tests.portfolios import CAPTURED, ibov, large
from tests.scraping import Scraping

NOW = datetime(2025, 7, 14, 22, 15, tzinfo=UTC)


def request_of(event: dict[str, Any]) -> Any:
    return read_request(event, default_indices="IBOV,SMLL", now=NOW)


def test_the_schedules_empty_event_asks_for_what_is_configured_now() -> None:
    request = request_of({})

    assert (request.indices, request.language, request.captured_at) == (("IBOV", "SMLL"), "pt-br", NOW)


def test_a_replay_names_its_indices_language_and_moment() -> None:
    request = request_of(
        {"indices": ["IFIX"], "language": "en-us", "captured_at": "2025-07-12T12:00:00-03:00"}
    )

    assert (request.indices, request.language) == (("IFIX",), "en-us")
    assert request.captured_at == datetime(2025, 7, 12, 12, tzinfo=timezone(timedelta(hours=-3)))
    assert request.captured_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"indices": ["ibov"]}, "not an index code: 'ibov'"),
        ({"indices": ["IBOV", "../x"]}, r"not an index code: '\.\./x'"),
        ({"indices": [7]}, "not an index code: 7"),
        ({"language": "es"}, "language must be one of pt-br, en-us, not 'es'"),
        ({"captured_at": "2025-07-12T12:00:00"}, "captured_at needs a time zone: 2025-07-12T12:00:00"),
        ({"captured_at": "yesterday"}, "yesterday"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(event: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        request_of(event)


@pytest.fixture
def deployed(scraping: Scraping, emulator_environment: Emulator, monkeypatch: pytest.MonkeyPatch) -> Scraping:
    """The environment that components/scraper.py gives the function."""
    monkeypatch.setenv("LAKE_BUCKET", scraping.bucket)
    monkeypatch.setenv("B3_URL", scraping.site.url)
    monkeypatch.setenv("INDICES", "IBOV,SMLL")
    metrics.clear_metrics()  # what other tests of this process left, as they don't end an invocation
    return scraping


def invoke(event: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = handler(event, lambda_context("bovespa-test-scraper"))
    json.dumps(answer)  # as Lambda does
    return answer


def metrics_in(output: str) -> dict[str, Any]:
    """The values in CloudWatch's embedded metric format that an invocation printed."""
    documents = [json.loads(line) for line in output.splitlines() if '"_aws"' in line]
    assert len(documents) == 1
    (declared,) = documents[0]["_aws"]["CloudWatchMetrics"]
    assert declared["Namespace"] == "Bovespa"
    assert declared["Dimensions"] == [["service"]]
    assert documents[0]["service"] == "scraper"
    return {metric["Name"]: sum(documents[0][metric["Name"]]) for metric in declared["Metrics"]}


def test_an_invocation_stores_the_day_and_counts_what_is_missing(
    deployed: Scraping, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.site.show_page("IBOV", ibov().json())

    answer = invoke({"captured_at": CAPTURED.isoformat()})

    assert answer == {
        "status": "stored",
        "sessions": [
            {
                "date": "2025-07-14",
                "key": "raw/carteira/dt=2025-07-14/carteira.parquet",
                "status": "stored",
                "indices": {"IBOV": 6},
            }
        ],
        "missing": ["SMLL"],
    }
    assert len(deployed.raw()) == 6
    assert metrics_in(capsys.readouterr().out) == {
        "PayloadRefused": 2,  # SMLL's page and its download
        "IndexMissing": 1,
        "SessionsStored": 1,
    }


def test_an_invocation_that_changes_nothing_counts_no_session(
    deployed: Scraping, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.site.show_page("IBOV", ibov().json())
    deployed.site.show_page("SMLL", large(40, indice="SMLL").json())
    event = {"captured_at": CAPTURED.isoformat()}
    invoke(event)
    capsys.readouterr()

    assert invoke(event)["status"] == "unchanged"

    assert metrics_in(capsys.readouterr().out) == {"SessionsStored": 0}


def test_a_refused_payload_fails_the_invocation_and_is_counted(
    deployed: Scraping, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.site.show_page("IBOV", ibov(total=1).json())

    with pytest.raises(ScrapeFailed, match="expected 1, found 19823841006"):
        invoke({"captured_at": CAPTURED.isoformat(), "indices": ["IBOV"]})

    assert metrics_in(capsys.readouterr().out) == {"PayloadRefused": 2, "IndexMissing": 1}
    assert deployed.keys("raw/") == []


def test_each_log_line_is_json_with_the_request_and_the_reason(
    deployed: Scraping, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    deployed.site.show_page("IBOV", ibov(total=1).json())
    with pytest.raises(ScrapeFailed):
        invoke({"captured_at": CAPTURED.isoformat(), "indices": ["IBOV"]})

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    refused = [line for line in lines if line.get("message") == "refused"]
    assert "total_quantity" in refused[0]["reason"]
    assert refused[0]["quarantined"][0].startswith("quarantine/carteira/2025/07/14/IBOV-pagina-1.json-")
    assert {line["function_request_id"] for line in refused} == {"52fdfc07-2182-154f-163f-5f0f9a621d72"}


@pytest.mark.emulator
def test_the_function_needs_nothing_that_lambda_lacks() -> None:
    """Spreadsheets never arrive there, so openpyxl is in no layer; nor are pandas or the program's libraries."""
    code = (
        "import sys\n"
        "import functions.scraper.handler\n"
        "print(sorted({'openpyxl', 'pulumi', 'pandas', 'pyspark', 'components', 'local', 'bovespa'} & set(sys.modules)))"
    )

    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert found.stdout.strip() == "[]"
