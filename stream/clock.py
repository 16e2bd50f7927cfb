"""The clocks of the producer.

Whatever it measures or writes of time comes from here, and whatever it waits for from the event loop, so that a week can
be played in minutes (`bovespa/stand_ins/played_time.py`).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class _Clocks:
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], int] = time.time_ns


_clocks = _Clocks()


def monotonic() -> float:
    """Seconds that only ever grow."""
    return _clocks.monotonic()


def now() -> int:
    """µs since the epoch."""
    return _clocks.wall() // 1000


def wall() -> float:
    """Seconds since the epoch."""
    return _clocks.wall() / 1e9


@contextlib.contextmanager
def replaced(monotonic: Callable[[], float], wall: Callable[[], int]) -> Iterator[None]:
    """Read these clocks instead: seconds, and ns since the epoch."""
    before = _clocks.monotonic, _clocks.wall
    _clocks.monotonic, _clocks.wall = monotonic, wall
    try:
        yield
    finally:
        _clocks.monotonic, _clocks.wall = before
