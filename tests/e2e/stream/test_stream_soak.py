"""The soak of `python -m bench.stream_soak`, cut short.

The producer as a process, faults at random, every id held against what Kinesis took.
"""

from __future__ import annotations

import asyncio

import pytest

from bench.stream_soak import Cost, problems, soak, thirds


def test_a_short_soak_loses_and_invents_nothing_and_does_not_grow() -> None:
    found = asyncio.run(soak(minutes=0.25, rate=300, seed=3, settle=60))
    assert problems(found) == []
    assert found["trades"] > 2000
    assert sum(found["gap_events"].values()) == 0


@pytest.mark.parametrize(
    ("megabytes", "level"),
    [
        ([50 + 20 * (1 - 0.9**n) for n in range(60)], True),  # a window fills up, and is full
        ([50 + n for n in range(60)], False),  # a leak
        ([50 + 0.5 * n for n in range(60)], False),
        ([60, *[50, 50, 90] * 20], True),  # large answers now and then
    ],
    ids=["window", "leak", "slow leak", "peaks"],
)
def test_a_window_that_fills_is_told_from_a_leak(megabytes: list[float], level: bool) -> None:
    costs = [Cost(memory_mb=number, descriptors=20, tasks=40, cpu=0) for number in megabytes]
    found = {"lost": 0, "invented": 0, "status": 0, "thirds": thirds(costs)}
    assert (problems(found) == []) is level
