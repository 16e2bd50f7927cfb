"""From a file as received to raw sessions: archived first, refused whole, stored a session at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from functions.b3.cotahist.archive import open_text
from functions.b3.cotahist.checks import check_sessions, check_unique
from functions.b3.cotahist.client import Payload
from functions.b3.cotahist.parse import to_batch
from functions.b3.cotahist.period import Period
from functions.b3.cotahist.records import RecordFile
from functions.b3.cotahist.spool import Spool
from functions.b3.errors import B3Error
from functions.b3.lake import Lake
from functions.quotes.store import DATASET, Session, announce, store


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file that was taken: its quotes, and what became of each of its sessions.

    ``announced`` is the key of the batch that was announced; None where the file was known already.
    """

    quotes: int
    sessions: tuple[Session, ...]
    announced: str | None

    @property
    def changed(self) -> bool:
        """Whether anything was written to raw."""
        return any(stored.changed for stored in self.sessions)


Progress = Callable[[Session], None]


def take(
    payload: Payload,
    period: Period,
    lake: Lake,
    *,
    captured_at: datetime,
    first: date = date.min,
    last: date = date.max,
    progress: Progress | None = None,
) -> Taken:
    """Archive a file, check all of it, and store its sessions from ``first`` to ``last``.

    Args:
        payload: the file as received.
        period: what the file claims to be of.
        lake: where it goes.
        captured_at: the moment of the capture, aware.
        first: sessions before it are left alone.
        last: sessions after it are left alone.
        progress: called with each session once it is stored.

    Raises:
        B3Error: the file was refused and is in quarantine; nothing of it is in raw.
    """
    lake.archive(DATASET, payload, captured_at=captured_at)
    with Spool() as spool:
        try:
            check(payload, period, spool)
        except B3Error as error:
            lake.quarantine(DATASET, payload, str(error), captured_at=captured_at)
            raise
        sessions = []
        for day in spool.days:
            if first <= day <= last:
                records = spool.records(day)
                stored = store(lake, day, records, captured_at=captured_at, payload_sha256=payload.sha256)
                sessions.append(stored)
                if progress:
                    progress(stored)
    announced = None
    if sessions:
        whole = first <= period.first and period.last <= last
        announced = announce(lake, payload, period, sessions, captured_at=captured_at, whole=whole)
    quotes = sum(stored.rows for stored in sessions)
    return Taken(quotes=quotes, sessions=tuple(sessions), announced=announced)


def check(payload: Payload, period: Period, spool: Spool) -> None:
    """Read the whole file into ``spool``, checking every record.

    Raises:
        B3Error: for the first thing that is wrong with the file.
    """
    with open_text(payload.path) as text:
        file = RecordFile(text)
        for block in file.blocks():
            to_batch(block)
            spool.add(block)
    check_sessions(file.header, spool.days, period=period)
    for day in spool.days:
        check_unique(day, spool.records(day))
