"""A demo's progress: one line a step, with its time; a tick only where the step did what it is for."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from lake.visible import visible


class StepLines:
    """A line for each step that is done; what is going on now, where somebody watches."""

    def __init__(self, output: Console) -> None:
        self._output = output
        self._status: Any = None

    def started(self, step: str) -> None:
        if self._output.is_terminal:
            self._status = self._output.status(step)
            self._status.start()

    def ended(self, step: str, seconds: float, outcome: str, *, good: bool = True) -> None:
        self.stop()
        line = visible(f"{seconds:5.1f} s  {step}" + (f": {outcome}" if outcome else ""))
        mark = ("✓ ", "green") if good else ("! ", "dark_orange3")
        self._output.print(Text.assemble(mark, line), soft_wrap=True)

    def stop(self) -> None:
        """Leave the terminal as it was, whatever happened."""
        if self._status is not None:
            self._status.stop()
            self._status = None
