"""Back-fill: years of sessions from B3's yearly files, resumed where an earlier run stopped."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from functions.b3.cotahist.client import CotahistClient, Payload
from functions.b3.cotahist.period import Period, of_name, of_year
from functions.b3.errors import B3Error
from functions.b3.lake import Lake
from functions.quotes.collect import Span, take
from functions.quotes.store import Session, is_finished

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTaken:
    """One file of a back-fill.

    ``status`` is ``stored``, ``unchanged`` (all of it was there) or ``skipped`` (an earlier run took
    the whole file); ``sessions`` are those in range, ``written`` of them were new, ``quotes`` their
    records; ``announced`` says whether its event starts the job; ``seconds`` of wall clock.
    """

    name: str
    status: str
    sessions: int = 0
    written: int = 0
    quotes: int = 0
    announced: bool = False
    seconds: float = 0.0
    skipped: int = 0


class FileRefused(B3Error):
    """A file that was refused; the message names it, and says why."""

    def __init__(self, name: str, reason: B3Error) -> None:
        super().__init__(f"{name}: {reason}")


class Watcher:
    """Receives the progress of a back-fill; this one ignores it."""

    def downloading(self, name: str, done: int, total: int | None) -> None:
        """So many bytes of a file have come."""

    def checking(self, name: str) -> None:
        """A file is there, and is being archived and checked."""

    def storing(self, name: str, stored: Session) -> None:
        """One of its sessions is in raw."""


def backfill_years(
    client: CotahistClient, lake: Lake, span: Span, watcher: Watcher, *, again: bool = False
) -> Iterator[FileTaken]:
    """Take the yearly files of a span, one at a time, oldest first.

    A year that an earlier run took whole is skipped without asking B3, unless it is the current one or
    ``again`` is set. A year that an earlier run left half-way is downloaded once more; of it only what
    is missing is written.

    Raises:
        B3Error: a file can't be had or was refused; those before it are in raw.
    """
    this_year = span.captured_at.year
    for year in range(span.first.year, min(span.last.year, this_year) + 1):
        period = of_year(year)
        if not again and year < this_year and is_finished(lake, period):
            yield FileTaken(name=period.zip_name, status="skipped")
            continue
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="cotahist-") as folder:

            def report(done: int, total: int | None, name: str = period.zip_name) -> None:
                watcher.downloading(name, done, total)

            payload = client.download(period, Path(folder), progress=report)
            yield _take(payload, period, lake, span, watcher, started)


def backfill_file(path: Path, lake: Lake, span: Span, watcher: Watcher | None = None) -> FileTaken:
    """Take a file that was downloaded by hand; its name says what it is of.

    Raises:
        ValueError: the name isn't one of B3's.
        B3Error: the file was refused; nothing of it is in raw.
    """
    started = time.monotonic()
    period = of_name(path.name)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    payload = Payload(name=path.name, url=path.name, path=path, sha256=digest.hexdigest())
    return _take(payload, period, lake, span, watcher or Watcher(), started)


def _take(
    payload: Payload, period: Period, lake: Lake, span: Span, watcher: Watcher, started: float
) -> FileTaken:
    watcher.checking(payload.name)
    try:
        taken = take(
            payload,
            period,
            lake,
            span,
            progress=lambda stored: watcher.storing(payload.name, stored),
        )
    except B3Error as error:
        raise FileRefused(payload.name, error) from error
    return FileTaken(
        name=payload.name,
        status="stored" if taken.changed else "unchanged",
        sessions=len(taken.sessions),
        written=sum(stored.changed for stored in taken.sessions),
        quotes=taken.quotes,
        announced=taken.announced is not None,
        seconds=round(time.monotonic() - started, 3),
        skipped=len(taken.skipped),
    )
