"""An event loop whose clock jumps to the next timer whenever nothing else is to do, so that a week takes minutes.

Sockets are real: what is on its way is delivered before the clock moves on. Everything that shall live in played
time has to run in this loop, and to read its clocks from `stream.clock`; threads don't stop the clock.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from stream.clock import replaced

_Answer = TypeVar("_Answer")
_START = 1_000_000.0  # of the monotonic clock, whose zero is nobody's business
_LOOKS = 3  # looks for something on its way before the clock moves


class _Selector(selectors.DefaultSelector):
    """Advances `elapsed` (seconds) in place of waiting."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        for _ in range(_LOOKS):
            found = super().select(0)
            if found or timeout == 0:
                return found
        if timeout is None:
            return super().select(None)
        self.elapsed += max(timeout, 0.0)
        return []


class PlayedLoop(asyncio.SelectorEventLoop):
    """`time()` is played time."""

    def __init__(self) -> None:
        self._played = _Selector()
        super().__init__(self._played)

    def time(self) -> float:
        return _START + self._played.elapsed


def play(main: Coroutine[Any, Any, _Answer], wall: int) -> _Answer:
    """Run to the end in played time; `wall`: ns since the epoch at its beginning."""
    with asyncio.Runner(loop_factory=PlayedLoop) as runner:
        loop = runner.get_loop()
        began = loop.time()
        with replaced(loop.time, lambda: wall + int((loop.time() - began) * 1e9)):
            return runner.run(main)


__all__ = ["PlayedLoop", "play"]
