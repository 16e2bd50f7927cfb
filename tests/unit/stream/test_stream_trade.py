"""Numbers, times and lines are exact."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.tables.bitcoin_trades import TRADES
from stream.record import Batch, Record
from stream.trade import GapEvent, Trade, exact_decimal, gap_line, iso, parse_iso, plain_pair

FITTING = st.decimals(min_value=0, max_value=Decimal("9999999999.99999999"), places=8)


@settings(deadline=None)
@given(FITTING)
def test_a_fitting_number_keeps_its_value_however_it_is_written(value: Decimal) -> None:
    for text in (format(value, "f"), str(value), f"{value:E}"):
        assert Decimal(exact_decimal(text)) == value
        assert "e" not in exact_decimal(text).lower()
    assert Decimal(exact_decimal(value)) == value


def test_the_exchanges_own_text_is_kept() -> None:
    assert exact_decimal("2683.80000000") == "2683.80000000"
    assert exact_decimal("1e-08") == "0.00000001"
    assert exact_decimal(Decimal("1E-8")) == "0.00000001"


@pytest.mark.parametrize(
    "text",
    [
        *("", "-1", "+1", "NaN", "Infinity", "1_000", " 1", "1\n", "01", "1.", ".5", "0x1", "१"),
        *("10000000000", "0.000000001", "1e99", "1e-999999", "0e-999999", "9" * 50, '1,"x":2'),
    ],
)
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|fit"):
        exact_decimal(text)
    assert not plain_pair(f"{text} 1.0")
    assert not plain_pair(f"1.0 {text}")


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=4_000_000_000_000_000))
def test_times_survive_the_text(moment: int) -> None:
    text = iso(moment)
    assert parse_iso(text) == moment
    assert datetime.fromisoformat(text) == datetime.fromtimestamp(moment // 10**6, UTC).replace(
        microsecond=moment % 10**6
    )


def test_digits_beyond_the_microsecond_are_cut() -> None:
    assert iso(parse_iso("2026-08-09T21:05:48.228568804Z")) == "2026-08-09T21:05:48.228568Z"
    assert iso(parse_iso("2026-08-09T21:05:48Z")) == "2026-08-09T21:05:48.000000Z"
    assert iso(parse_iso("2026-08-09T21:05:38.50436Z")) == "2026-08-09T21:05:38.504360Z"


@pytest.mark.parametrize("text", ["", "2026-08-09T21:05:48", "2026-08-09T21:05:48.1x2Z", "yesterdayZ"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_iso(text)


def trade(trade_id: int, price: str = "65000.10", via: str = "live") -> Trade:
    return Trade("kraken", "BTC-USD", trade_id, price, "0.00000001", "sell", 10**15, 10**15 + 5, via)  # type: ignore[arg-type]


@settings(deadline=None)
@given(
    st.lists(st.integers(min_value=1, max_value=400), min_size=1, max_size=6),
    st.integers(min_value=1, max_value=150),
)
def test_records_hold_every_line_and_name_every_id(counts: list[int], limit: int) -> None:
    records: list[Record] = []
    batch = Batch("kraken", "BTC-USD", records.append, limit=limit)
    expected: list[int] = []
    start = 1
    for count in counts:
        ids = list(range(start, start + count))
        batch.extend([trade(number) for number in ids], iso(10**15 + 5))
        expected += ids
        start += count + 3
    batch.flush()
    lines = [json.loads(line, parse_float=Decimal) for record in records for line in record.data.splitlines()]
    assert [line["trade_id"] for line in lines] == expected
    assert all(1 <= record.data.count(b"\n") <= limit for record in records)
    named = [number for record in records for first, last in record.runs for number in range(first, last + 1)]
    assert named == expected
    assert sum(record.count for record in records) == len(expected)
    assert lines[0]["quantity"] == Decimal("0.00000001")
    assert set(lines[0]) <= {column.name for column in TRADES.columns}


def test_a_gap_line_fits_the_same_table() -> None:
    gap = GapEvent("kraken", "BTC-USD", 5, 9, 10**15, 10**15 + 1, 10**15 + 2, 'REST said "no"\n')
    line = gap_line(gap)
    assert line.count("\n") == 1
    row = json.loads(line)
    assert set(row) <= {column.name for column in TRADES.columns}
    assert (row["via"], row["gap_first_id"], row["gap_last_id"]) == ("gap", 5, 9)
    assert "trade_id" not in row
    timeless = json.loads(gap_line(GapEvent("bitstamp", "BTC-USD", None, None, 1, 2, 3, "x")))
    assert "gap_first_id" not in timeless
