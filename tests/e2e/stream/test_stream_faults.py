"""Every fault that an exchange commits, against the whole producer, ids counted in the files it wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from stream_scenario import CONTIGUOUS, EXCHANGES, Scenario, recording, trade_ids, until  # type: ignore[import-not-found]


def check(
    exchange: str,
    directory: Path,
    act: Callable[[Scenario], Awaitable[None]],
    *,
    skew: float = 0.0,
    **settings: object,
) -> Scenario:
    """Run `act`, then expect each published id exactly once and no gap event."""

    async def run() -> Scenario:
        async with recording(exchange, directory, skew=skew, **settings) as scenario:
            await act(scenario)
            await scenario.complete()
        return scenario

    scenario = asyncio.run(run())
    assert trade_ids(scenario.rows()) == scenario.published
    assert [row for row in scenario.rows() if row["via"] == "gap"] == []
    return scenario


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_trades_withheld_by_the_feed_come_by_rest(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        scenario.faults.drop = 7
        scenario.trade(20)
        await until(lambda: scenario.stats.repaired == 7)
        scenario.trade(10)

    scenario = check(exchange, tmp_path, act)
    repaired = [row["trade_id"] for row in scenario.rows() if row["via"] == "repair"]
    assert sorted(repaired) == scenario.published[10:17]
    assert scenario.stats.missing == 7


@pytest.mark.parametrize("in_frame", [False, True])
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_what_happened_during_a_disconnect_is_read_afterwards(
    exchange: str, in_frame: bool, tmp_path: Path
) -> None:
    async def act(scenario: Scenario) -> None:
        for _ in range(3):
            scenario.faults.refuse = True
            scenario.simulator.disconnect(exchange, in_frame=in_frame)
            await scenario.disconnected()
            scenario.trade(150)
            scenario.faults.refuse = False
            await scenario.connected()
            scenario.trade(10)
            await scenario.complete()

    assert check(exchange, tmp_path, act).stats.reconnects >= 3


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_silence_is_noticed_although_heartbeats_go_on(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        scenario.simulator.silence(exchange)
        scenario.trade(30)
        await until(lambda: scenario.simulator.connections >= 2)
        await asyncio.sleep(0.3)
        scenario.trade(30)

    check(exchange, tmp_path, act, quiet_after=0.5, reconcile_interval=0.0)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_quiet_market_is_left_alone(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        await asyncio.sleep(1.2)
        assert scenario.simulator.rest_calls > 0

    scenario = check(exchange, tmp_path, act, quiet_after=0.3, reconcile_interval=0.0)
    assert scenario.simulator.connections == 1


@pytest.mark.parametrize("exchange", ["coinbase", "kraken"])
def test_a_connection_without_even_heartbeats_is_replaced(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        await until(lambda: scenario.simulator.connections >= 2)

    check(exchange, tmp_path, act, idle_timeout=0.4)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_duplicates_are_dropped(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        scenario.faults.duplicate = 5
        scenario.trade(100)
        await until(lambda: scenario.stats.duplicates >= 5)

    check(exchange, tmp_path, act, reconcile_interval=0.0)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_late_frames_are_no_gap(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        for _ in range(5):
            scenario.faults.reorder = 1
            scenario.trade(1)
            scenario.trade(1)
            await asyncio.sleep(0.02)

    scenario = check(exchange, tmp_path, act)
    assert scenario.stats.gaps == 0


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_bad_frames_are_counted_logged_and_survived(
    exchange: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(scenario: Scenario) -> None:
        scenario.faults.malformed = 3
        for _ in range(3):
            scenario.trade(1)
        scenario.faults.corrupt = 2
        for _ in range(3):
            scenario.trade(1)
        await until(lambda: scenario.stats.bad_frames == 5)

    scenario = check(exchange, tmp_path, act)
    assert scenario.stats.reconnects == 0
    assert r"\xff\xfe not json" in caplog.text


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_fragmented_frames_are_put_together(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        scenario.faults.fragment = 5
        for _ in range(8):
            scenario.trade(1)

    scenario = check(exchange, tmp_path, act, reconcile_interval=0.0)
    assert {row["via"] for row in scenario.rows()} == {"live"}


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_burst_of_a_thousand_in_a_tenth_of_a_second(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        await scenario.simulator.burst(exchange, scenario.symbol, 1000, 0.1)

    check(exchange, tmp_path, act)


@pytest.mark.parametrize("exchange", ["binance", "bitstamp"])
def test_an_announced_end_opens_the_new_connection_first(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        least = 2
        scenario.faults.connect_delay = 0.3
        scenario.simulator.announce_shutdown(exchange, seconds=1.0)
        for _ in range(150):
            scenario.trade(2)
            await asyncio.sleep(0.01)
            least = min(least, scenario.simulator.clients(exchange))
        assert least >= 1
        assert scenario.simulator.connections == 2

    scenario = check(exchange, tmp_path, act, reconcile_interval=0.0)
    assert {row["via"] for row in scenario.rows()} == {"live"}


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_an_old_connection_is_replaced_without_a_hole(exchange: str, tmp_path: Path) -> None:
    async def act(scenario: Scenario) -> None:
        least = 2
        scenario.faults.connect_delay = 0.2
        for _ in range(120):
            scenario.trade(1)
            await asyncio.sleep(0.01)
            least = min(least, scenario.simulator.clients(exchange))
        assert least >= 1
        assert scenario.simulator.connections >= 2

    scenario = check(exchange, tmp_path, act, max_age=0.5, idle_timeout=2.0, reconcile_interval=0.0)
    assert scenario.stats.gaps == 0


@pytest.mark.parametrize(
    ("status", "fault", "value"),
    [(429, "rest_failures", 3), (503, "rest_failures", 3), (0, "rest_rubbish", 2), (0, "rest_delay", 0.3)],
)
@pytest.mark.parametrize("exchange", ["binance", "bitstamp"])
def test_repairs_outlast_a_troubled_rest_host(
    exchange: str, status: int, fault: str, value: float, tmp_path: Path
) -> None:
    async def act(scenario: Scenario) -> None:
        scenario.faults.rest_status = status
        setattr(scenario.faults, fault, value)
        scenario.faults.drop = 3
        scenario.trade(10)

    scenario = check(exchange, tmp_path, act)
    assert scenario.stats.repaired == 3


@pytest.mark.parametrize("skew", [90.0, -90.0])
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_wrong_clock_at_the_exchange_changes_nothing(exchange: str, skew: float, tmp_path: Path) -> None:
    """Not even where losses are found by time: trades are withheld, and others missed while disconnected."""

    async def act(scenario: Scenario) -> None:
        scenario.faults.drop = 3
        scenario.trade(50)
        await scenario.complete()
        scenario.faults.refuse = True
        scenario.simulator.disconnect(exchange)
        await scenario.disconnected()
        scenario.trade(50)
        scenario.faults.refuse = False
        await scenario.connected()
        scenario.trade(50)

    check(exchange, tmp_path, act, skew=skew)


@pytest.mark.parametrize("exchange", CONTIGUOUS)
def test_what_nobody_has_any_more_is_recorded_as_a_gap(exchange: str, tmp_path: Path) -> None:
    async def run() -> Scenario:
        async with recording(exchange, tmp_path, repair_attempts=2) as scenario:
            scenario.faults.drop = 6
            first = scenario.published[-1] + 1
            scenario.faults.forgotten.append((first + 1, first + 3))
            scenario.trade(10)
            await until(lambda: scenario.stats.unrepaired == 3)
        return scenario

    scenario = asyncio.run(run())
    written = trade_ids(scenario.rows())
    missing = sorted(set(scenario.published) - set(written))
    assert len(written) == len(set(written))
    assert missing == scenario.published[11:14]
    (gap,) = [row for row in scenario.rows() if row["via"] == "gap"]
    assert (gap["gap_first_id"], gap["gap_last_id"]) == (missing[0], missing[-1])
    assert gap["gap_reason"] == "the exchange's history does not have them"


def test_when_rest_stays_down_the_gap_is_recorded(tmp_path: Path) -> None:
    async def run() -> Scenario:
        async with recording("kraken", tmp_path, repair_timeout=0.5) as scenario:
            scenario.faults.rest_status = 503
            scenario.faults.rest_failures = 1_000_000
            scenario.faults.drop = 4
            scenario.trade(5)
            await until(lambda: scenario.stats.unrepaired == 4)
        return scenario

    scenario = asyncio.run(run())
    (gap,) = [row for row in scenario.rows() if row["via"] == "gap"]
    assert gap["gap_last_id"] - gap["gap_first_id"] == 3
    assert gap["gap_reason"].startswith("REST failed")
