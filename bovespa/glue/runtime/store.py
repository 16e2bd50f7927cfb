"""Objects as a listing shows them, and many of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bovespa.glue.runtime.location import Location

PARALLEL = 8
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object as a listing shows it. `modified` is aware (UTC); `size` is in bytes."""

    location: Location
    size: int
    modified: datetime
    etag: str = ""

    @property
    def version(self) -> str:
        """Changes whenever the object is written again."""
        return f"{self.etag}|{self.size}|{self.modified.isoformat()}"


def in_parallel(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int = PARALLEL
) -> list[Result]:
    """`function` of every item, at most `2 * workers` under way; the first failure ends it and is raised.

    Results are in the order of completion.
    """
    results: list[Result] = []
    with ThreadPoolExecutor(workers) as pool:
        pending: set[Future[Result]] = set()
        try:
            for item in items:
                pending.add(pool.submit(function, item))
                if len(pending) >= 2 * workers:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    results += [future.result() for future in done]
            done, pending = wait(pending)
            results += [future.result() for future in done]
        finally:
            for future in pending:
                future.cancel()
    return results
