"""The captured theoretical portfolio of May to August 2025, through the rebalancing and `bovespa parse`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner

from bovespa.main import cli
from functions.rebalancing.handler import RebalancingRefused
from tests.real.test_portfolio_real import B3, body_of
from tests.rebalancing import Rebalancing
from tests.scraping import Scraping

pytestmark = pytest.mark.skipif(not B3.is_dir(), reason=f"no captured payloads in {B3}")

NAME = "GetTheoricalPortfolio_IBOV_2025-04.json"
CAPTURED = datetime(2025, 4, 7, 23, 45, tzinfo=UTC)


@pytest.fixture
def b3(scraping: Scraping) -> Rebalancing:
    return Rebalancing(site=scraping.site, s3=scraping.s3, bucket=scraping.bucket)


def test_the_theoretical_portfolio_is_stored_with_its_stated_totals(b3: Rebalancing) -> None:
    body = body_of(NAME)
    b3.show(body, body)  # a preview is taken to have the same shape

    answer = b3.capture(CAPTURED, language="en-us")

    assert [(p["status"], p["members"]) for p in answer["portfolios"]] == [("stored", 87), ("stored", 87)]
    stated = json.loads(body)["header"]
    for kind in ("teorica", "previa"):
        rows = [row for row in b3.rows(date(2025, 4, 7)) if row["tipo_carteira"] == kind]
        assert sum(row["qtde_teorica"] for row in rows) == int(stated["theoricalQty"].replace(",", ""))
        assert sum(row["qtde_teorica"] for row in rows) == 98_370_249_996
        assert abs(sum(row["participacao"] for row in rows) - 100) <= Decimal("0.001")
        assert {row["redutor"] for row in rows} == {Decimal("16279911.48376400")}


def test_in_the_other_language_it_is_refused(b3: Rebalancing) -> None:
    b3.show(body_of(NAME), None)

    with pytest.raises(RebalancingRefused, match="IBOV teorica: asked for pt-br, B3 answered in en-us"):
        b3.capture(CAPTURED)


def test_the_days_portfolio_in_its_place_is_not_taken_for_years_later(b3: Rebalancing) -> None:
    b3.show(body_of("GetPortfolioDay_IBOV_en-us_segment2_2025-04-07.json"), None)

    with pytest.raises(RebalancingRefused, match="check plausible_date failed"):
        b3.capture(CAPTURED.replace(year=2027), language="en-us")


def test_the_command_line_reads_it() -> None:
    body_of(NAME)
    result = CliRunner().invoke(cli, ["parse", str(B3 / NAME), "--json"])

    assert json.loads(result.stdout) == {
        "index": "IBOV",
        "date": None,
        "members": 87,
        "quantity": 98_370_249_996,
        "weight": "99.999",  # three decimals each; the header states 100.000
        "redutor": "16279911.48376400",
    }
