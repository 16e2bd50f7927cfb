"""The stream's saved queries on real rows: duplicates, hour edges, gaps; answers computed independently."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bovespa.athena.dialect import to_duckdb
from lake.saved_queries import NoSuchMarket, SavedQuery, saved_queries, saved_query, stream_queries
from tests import duck

END = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)  # the window crosses midnight
_NUMBER = pa.decimal128(18, 8)
_TIME = pa.timestamp("us")
SCHEMA = pa.schema(
    [
        ("exchange", pa.string()), ("symbol", pa.string()), ("trade_id", pa.int64()), ("price", _NUMBER),
        ("quantity", _NUMBER), ("side", pa.string()), ("traded_at", _TIME), ("received_at", _TIME),
        ("via", pa.string()), ("gap_first_id", pa.int64()), ("gap_last_id", pa.int64()), ("gap_from", _TIME),
        ("gap_reason", pa.string()), ("dt", pa.string()), ("hour", pa.string()),
    ]
)  # fmt: skip
MARKETS = (("binance", "BTC-USDT"), ("coinbase", "BTC-USD"), ("mercado_bitcoin", "BTC-BRL"))
Row = dict[str, Any]


def row(exchange: str, symbol: str, trade_id: int, traded_at: datetime, **changes: Any) -> Row:
    arrived = changes.pop("arrived", traded_at + timedelta(milliseconds=120))
    # Firehose files under the arrival of the oldest record of a file, up to 15 minutes before this one's.
    filed = changes.pop("filed", arrived - timedelta(minutes=4))
    return {
        "exchange": exchange,
        "symbol": symbol,
        "trade_id": trade_id,
        "price": Decimal(60_000 + trade_id % 97) + Decimal("0.12345678"),
        "quantity": Decimal("0.00010001") * (trade_id % 13 + 1),
        "side": "buy" if trade_id % 3 else "sell",
        "traded_at": traded_at.replace(tzinfo=None),
        "received_at": arrived.replace(tzinfo=None),
        "via": "live",
        "dt": filed.strftime("%Y-%m-%d"),
        "hour": filed.strftime("%H"),
        **changes,
    }


def a_window() -> tuple[list[Row], list[Row]]:
    """(rows of the table, the trades of the last 60 minutes once each)."""
    chance = random.Random(11)
    rows: list[Row] = []
    wanted: list[Row] = []
    for exchange, symbol in MARKETS:
        for n in range(1, 241):
            at = END - timedelta(minutes=80) + timedelta(seconds=20 * n + chance.random() * 3)
            found = row(exchange, symbol, n, at)
            rows.append(found)
            if END - timedelta(minutes=60) <= at < END:
                wanted.append(found)
            if n % 5 == 0:  # told again, an hour later, in another partition
                rows.append({**found, "via": "repair", **_filed(at + timedelta(hours=1))})
            if n % 7 == 0:  # and once more in the day's compacted file
                rows.append({**found, "hour": "day"})
    chance.shuffle(rows)
    return rows, wanted


def _filed(moment: datetime) -> Row:
    return {
        "received_at": moment.replace(tzinfo=None),
        "dt": moment.strftime("%Y-%m-%d"),
        "hour": moment.strftime("%H"),
    }


def answer(
    name: str, rows: list[Row], *, minutes: int = 60, end: datetime = END, narrowed: SavedQuery | None = None
) -> list[Row]:
    query = narrowed or saved_query(name).window(end, minutes)
    with duck.connection() as engine:
        engine.register("bitcoin_trades", pa.Table.from_pylist(rows, schema=SCHEMA))
        cursor = engine.execute(to_duckdb(query.sql))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, found, strict=True)) for found in cursor.fetchall()]


def by_minute(trades: list[Row]) -> dict[tuple[str, str, datetime], list[Row]]:
    groups: dict[tuple[str, str, datetime], list[Row]] = defaultdict(list)
    for found in sorted(trades, key=lambda t: (t["traded_at"], t["trade_id"])):
        minute = found["traded_at"].replace(second=0, microsecond=0)
        groups[found["exchange"], found["symbol"], minute].append(found)
    return groups


def test_ohlcv_equals_an_independent_computation_to_the_last_digit() -> None:
    rows, wanted = a_window()

    found = answer("bitcoin_ohlcv", rows)

    expected = []
    for (exchange, symbol, minute), trades in sorted(by_minute(wanted).items()):
        prices = [t["price"] for t in trades]
        volume = sum((t["quantity"] for t in trades), Decimal(0))
        turnover = sum((t["price"] * t["quantity"] for t in trades), Decimal(0))
        expected.append(
            {
                "exchange": exchange,
                "symbol": symbol,
                "minute": minute,
                "open": prices[0],
                "high": max(prices),
                "low": min(prices),
                "close": prices[-1],
                "volume": volume,
                "turnover": turnover,
                "trades": len(trades),
                "vwap": (turnover / volume).quantize(Decimal("1e-8"), ROUND_HALF_UP),
            }
        )
    assert [{**f, "vwap": None} for f in found] == [{**e, "vwap": None} for e in expected]
    for one, other in zip(found, expected, strict=True):  # DuckDB divides in floating point, Athena exactly
        assert abs(one["vwap"] - other["vwap"]) <= Decimal("1e-8")


def test_the_newest_trade_of_each_market_is_the_last_price() -> None:
    rows, wanted = a_window()

    found = answer("bitcoin_ultimo_preco", rows)

    for market in found:
        mine = [t for t in wanted if t["exchange"] == market["exchange"]]
        newest = max(mine, key=lambda t: (t["traded_at"], t["trade_id"]))
        assert (market["trade_id"], market["price"]) == (newest["trade_id"], newest["price"])
        assert market["age_seconds"] >= 0
    assert len(found) == len(MARKETS)


@pytest.mark.parametrize("minutes", [1, 5, 31, 60])
def test_trades_of_the_window_come_once_each_whatever_partition_they_lie_in(minutes: int) -> None:
    rows, wanted = a_window()
    since = (END - timedelta(minutes=minutes)).replace(tzinfo=None)

    found = answer("bitcoin_negocios", rows, minutes=minutes)

    expected = {(t["exchange"], t["trade_id"]) for t in wanted if t["traded_at"] >= since}
    assert len(found) == len(expected)
    assert {(t["exchange"], t["trade_id"]) for t in found} == expected
    assert [t["traded_at"] for t in found] == sorted((t["traded_at"] for t in found), reverse=True)


def test_a_trade_filed_under_the_hour_before_the_window_is_found() -> None:
    end = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
    at = datetime(2026, 11, 22, 14, 0, 30, tzinfo=UTC)
    early = row("binance", "BTC-USDT", 1, at, filed=datetime(2026, 11, 22, 13, 50, tzinfo=UTC))
    late = row("binance", "BTC-USDT", 2, at, arrived=at + timedelta(hours=9))

    found = answer("bitcoin_negocios", [early, late], minutes=2, end=end)

    assert [t["trade_id"] for t in found] == [2, 1]


def test_partitions_before_the_window_are_not_read() -> None:
    """A row that lies in too old a partition is invisible, though its trade time is in the window."""
    misfiled = row("binance", "BTC-USDT", 1, END - timedelta(minutes=1), filed=END - timedelta(hours=3))

    for query in stream_queries():
        assert answer(query.name, [misfiled]) == [], query.name


def test_the_spread_compares_dollars_with_dollars_only() -> None:
    rows, wanted = a_window()

    found = answer("bitcoin_spread", rows)

    closes = {key: trades[-1]["price"] for key, trades in by_minute(wanted).items()}
    assert found
    for line in found:
        assert line["pair"] == "BTC-USD"
        pair = {line["exchange_low"], line["exchange_high"]}
        assert pair == {"binance", "coinbase"}
        prices = [
            closes[exchange, symbol, line["minute"]] for exchange, symbol in MARKETS if exchange in pair
        ]
        assert line["spread"] == max(prices) - min(prices)
    minutes = {k[2] for k in closes if k[0] == "binance"} & {k[2] for k in closes if k[0] == "coinbase"}
    assert len(found) == len(minutes)


def test_what_takers_bought_and_sold_adds_up() -> None:
    rows, wanted = a_window()

    found = answer("bitcoin_agressor", rows)

    for line in found:
        mine = by_minute(wanted)[line["exchange"], line["symbol"], line["minute"]]
        bought = sum((t["quantity"] for t in mine if t["side"] == "buy"), Decimal(0))
        sold = sum((t["quantity"] for t in mine if t["side"] == "sell"), Decimal(0))
        assert (line["bought"], line["sold"]) == (bought, sold)
        assert line["buys"] + line["sells"] == len(mine)
        assert abs(line["share_bought"] - bought / (bought + sold)) <= Decimal("0.000001")
    assert len(found) == len(by_minute(wanted))


TOLD = {"via": "gap", "trade_id": None, "price": None, "quantity": None, "side": None}


def gap(exchange: str, first: int | None, last: int | None, at: datetime, reason: str = "REST failed") -> Row:
    told = row(exchange, "BTC-USD" if exchange == "bitstamp" else "BTC-USDT", 0, at)
    since = (at - timedelta(seconds=9)).replace(tzinfo=None)
    return {
        **told,
        **TOLD,
        "gap_first_id": first,
        "gap_last_id": last,
        "gap_from": since,
        "gap_reason": reason,
    }


def test_gaps_count_what_never_came() -> None:
    at = END - timedelta(minutes=20)
    rows = [row("binance", "BTC-USDT", n, at + timedelta(seconds=n)) for n in (1, 2, 3, 9, 10)]
    lost = gap("binance", 4, 8, at)
    unknown = gap("bitstamp", None, None, at, "the producer stopped")
    after_all = row("binance", "BTC-USDT", 6, at + timedelta(seconds=6), via="repair")

    binance, bitstamp = answer("bitcoin_lacunas", [*rows, rows[0], lost, lost, unknown, after_all])

    assert (binance["trades"], binance["copies"], binance["repaired"]) == (6, 1, 1)
    assert (binance["gaps"], binance["missing"], binance["gaps_without_ids"]) == (1, 4, 0)
    assert binance["lag_p50_ms"] == binance["lag_p99_ms"] == 120
    assert (bitstamp["trades"], bitstamp["gaps"], bitstamp["gaps_without_ids"]) == (0, 1, 1)
    assert bitstamp["missing"] == 0


FOUR = ("binance", "coinbase", "kraken", "mercado_bitcoin")
_told_and_arrived = st.tuples(
    st.lists(st.tuples(st.integers(1, 60), st.integers(0, 12), st.booleans()), max_size=8),
    st.sets(st.integers(1, 75), max_size=20),
)


@settings(deadline=None, max_examples=15)
@given(st.tuples(*[_told_and_arrived] * len(FOUR)))
def test_each_missing_id_counts_once_however_often_it_is_told(
    cases: tuple[tuple[list[tuple[int, int, bool]], set[int]], ...],
) -> None:
    """Each exchange is a case of its own; a query of four takes hardly longer than a query of one."""
    at = END - timedelta(minutes=20)
    denied = "the exchange's history does not have them"
    rows = []
    for exchange, (told, arrived) in zip(FOUR, cases, strict=True):
        rows += [
            gap(
                exchange,
                first,
                first + more,
                at + timedelta(milliseconds=n),
                denied if settled else "REST failed",
            )
            for n, (first, more, settled) in enumerate(told)
        ]
        # What arrives late may have been traded before the window began.
        rows += [row(exchange, "BTC-USDT", n, END - timedelta(minutes=n * 2), arrived=at) for n in arrived]

    lines = answer("bitcoin_lacunas", rows)
    ranges = answer("bitcoin_lacunas_abertas", rows)

    for exchange, (told, arrived) in zip(FOUR, cases, strict=True):
        missing = {n for first, more, _ in told for n in range(first, first + more + 1)} - arrived
        mine = [line for line in ranges if line["exchange"] == exchange]
        assert sum(line["missing"] for line in lines if line["exchange"] == exchange) == len(missing)
        found = [n for line in mine for n in range(line["first_id"], line["last_id"] + 1)]
        assert sorted(found) == sorted(missing)
        assert sum(line["missing"] for line in mine) == len(missing)
        for line in mine:
            told_settled = any(
                settled and first <= line["first_id"] and line["last_id"] <= first + more
                for first, more, settled in told
            )
            assert line["settled"] == told_settled


def test_spans_without_ids_are_listed_once() -> None:
    at = END - timedelta(minutes=20)
    again = {**gap("bitstamp", None, None, at + timedelta(seconds=5)), "gap_reason": "REST failed again"}
    later = gap("bitstamp", None, None, at + timedelta(minutes=5))

    first, second = answer("bitcoin_lacunas_abertas", [gap("bitstamp", None, None, at), again, later])

    assert (first["first_id"], first["settled"], first["reason"]) == (None, False, "REST failed again")
    assert first["until"] - first["since"] == timedelta(seconds=14)
    assert second["until"] - second["since"] == timedelta(seconds=9)
    (line,) = answer("bitcoin_lacunas", [gap("bitstamp", None, None, at), again, later])
    assert (line["gaps"], line["gaps_without_ids"]) == (2, 2)


def test_a_repair_told_in_whole_seconds_opens_and_closes_no_minute() -> None:
    """REST of some exchanges knows seconds only: within a second it is the id that tells the order."""
    minute = datetime(2026, 11, 22, 0, 10, tzinfo=UTC)
    trades = [
        row("bitstamp", "BTC-USD", 101, minute + timedelta(milliseconds=200), price=Decimal(1)),
        row("bitstamp", "BTC-USD", 103, minute, price=Decimal(2), via="repair"),
        row("bitstamp", "BTC-USD", 107, minute + timedelta(seconds=59), price=Decimal(3), via="repair"),
        row("bitstamp", "BTC-USD", 105, minute + timedelta(seconds=59, milliseconds=900), price=Decimal(4)),
    ]

    (line,) = answer("bitcoin_ohlcv", trades)

    assert (line["open"], line["close"]) == (1, 3)
    (newest,) = answer("bitcoin_ultimo_preco", trades)
    assert newest["trade_id"] == 107


def test_a_query_is_narrowed_to_a_market_and_to_the_second() -> None:
    rows, wanted = a_window()
    since, until = END - timedelta(minutes=31, seconds=7), END - timedelta(minutes=3, seconds=2)

    for query in stream_queries():
        assert query.has_window
        assert answer(query.name, rows, narrowed=query.of_market("kraken")) == []
    query = saved_query("bitcoin_negocios").of_market("binance", "BTC-USDT").between(since, until)
    found = answer("bitcoin_negocios", rows, narrowed=query)

    expected = {
        t["trade_id"]
        for t in wanted
        if t["exchange"] == "binance"
        and since.replace(tzinfo=None) <= t["traded_at"] < until.replace(tzinfo=None)
    }
    assert {t["trade_id"] for t in found} == expected
    assert len(found) == len(expected) > 50
    for bad in ("x' OR 1=1", "", "BINANCE"):
        with pytest.raises(NoSuchMarket):
            query.of_market(bad)
    with pytest.raises(NoSuchMarket):
        query.of_market(None, "BTC")
    with pytest.raises(ValueError, match="nothing lies between"):
        query.between(until, since)


def test_every_query_drops_duplicates_and_prunes_partitions() -> None:
    for query in stream_queries():
        assert "PARTITION BY exchange, symbol, trade_id" in query.sql, query.name
        assert re.search(r"\bdt >= date_format\(current_timestamp", query.sql), query.name
        assert "hour = 'day' OR" in query.sql, query.name


def test_the_batchs_queries_are_without_the_streams() -> None:
    assert not {q.name for q in saved_queries()} & {q.name for q in stream_queries()}


def test_a_window_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="0 minutes"):
        saved_query("bitcoin_ohlcv").window(END, 0)
