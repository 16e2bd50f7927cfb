"""A compacted day reads as before, at every moment, whatever stops the run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.compaction.athena import Athena, QueryFailed
from functions.compaction.compact import GRACE, NotEqual, TargetMissing, clean, compact
from functions.compaction.objects import Bucket, DeletionFailed
from lake.tables.bitcoin_trades import PENDING_PREFIX, STAGING_PREFIX, Market, UnexpectedMarket
from tests.trades_bucket import DAY, NOON, TradesBucket, trade
from tests.unit.compaction.conftest import DuckAthena

NOW = NOON + timedelta(days=1)
LATER = NOW + GRACE


def test_a_day_becomes_one_sorted_file_a_market_without_duplicates(
    trades: TradesBucket, bucket: Bucket, athena: Athena
) -> None:
    trades.a_day()

    result = compact(bucket, athena, DAY, NOW)
    removed = clean(bucket, LATER)

    assert result is not None
    assert (result.sources, result.targets, removed) == (3, 2, 3)
    binance, coinbase = trades.listed()
    assert binance.startswith(f"bitcoin/trades/dt={DAY}/hour=day/binance-BTC-USDT-")
    assert coinbase.startswith(f"bitcoin/trades/dt={DAY}/hour=day/coinbase-BTC-USD-")
    table = trades.read(binance)
    times = table["traded_at"].to_pylist()
    assert times == sorted(times)
    ids = [found for found in table["trade_id"].to_pylist() if found is not None]
    assert sorted(ids) == [*range(1, 61), 70]
    assert table["via"].to_pylist().count("gap") == 1
    by_id = dict(zip(table["trade_id"].to_pylist(), table["via"].to_pylist(), strict=True))
    assert (by_id[3], by_id[70]) == ("live", "repair")  # the first copy that arrived is kept
    assert trades.listed("bitcoin/compaction/") == []


def test_a_reader_sees_the_same_before_during_and_after(
    trades: TradesBucket, bucket: Bucket, athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    trades.a_day()
    before = trades.unique()
    seen: list[set[tuple[Any, ...]]] = []

    def watched(name: str) -> Callable[..., Any]:
        real = getattr(Bucket, name)

        def call(self: Bucket, *args: Any) -> Any:
            answer = real(self, *args)
            seen.append(trades.unique())
            return answer

        return call

    for name in ("copy", "delete", "note", "forget"):
        monkeypatch.setattr(Bucket, name, watched(name))
    compact(bucket, athena, DAY, NOW)
    clean(bucket, LATER)

    assert len(seen) >= 6
    assert all(moment == before for moment in seen)


def test_nothing_is_deleted_while_a_query_may_still_read_it(
    trades: TradesBucket, bucket: Bucket, athena: Athena
) -> None:
    trades.a_day()
    compact(bucket, athena, DAY, NOW)

    assert clean(bucket, LATER - timedelta(seconds=1)) == 0
    assert len(trades.listed()) == 5


def test_again_changes_nothing(
    trades: TradesBucket, bucket: Bucket, athena: Athena, duck: DuckAthena
) -> None:
    trades.a_day()
    compact(bucket, athena, DAY, NOW)
    files, asked = trades.listed(), len(duck.statements)

    assert compact(bucket, athena, DAY, NOW) is None
    assert trades.listed() == files
    clean(bucket, LATER)
    clean(bucket, LATER)
    assert compact(bucket, athena, DAY, LATER) is None
    assert len(duck.statements) == asked
    assert len(trades.listed()) == 2


def test_a_late_file_is_taken_in_by_the_next_run(
    trades: TradesBucket, bucket: Bucket, athena: Athena
) -> None:
    trades.a_day()
    compact(bucket, athena, DAY, NOW)
    trades.deliver(23, [trade(71, via="repair"), trade(5)])
    before = trades.unique()

    assert compact(bucket, athena, DAY, NOW) is not None
    clean(bucket, LATER)

    assert trades.unique() == before
    assert len(trades.compacted()) == len(trades.listed()) == 2


def test_a_file_that_arrives_in_the_middle_is_neither_lost_nor_deleted(
    trades: TradesBucket, bucket: Bucket, athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    trades.a_day()
    real = Athena.run_all
    arrived: list[str] = []

    def run_all(self: Athena, statements: list[str]) -> None:
        if not arrived:
            arrived.append(trades.deliver(23, [trade(99)]))
        real(self, statements)

    monkeypatch.setattr(Athena, "run_all", run_all)
    with pytest.raises(NotEqual, match=str(DAY)):
        compact(bucket, athena, DAY, NOW)
    assert clean(bucket, LATER) == 0
    assert arrived[0] in trades.listed()

    compact(bucket, athena, DAY, NOW)
    clean(bucket, LATER)

    assert 99 in {row[2] for row in trades.seen()}
    assert len(trades.listed()) == 2


@pytest.mark.parametrize("step", ["list", "copy", "delete", "note"])
def test_a_run_that_dies_loses_nothing_and_the_next_one_finishes(
    trades: TradesBucket, bucket: Bucket, athena: Athena, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    trades.a_day()
    before = trades.unique()
    real = getattr(Bucket, step)
    calls: list[int] = []

    def dies(self: Bucket, *args: Any) -> Any:
        calls.append(1)
        if len(calls) == 2 or step == "note":
            raise ConnectionError("gone")
        return real(self, *args)

    def run() -> None:
        compact(bucket, athena, DAY, NOW)
        clean(bucket, LATER)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, step, dies)
        with pytest.raises(ConnectionError):
            run()
    assert trades.unique() == before

    clean(bucket, LATER)
    compact(bucket, athena, DAY, LATER)
    clean(bucket, LATER + GRACE)

    assert trades.unique() == before
    assert len(trades.listed()) == 2


def test_lost_rows_are_noticed_and_nothing_is_noted_for_deletion(
    trades: TradesBucket, bucket: Bucket, athena: Athena, duck: DuckAthena
) -> None:
    trades.a_day()
    before = trades.unique()
    duck.lose_rows = True

    with pytest.raises(NotEqual):
        compact(bucket, athena, DAY, NOW)

    assert trades.listed(PENDING_PREFIX) == []
    assert clean(bucket, LATER) == 0
    assert trades.unique() == before


def test_athenas_refusal_is_passed_on(
    trades: TradesBucket, bucket: Bucket, athena: Athena, duck: DuckAthena
) -> None:
    trades.a_day()
    duck.broken = "UNLOAD"

    with pytest.raises(QueryFailed, match="no luck today"):
        compact(bucket, athena, DAY, NOW)

    assert len(trades.listed()) == 3


def test_a_market_that_athena_splits_stays_whole(
    trades: TradesBucket, bucket: Bucket, athena: Athena, duck: DuckAthena
) -> None:
    trades.a_day()
    before, duck.parts = trades.unique(), 3

    compact(bucket, athena, DAY, NOW)
    clean(bucket, LATER)

    assert len(trades.compacted()) == 6
    assert trades.unique() == before
    assert trades.listed(STAGING_PREFIX) == []


def test_sources_stay_when_what_replaces_them_is_gone(
    trades: TradesBucket, bucket: Bucket, athena: Athena
) -> None:
    trades.a_day()
    compact(bucket, athena, DAY, NOW)
    trades.s3.delete_object(Bucket="trades", Key=trades.compacted()[0])

    with pytest.raises(TargetMissing, match="kept the 3 files"):
        clean(bucket, LATER)

    assert len(trades.listed()) == 4


def test_other_days_are_left_alone(trades: TradesBucket, bucket: Bucket, athena: Athena) -> None:
    trades.a_day()
    other = trades.deliver(0, [trade(1)], day=DAY + timedelta(days=1))

    compact(bucket, athena, DAY, NOW)
    clean(bucket, LATER)

    assert other in trades.listed()
    assert compact(bucket, athena, DAY - timedelta(days=1), NOW) is None


@pytest.mark.parametrize(
    ("exchange", "symbol"),
    [("x' OR 1=1 --", "BTC-USD"), ("binance", "../BTC"), ("", "BTC-USD"), ("b" * 40, "B-U")],
)
def test_a_strange_market_reaches_neither_sql_nor_a_key(
    trades: TradesBucket, bucket: Bucket, athena: Athena, duck: DuckAthena, exchange: str, symbol: str
) -> None:
    trades.deliver(12, [trade(1, exchange=exchange, symbol=symbol)])

    with pytest.raises(UnexpectedMarket, match="no market of ours"):
        compact(bucket, athena, DAY, NOW)

    assert len(duck.statements) == 1
    assert len(trades.listed()) == 1


def test_a_deletion_that_s3_refuses_is_told_and_tried_again() -> None:
    class Refusing:
        def delete_objects(self, **call: Any) -> dict[str, Any]:
            first = call["Delete"]["Objects"][0]["Key"]
            return {"Errors": [{"Key": first, "Code": "AccessDenied"}]}

    with pytest.raises(DeletionFailed, match=r"a: AccessDenied \(1 in all\)"):
        Bucket(client=Refusing(), name="trades").delete(["a", "b"])


def test_a_query_that_outlives_the_function_is_stopped() -> None:
    stopped: list[str] = []

    class Slow:
        def start_query_execution(self, **_call: Any) -> dict[str, str]:
            return {"QueryExecutionId": "q"}

        def get_query_execution(self, **_call: Any) -> dict[str, Any]:
            return {"QueryExecution": {"Status": {"State": "RUNNING"}}}

        def stop_query_execution(self, QueryExecutionId: str) -> None:  # noqa: N803
            stopped.append(QueryExecutionId)

    athena = Athena(client=Slow(), workgroup="w", database="d", seconds_left=lambda: 0.0)

    with pytest.raises(QueryFailed, match="cancelled"):
        athena.rows("SELECT 1")
    assert stopped == ["q"]


def test_a_markets_slug_is_its_file_name() -> None:
    assert Market("mercado_bitcoin", "BTC-BRL").slug == "mercado_bitcoin-BTC-BRL"
