"""From a file as received to raw sessions: archived first, refused whole, stored a session at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from functions.b3.client import Payload as Bytes
from functions.b3.cotahist.archive import open_text
from functions.b3.cotahist.checks import check_sessions, check_unique
from functions.b3.cotahist.client import Payload
from functions.b3.cotahist.errors import BadLine
from functions.b3.cotahist.parse import parse
from functions.b3.cotahist.period import Period
from functions.b3.cotahist.records import RecordFile
from functions.b3.cotahist.spool import Spool
from functions.b3.errors import B3Error
from functions.b3.lake import Lake
from functions.quotes.raw import digest_of, to_parquet
from functions.quotes.store import DATASET, Session, announce, is_there, store
from lake.tables.negociacao import RAW, day_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file that was taken: its quotes, and what became of each of its sessions.

    ``announced`` is the key of the batch that was announced; None where the file was known already.
    ``skipped`` are the records that were set aside.
    """

    quotes: int
    sessions: tuple[Session, ...]
    announced: str | None
    skipped: tuple[BadLine, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was written to raw."""
        return any(stored.changed for stored in self.sessions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A checked session on its way to raw: ``body`` is the file to be put, None where raw has it already."""

    day: date
    rows: int
    digest: str
    body: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The moment of the capture (aware), which sessions of a file are wanted, and how many wrong records it may have."""

    captured_at: datetime
    first: date = date.min
    last: date = date.max
    skip_bad: int = 0

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


Progress = Callable[[Session], None]


def take(
    payload: Payload, period: Period, lake: Lake, span: Span, *, progress: Progress | None = None
) -> Taken:
    """Archive a file, check all of it, and store the sessions of a span.

    Args:
        payload: the file as received.
        period: what the file claims to be of.
        lake: where it goes.
        span: sessions out of it are left alone; as many records as it allows that break the layout go to
            quarantine, and the rest of the file to raw.
        progress: called with each session once it is stored.

    Raises:
        B3Error: the file was refused and is in quarantine; nothing of it is in raw.
    """
    captured_at = span.captured_at
    lake.archive(DATASET, payload, captured_at=captured_at)
    with Spool() as spool:
        try:
            prepared, bad = check(payload, period, spool, lake, span)
        except B3Error as error:
            lake.quarantine(DATASET, payload, str(error), captured_at=captured_at)
            raise
        if bad:
            told = "\n".join(map(str, bad))
            notes = Bytes(name=f"{payload.name}-registros.txt", url=payload.url, body=told.encode())
            lake.quarantine(DATASET, notes, f"{len(bad)} records set aside", captured_at=captured_at)
        sessions = []
        for each in prepared:
            sessions.append(_store(lake, each))
            if progress:
                progress(sessions[-1])
    announced = None
    if sessions:
        whole = period.first in span and period.last in span
        announced = announce(lake, payload, period, sessions, captured_at=captured_at, whole=whole)
    quotes = sum(stored.rows for stored in sessions)
    return Taken(quotes=quotes, sessions=tuple(sessions), announced=announced, skipped=tuple(bad))


def check(
    payload: Payload, period: Period, spool: Spool, lake: Lake, span: Span
) -> tuple[list[Prepared], list[BadLine]]:
    """Read the whole file, each quote once, and prepare the span's sessions as they will be in raw.

    A session that is in raw with the same bytes was checked when it was stored.

    Raises:
        B3Error: for the first thing that is wrong with the file.
    """
    bad: list[BadLine] = []
    with open_text(payload.path) as text:
        file = RecordFile(text)
        for block in file.blocks():
            bad += spool.add(block)
            _bound(bad, span)
    check_sessions(file.header, spool.days, period=period)
    known = {key for year in {day.year for day in spool.days} for key in lake.keys(f"{RAW.prefix}dt={year}-")}
    prepared = []
    for day in spool.days:
        block, wanted = spool.block(day), day in span
        digest = digest_of(block.records)
        if wanted and day_key(day) in known and is_there(lake, day, digest):
            prepared.append(Prepared(day=day, rows=len(block.records), digest=digest, body=None))
            continue
        parsed = parse(block)
        if parsed.faults:
            bad += parsed.faults
            _bound(bad, span)
            parsed = parsed.without_faults()
        check_unique(day, parsed.block.records)
        if wanted and len(parsed.block.records):
            body = to_parquet(parsed, captured_at=span.captured_at, payload_sha256=payload.sha256)
            spool.path(day).write_bytes(body)
            records = parsed.block.records
            prepared.append(
                Prepared(day=day, rows=len(records), digest=digest_of(records), body=spool.path(day))
            )
    return prepared, bad


def _bound(bad: list[BadLine], span: Span) -> None:
    if len(bad) > span.skip_bad:
        raise min(bad, key=lambda line: line.number)


def _store(lake: Lake, each: Prepared) -> Session:
    if each.body is None:
        return Session(day=each.day, key=day_key(each.day), rows=each.rows, changed=False)
    return store(lake, each.day, each.body.read_bytes(), rows=each.rows, digest=each.digest)
