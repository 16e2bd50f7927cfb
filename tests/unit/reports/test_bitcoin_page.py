"""The stream's page: the candles are the query's, joined without loss, and nothing is loaded."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.bitcoin import Candle, joined, render


def candle(number: int, price: int) -> Candle:
    value = Decimal(price)
    return Candle(
        at=f"2026-11-22 {number // 60:02d}:{number % 60:02d}",
        open=value,
        high=value + 3,
        low=value - 2,
        close=value + 1,
        bought=Decimal(number % 5),
        sold=Decimal(1),
        trades=number + 1,
    )


@settings(deadline=None)
@given(st.lists(st.integers(10, 100), min_size=1, max_size=300), st.integers(1, 60))
def test_joined_candles_lose_nothing(prices: list[int], most: int) -> None:
    candles = [candle(number, price) for number, price in enumerate(prices)]
    shown, each = joined(candles, most)
    assert len(shown) <= most
    assert (len(shown) - 1) * each < len(candles) <= len(shown) * each
    assert (shown[0].open, shown[-1].close) == (candles[0].open, candles[-1].close)
    assert max(c.high for c in shown) == max(c.high for c in candles)
    assert min(c.low for c in shown) == min(c.low for c in candles)
    assert sum(c.trades for c in shown) == sum(c.trades for c in candles)
    assert sum(c.bought for c in shown) == sum(c.bought for c in candles)


def rows(symbol: str = "BTC-USD") -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    own = {"exchange": "kraken", "symbol": symbol, "minute": "2026-11-22 10:00:00.000"}
    price = {
        "open": Decimal("65000.1"),
        "high": Decimal(65010),
        "low": Decimal(64990),
        "close": Decimal(65005),
    }
    taken = {"bought": Decimal("0.75"), "sold": Decimal("0.25")}
    quality = {"missing": 7, "gaps": 1, "repaired": 3, "copies": 2}
    return [{**own, **price, "trades": 9}], [{**own, **taken}], [{**own, **quality}]


def test_the_page_shows_the_figures_and_loads_nothing() -> None:
    page = render(*rows(), span="60m before")
    assert "65005 (+0.01 %), 9 trades, volume 1.00, 75.0 % of it bought by takers" in page
    assert "Missing: 7 trades in 1 gaps" in page
    assert page.count('<g class="up">') == 1
    assert not re.search(r"<script|src=|href=|url\(", page)
    assert "default-src 'none'" in page


def test_nothing_from_outside_becomes_markup() -> None:
    page = render(*rows("<script>alert(1)</script>"), span="<b>")
    assert "<script" not in page
    assert "<b>" not in page


def test_a_span_without_trades_says_so() -> None:
    assert "No trade in this span." in render([], [], [], span="60m before")
