"""The soak of `python -m bench.stream_soak`, cut short.

The producer as a process, faults at random, every id held against what Kinesis took.
"""

from __future__ import annotations

import asyncio

from bench.stream_soak import problems, soak


def test_a_short_soak_loses_and_invents_nothing_and_does_not_grow() -> None:
    found = asyncio.run(soak(minutes=0.25, rate=300, seed=3, settle=60))
    assert problems(found) == []
    assert found["trades"] > 2000
    assert sum(found["gap_events"].values()) == 0
