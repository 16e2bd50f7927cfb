"""The model of costs against figures worked out by hand, and the page against the model."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from bovespa.costs.model import (
    Traffic,
    batch_month,
    naive,
    provisioned_day,
    standing_day,
    total,
    transport_day,
)
from bovespa.costs.page import page
from bovespa.costs.prices import PRICES
from stream.metrics import _COUNTERS, _GAUGES, EXCHANGE_METRICS
from stream.record import MAX_TRADES, Batch, Record
from stream.trade import Trade, iso

PROJECT = Path(__file__).resolve().parents[3]


def rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def test_the_known_figures_come_out() -> None:
    """200 and 2,000 trades a second of 166 bytes, as they were worked out apart from this model."""
    for rate, each_alone in ((200, "6.26"), (2000, "53.94")):
        assert rounded(total(transport_day(Traffic(rate=rate, trade_bytes=166, record_trades=1)))) == Decimal(
            each_alone
        )
    ours = total(transport_day(Traffic(rate=200, markets=1, trade_bytes=166)))
    assert abs(ours - Decimal("1.42")) < Decimal("0.02")
    assert abs(
        total(transport_day(Traffic(rate=2000, markets=1, trade_bytes=166))) - Decimal("5.52")
    ) < Decimal("0.10")


def test_a_day_of_one_trade_a_second_by_hand() -> None:
    parts = transport_day(Traffic(rate=1, markets=1, record_trades=1))
    gib = Decimal(1024**3)

    assert parts["Kinesis: stream"] == Decimal("0.96")
    assert parts["Kinesis: in"] == Decimal("0.08") * 86_400 * 1024 / gib
    assert parts["Kinesis: out, to Firehose"] == Decimal("0.04") * 86_400 * 225 / gib
    assert parts["Firehose: in"] == Decimal("0.029") * 86_400 * 5120 / gib


@pytest.mark.parametrize(
    ("rate", "markets", "expected"), [(20, 2, 10), (200, 2, 100), (2000, 2, 150), (1, 2, 1), (600, 1, 150)]
)
def test_a_record_is_sealed_by_count_or_by_time(rate: int, markets: int, expected: int) -> None:
    assert Traffic(rate=rate, markets=markets).trades_per_record == expected


@pytest.mark.parametrize("rate", [20, 200, 2000])
def test_many_trades_a_record_never_cost_more(rate: int) -> None:
    assert total(transport_day(Traffic(rate=rate))) < total(transport_day(naive(rate)))
    assert provisioned_day(Traffic(rate=rate)) > 0


def test_the_model_knows_the_producers_own_numbers() -> None:
    sealed: list[Record] = []
    batch = Batch("binance", "BTC-USDT", sealed.append)
    trade = Trade(
        "binance", "BTC-USDT", 3_700_000_000, "61234.56000000", "0.00123000", "sell", 1_723_110_000_123_456, 0
    )
    batch.extend([trade], iso(1_723_110_000_223_456))
    batch.flush()

    assert abs(len(sealed[0].data) - Traffic(rate=1).trade_bytes) <= 15
    assert Traffic(rate=1).record_trades == MAX_TRADES
    with_metrics = standing_day()["CloudWatch: metrics and alarms"]
    metrics = len(_COUNTERS) + len(_GAUGES) + 2 * len(EXCHANGE_METRICS)  # of two exchanges
    assert with_metrics == standing_day(metrics=metrics)["CloudWatch: metrics and alarms"]


def test_the_producers_task_costs_what_two_sources_say() -> None:
    month = standing_day()

    assert rounded(month["Fargate: the producer"] * 730 / 24) == Decimal("7.21")
    assert rounded(month["Public IPv4 address"] * 730 / 24) == Decimal("3.65")


def test_the_batchs_jobs_by_hand() -> None:
    assert rounded(batch_month()["Glue: the visual jobs"]) == rounded(
        Decimal(21 * 4 * 2 * 120) / 3600 * Decimal("0.44")
    )


def test_every_price_names_its_page() -> None:
    for name, price in PRICES.items():
        assert price.usd > 0, name
        assert "pricing" in price.source, name


@pytest.mark.emulator
def test_the_page_is_what_the_module_prints() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "bovespa.costs"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout

    assert printed == page()
    assert (PROJECT / "docs" / "costs.md").read_text(encoding="utf-8") == printed, (
        "run: python -m bovespa.costs > docs/costs.md"
    )
