"""The Lambda entry, in the environment that components/rebalancing.py gives it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bovespa.local.emulator import Emulator
from functions.rebalancing.handler import RebalancingRefused, handler, metrics
from tests.lambda_context import lambda_context
from tests.portfolios import ibov
from tests.rebalancing import Rebalancing, undated

EVENT = {"captured_at": "2025-08-28T20:45:00-03:00"}


@pytest.fixture
def deployed(b3: Rebalancing, emulator_environment: Emulator, monkeypatch: pytest.MonkeyPatch) -> Rebalancing:
    monkeypatch.setenv("LAKE_BUCKET", b3.bucket)
    monkeypatch.setenv("B3_URL", b3.site.url)
    monkeypatch.setenv("INDICES", "IBOV,SMLL")
    metrics.clear_metrics()  # what other tests of this process left, as they don't end an invocation
    for indice in ("IBOV", "SMLL"):
        b3.show(ibov(), ibov(), indice=indice)
    return b3


def metrics_in(output: str) -> dict[str, Any]:
    (document,) = [json.loads(line) for line in output.splitlines() if '"_aws"' in line]
    return {
        metric["Name"]: sum(document[metric["Name"]])
        for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }


def test_every_configured_index_is_captured(
    deployed: Rebalancing, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = handler(EVENT, lambda_context("bovespa-test-rebalancing"))

    json.dumps(answer)  # as Lambda does
    assert answer["status"] == "stored"
    assert [(p["index"], p["kind"]) for p in answer["portfolios"]] == [
        ("IBOV", "teorica"),
        ("IBOV", "previa"),
        ("SMLL", "teorica"),
        ("SMLL", "previa"),
    ]
    assert metrics_in(capsys.readouterr().out) == {"PortfoliosStored": 4}


def test_a_refusal_is_counted_and_fails(deployed: Rebalancing, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.show(undated(ibov(total=1)), None)

    with pytest.raises(RebalancingRefused):
        handler(EVENT, lambda_context("bovespa-test-rebalancing"))

    assert metrics_in(capsys.readouterr().out)["PayloadRefused"] == 1


def test_without_a_moment_it_is_now(deployed: Rebalancing) -> None:
    handler({"indices": ["IBOV"]}, lambda_context("bovespa-test-rebalancing"))

    (key,) = deployed.keys("raw/")
    assert key > "raw/carteira_teorica/dt=2026"
