"""The ledgers against the plainest model: a set."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.intake import Intake
from stream.ledger import IdLedger, Runs, WindowLedger
from stream.record import Record
from stream.stats import Stats
from stream.trade import LIVE, REPAIR, Trade, Via, iso

NOW = 1_757_000_000_000_000  # µs
IDS = st.lists(st.integers(min_value=0, max_value=60), max_size=120)


@settings(deadline=None)
@given(IDS)
def test_runs_are_a_set(ids: list[int]) -> None:
    runs = Runs()
    seen: set[int] = set()
    for number in ids:
        assert runs.add(number) == (number not in seen)
        seen.add(number)
    assert {n for first, last in runs for n in range(first, last + 1)} == seen
    pairs = list(runs)
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(pairs))
    assert {n for first, last in runs.missing(10, 50) for n in range(first, last + 1)} == {
        n for n in range(10, 51) if n not in seen
    }


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), max_size=40))
def test_whole_runs_can_be_added(spans: list[tuple[int, int]]) -> None:
    runs = Runs()
    seen: set[int] = set()
    for first, length in spans:
        runs.add_run(first, first + length)
        seen |= set(range(first, first + length + 1))
    assert {n for first, last in runs for n in range(first, last + 1)} == seen


@settings(deadline=None)
@given(IDS, st.integers(min_value=1, max_value=4))
def test_memory_is_bounded_and_what_was_given_up_is_told(ids: list[int], limit: int) -> None:
    runs = Runs(limit=limit)
    for number in ids:
        runs.add(number)
        assert len(runs) <= limit
    given_up = {n for first, last in runs.closed for n in range(first, last + 1)}
    held = {n for first, last in runs for n in range(first, last + 1)}
    assert held == set(ids) | given_up


@settings(deadline=None)
@given(IDS)
def test_each_id_is_new_once_and_every_hole_is_told(ids: list[int]) -> None:
    ledger = IdLedger()
    seen: set[int] = set()
    told: set[int] = set()
    for number in ids:
        if number == ledger.next:
            ledger.next += 1
            assert number not in seen
        else:
            new, hole = ledger.add(number)
            assert new == (number not in seen)
            if hole is not None:
                told |= set(range(hole[0], hole[1] + 1))
        seen.add(number)
    if seen:
        missing = set(range(min(seen), max(seen) + 1)) - seen
        assert missing <= told
        assert {n for a, b in ledger.runs.missing(min(seen), max(seen)) for n in range(a, b + 1)} == missing


@settings(deadline=None)
@given(IDS, st.integers(min_value=1, max_value=10))
def test_a_window_never_repeats_an_id_and_stays_small(ids: list[int], size: int) -> None:
    ledger = WindowLedger(size=size)
    taken = [number for number in ids if ledger.add(number)[0]]
    assert len(taken) == len(set(taken))
    assert len(ledger) <= size + size // 4


def test_a_full_window_takes_less_than_a_megabyte() -> None:
    tracemalloc.start()
    try:
        ledger = WindowLedger()
        for number in range(1 << 40, (1 << 40) + 400_000, 2):
            ledger.add(number)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 50_000 <= len(ledger) <= 62_500
    assert held < 1_000_000


def test_a_window_restored_knows_its_ids_and_its_floor() -> None:
    ledger = WindowLedger([(100, 100), (103, 104)])
    ledger.floor = 90
    assert [ledger.add(number)[0] for number in (100, 104, 103, 90, 91, 101, 105)] == [
        *(False, False, False, False),
        *(True, True, True),
    ]


def test_what_a_repair_brings_is_kept_when_its_ids_have_left_the_window() -> None:
    records: list[Record] = []
    stats = Stats(clock=lambda: 0.0)
    intake = Intake(
        "bitstamp", False, stats, records.append, lambda gap: None, record_trades=100, flush_interval=1
    )
    market = intake.open_market("BTC-USD")
    market.ledger = WindowLedger(size=10)

    def take(ids: Iterable[int], via: Via) -> int:
        trades = [Trade("bitstamp", "BTC-USD", n, "1", "2", "buy", NOW + n, NOW + n, via) for n in ids]
        return intake.accept(trades, iso(NOW))

    assert take([100, 102], LIVE) == 2
    assert take(range(200, 240, 2), LIVE) == 20  # the connection was down from 102 to 200, and ten ids ago
    assert take(range(110, 199, 2), REPAIR) == 45
    assert take([90, 98], REPAIR) == 0
    assert take([110, 202], LIVE) == 0
    intake.flush()
    found = [json.loads(line)["trade_id"] for record in records for line in record.data.splitlines()]
    assert sorted(set(found)) == [100, 102, *range(110, 199, 2), *range(200, 240, 2)]
