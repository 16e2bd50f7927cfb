"""The one way a job reaches objects: a small protocol that S3 and a plain directory both satisfy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

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


class ObjectStore(Protocol):
    """Objects by bucket and key. Every method raises StorageError with the place in its text."""

    def list(self, prefix: Location) -> Iterator[StoredObject]:
        """All objects whose key starts with `prefix.key`, in key order."""

    def read(self, location: Location) -> bytes | None:
        """The object's bytes, or None where there is no such object."""

    def write(self, location: Location, body: bytes) -> None:
        """Replace the object as a whole: a reader sees the old bytes or the new ones."""

    def fetch(self, location: Location, target: Path) -> None:
        """Copy the object into the file `target`, which must not be changed afterwards."""

    def upload(self, source: Path, location: Location) -> None:
        """Replace the object by the file's bytes, as a whole."""

    def delete(self, locations: Iterable[Location]) -> int:
        """Delete objects; absent ones are no error. Returns how many were asked for."""


def in_parallel(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int = PARALLEL
) -> list[Result]:
    """`function` of every item, at most `2 * workers` under way at once; the first failure ends it and is
    raised.

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
