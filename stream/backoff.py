"""Pauses between attempts: exponential, capped, jittered."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """`next()` is between half of and the whole doubled pause: many clients don't come back together."""

    def __init__(self, first: float, limit: float, jitter: Callable[[], float] = random.random) -> None:
        self._first = first
        self._limit = limit
        self._jitter = jitter
        self.attempts = 0

    def next(self) -> float:
        pause = min(self._limit, self._first * 2.0 ** min(self.attempts, 30))
        self.attempts += 1
        return pause * (0.5 + self._jitter() / 2)

    def reset(self) -> None:
        self.attempts = 0
