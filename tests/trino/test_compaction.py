"""The stream's compaction by its own code and statements, run by a real Trino on the stream's real bucket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from bovespa.local.stack import Stack
from functions.compaction.athena import Athena
from functions.compaction.compact import GRACE, NotEqual, clean, compact
from functions.compaction.objects import Bucket
from functions.compaction.sql import totals_of_day, totals_of_files
from lake.tables.bitcoin_trades import STAGING_PREFIX, TRADES_PREFIX
from tests.trades_bucket import DAY, NOON, SCHEMA, TradesBucket, trade
from tests.trino.athena import TrinoAthena
from tests.trino.server import Trino

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NOW = NOON + timedelta(days=1)
LATER = NOW + GRACE


@pytest.fixture
def bucket(stack: Stack) -> Bucket:
    return Bucket(client=stack.aws["s3"], name=stack.exports["tradesBucket"])


@pytest.fixture
def trades(stack: Stack, bucket: Bucket) -> Iterator[TradesBucket]:
    made = TradesBucket(stack.aws["s3"], name=bucket.name)
    made.a_day()
    yield made
    for prefix in (f"{TRADES_PREFIX}dt={DAY}/", "bitcoin/compaction/"):
        bucket.delete(made.listed(prefix))


@pytest.fixture
def athena(trino: Trino) -> Athena:
    """The compaction's own runner of statements, on Trino."""
    return _runner(TrinoAthena(trino=trino))


def _runner(client: Any, workgroup: str = "trino") -> Athena:
    return Athena(client=client, workgroup=workgroup, database="default", seconds_left=lambda: 120.0)


def listed(trades: TradesBucket) -> list[str]:
    return trades.listed(f"{TRADES_PREFIX}dt={DAY}/")


def rows(trades: TradesBucket, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for key in keys for row in trades.read(key).cast(SCHEMA).to_pylist()]


def once(trades: TradesBucket) -> set[tuple[Any, ...]]:
    """The day without duplicates, worked out row by row: the first copy of a trade to arrive, each gap once."""
    first: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    gaps: set[tuple[Any, ...]] = set()
    place = {name: number for number, name in enumerate(SCHEMA.names)}
    for row in sorted(rows(trades, listed(trades)), key=lambda row: row[place["received_at"]]):
        if row[place["via"]] == "gap":
            gaps.add(row)
        else:
            first.setdefault(row[:3], row)
    return gaps | set(first.values())


def test_a_day_is_compacted_twice_and_takes_late_trades_in(
    trades: TradesBucket, bucket: Bucket, athena: Athena
) -> None:
    expected = once(trades)

    result = compact(bucket, athena, DAY, NOW)

    assert result is not None
    assert (result.sources, result.targets) == (3, 2)
    published = rows(trades, trades.compacted())
    assert len(published) == len(expected)
    assert set(published) == expected
    for key in trades.compacted():
        table = trades.read(key)
        order = list(zip(table["traded_at"].to_pylist(), table["trade_id"].to_pylist(), strict=True))
        assert order == sorted(order, key=lambda pair: (pair[0], pair[1] is None, pair[1]))
    assert compact(bucket, athena, DAY, NOW) is None
    assert clean(bucket, LATER - timedelta(seconds=1)) == 0

    trades.deliver(23, [trade(71, via="repair"), trade(5)])
    with_late = once(trades)
    assert len(with_late) == len(expected) + 1
    assert clean(bucket, LATER) == 3
    assert compact(bucket, athena, DAY, LATER) is not None
    clean(bucket, LATER + GRACE)

    assert set(rows(trades, listed(trades))) == with_late
    assert len(listed(trades)) == len(trades.compacted()) == 2
    assert trades.listed(STAGING_PREFIX) == []
    assert compact(bucket, athena, DAY, LATER) is None


@pytest.mark.parametrize("step", ["copy", "delete", "note"])
def test_a_run_that_dies_between_two_steps_is_begun_again(
    trades: TradesBucket, bucket: Bucket, athena: Athena, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    expected, before = once(trades), trades.unique()

    def dies(self: Bucket, *_: Any) -> None:
        raise ConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, step, dies)
        with pytest.raises(ConnectionError):
            compact(bucket, athena, DAY, NOW)
    assert trades.unique() == before

    compact(bucket, athena, DAY, NOW)
    clean(bucket, LATER)

    assert set(rows(trades, listed(trades))) == expected
    assert len(listed(trades)) == 2


def test_a_trade_that_arrives_in_the_middle_is_noticed(
    trades: TradesBucket, bucket: Bucket, athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Athena.run_all

    def run_all(self: Athena, statements: list[str]) -> None:
        trades.deliver(23, [trade(99)])
        real(self, statements)

    monkeypatch.setattr(Athena, "run_all", run_all)
    with pytest.raises(NotEqual, match=str(DAY)):
        compact(bucket, athena, DAY, NOW)

    assert clean(bucket, LATER) == 0
    assert len(listed(trades)) == 4 + 2


def test_both_engines_count_the_day_alike_before_and_after(
    stack: Stack, trades: TradesBucket, bucket: Bucket, athena: Athena
) -> None:
    embedded = _runner(stack.aws["athena"], f"{stack.exports['workgroup']}-bitcoin-compaction")
    before = athena.rows(totals_of_day(DAY))
    assert before == embedded.rows(totals_of_day(DAY))

    compact(bucket, athena, DAY, NOW)

    files = totals_of_files(DAY, [bucket.address(key) for key in trades.compacted()])
    assert before == athena.rows(files) == embedded.rows(files) == embedded.rows(totals_of_day(DAY))
