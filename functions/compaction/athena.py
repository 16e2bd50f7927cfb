"""Athena within one deadline: that of the function, which can't wait for longer than it lives."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lake import athena
from lake.athena import QueryFailed, Value

__all__ = ["Athena", "QueryFailed"]

_AT_ONCE = 4  # Athena lets an account run 20 to 200; these are not its only queries
_SLACK_SECONDS = 2.0  # to stop a query, and to tell of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Athena(athena.Athena):
    """``seconds_left`` says how long the caller can still wait."""

    seconds_left: Callable[[], float]

    def rows(self, sql: str) -> list[tuple[Value, ...]]:
        """The rows of a SELECT.

        Raises:
            QueryFailed: Athena refused it, or there was no time left.
        """
        return list(self.run(sql, timeout=self._timeout()).rows)

    def run_all(self, statements: list[str]) -> None:
        """Run statements without rows side by side; all are waited for.

        Raises:
            QueryFailed: one failed; the first that did.
        """
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            runs = [pool.submit(self.execute, sql, timeout=self._timeout()) for sql in statements]
        for run in runs:
            run.result()

    def _timeout(self) -> float:
        return max(0.0, self.seconds_left() - _SLACK_SECONDS)
