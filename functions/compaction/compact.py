"""Compacts a day in steps that a reader who drops duplicates never notices, and that can stop anywhere.

1. List the day's files. 2. Athena writes each market's rows, sorted and without duplicates, outside the table.
3. They are copied into the table, under names made of a digest of the listing: rows are double for a while,
never missing. 4. Athena counts what was published, through the table, against the day before it. 5. A note
lists what was replaced. 6. A later run, when no query can still be reading them, deletes exactly those files.

A run that dies between two steps leaves a day that reads the same, and the next run begins it again. A file
that arrives meanwhile is in no listing, so it is not deleted; the next run takes it in.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from functions.compaction.athena import Athena
from functions.compaction.objects import Bucket, Pending, Stored
from functions.compaction.sql import totals_of_day, totals_of_files, unload
from lake.tables.bitcoin_trades import (
    STAGING_PREFIX,
    Market,
    compacted_key,
    compacted_prefix,
    day_prefix,
    staging_prefix,
)

# Athena ends a query after 30 minutes (Amazon Athena, "Service Quotas").
GRACE = timedelta(hours=1)


class NotEqual(Exception):
    """What was published doesn't hold exactly the day's rows; nothing was deleted."""


class TargetMissing(Exception):
    """A compacted file is gone; the files that it replaces are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What a run did to a day: numbers of files."""

    day: date
    sources: int
    targets: int


def compact(bucket: Bucket, athena: Athena, day: date, now: datetime) -> Compacted | None:
    """Publish the day's compacted files; None where nothing is new.

    Raises:
        NotEqual: the published rows are not the day's; rows that arrived meanwhile do that, and a retry ends it.
        QueryFailed: Athena refused a statement.
        UnexpectedMarket: the table holds a name that is none of ours.
    """
    files = bucket.list(day_prefix(day))
    replaced = {key for note in bucket.pending() if note.day == day for key in note.sources}
    compacted = compacted_prefix(day)
    if not [file for file in files if file.key not in replaced and not file.key.startswith(compacted)]:
        return None
    expected = athena.rows(totals_of_day(day))
    targets = _publish(
        bucket, athena, day, [Market(str(row[0]), str(row[1])) for row in expected], _digest(files)
    )
    published = athena.rows(totals_of_files(day, [bucket.address(key) for key in targets]))
    if published != expected:
        raise NotEqual(f"{day}: published {published}, expected {expected}")
    sources = tuple(file.key for file in files)
    bucket.note(Pending(day=day, published_at=now, sources=sources, targets=targets))
    return Compacted(day=day, sources=len(sources), targets=len(targets))


def clean(bucket: Bucket, now: datetime) -> int:
    """Delete what was replaced long enough ago; the number of files.

    Raises:
        TargetMissing: a note names a compacted file that is not there.
        DeletionFailed: S3 kept files; the note stays, for the next run.
    """
    removed = 0
    for note in bucket.pending():
        if now - note.published_at < GRACE:
            continue
        there = {file.key for file in bucket.list(compacted_prefix(note.day))}
        if missing := set(note.targets) - there:
            raise TargetMissing(
                f"{sorted(missing)[0]} is gone; kept the {len(note.sources)} files it replaces"
            )
        bucket.delete(note.sources)
        bucket.forget(note)
        removed += len(note.sources)
    return removed


def _publish(
    bucket: Bucket, athena: Athena, day: date, markets: list[Market], digest: str
) -> tuple[str, ...]:
    run = uuid.uuid4().hex  # UNLOAD wants an empty place
    staged = {market: staging_prefix(day, run, market) for market in markets}
    athena.run_all([unload(day, market, bucket.address(place)) for market, place in staged.items()])
    targets = []
    for market, place in staged.items():
        for part, file in enumerate(bucket.list(place)):
            targets.append(compacted_key(day, market, digest, part))
            bucket.copy(file.key, targets[-1])
    bucket.delete(file.key for file in bucket.list(f"{STAGING_PREFIX}dt={day.isoformat()}/{run}/"))
    return tuple(targets)


def _digest(files: list[Stored]) -> str:
    listing = "\n".join(f"{file.key} {file.etag}" for file in files)
    return hashlib.sha256(listing.encode()).hexdigest()[:16]
