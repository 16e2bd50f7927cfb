"""Job bookmarks: which version of which file a job has already processed, per source.

As AWS Glue documents them. State belongs to a job and a `transformation_ctx`. A run gets the files that were
modified since the last run that reached `Job.commit()`; a run that fails records nothing ("Tracking processed data
using job bookmarks"). Files modified in the last `maxBand` before a run are told apart by a list, since S3 could have
shown them late; a run takes `maxFilesInBand` of them, and what is beyond waits for the next run ("Connection types and
options", S3). So a file whose time of modification lies before the band is never seen again, even if it is new.

A file is identified by its key, ETag, size and modification time, of which 8 bytes of hash are kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.store import StoredObject

ENABLE, PAUSE, DISABLE = "job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable"
_FORMAT = 2
_HASH_BYTES = 8
_WIDTH = 2 * _HASH_BYTES


class StateStore(Protocol):
    """Where the state is kept."""

    def read(self, location: Location) -> bytes | None:
        """The object's bytes, or None where there is no such object."""

    def write(self, location: Location, body: bytes) -> None:
        """Replace the object as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A source's `maxBand` and `maxFilesInBand`, with AWS's defaults."""

    length: timedelta = timedelta(milliseconds=900_000)
    files: int = 1000

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Band:
        """The band that a source's connection options ask for (`maxBand` in milliseconds).

        Raises:
            RuntimeFailure: one is no number.
        """
        try:
            return cls(
                length=timedelta(milliseconds=int(options.get("maxBand", 900_000))),
                files=int(options.get("maxFilesInBand", 1000)),
            )
        except (TypeError, ValueError) as error:
            raise RuntimeFailure(f"maxBand and maxFilesInBand are whole numbers: {error}") from error


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a source's last run left: all up to `since` is processed, and of what is later the marks."""

    since: datetime
    marks: frozenset[str]


_NOTHING = _Seen(datetime.min.replace(tzinfo=UTC), frozenset())


@dataclass(slots=True)
class Bookmark:
    """The bookmark of one job during one run, which began at `now`.

    `option` is the value of `--job-bookmark-option`. Every method raises RuntimeFailure where the state cannot be
    understood.
    """

    store: StateStore
    place: Location
    job: str
    option: str = DISABLE
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _committed: dict[str, _Seen] | None = None
    _pending: dict[str, _Seen] = field(default_factory=dict)

    def unprocessed(
        self, ctx: str, objects: Iterable[StoredObject], band: Band = Band()
    ) -> list[StoredObject]:
        """Those of `objects` (all that the source has now) which the run has to process."""
        listed = list(objects)
        if self.option not in (ENABLE, PAUSE) or not ctx:
            return listed
        if self._committed is None:
            self._committed = self._load()
        last = self._committed.get(ctx, _NOTHING)
        since = self.now - band.length
        kept = {mark for item in listed if item.modified > since and (mark := _mark(item)) in last.marks}
        room, wanted, marks = band.files, [], set(kept)
        for item in sorted(listed, key=lambda item: (item.modified, item.location)):
            mark = _mark(item)
            if item.modified <= last.since or mark in last.marks:
                continue
            if item.modified > since:
                if room <= 0:
                    continue  # waits for the next run
                room -= 1
                marks.add(mark)
            wanted.append(item)
        self._pending[ctx] = _Seen(since, frozenset(marks))
        return wanted

    def commit(self) -> None:
        """Record what the run was given. Sources that it did not read keep their state."""
        if self.option != ENABLE or not self._pending:
            return
        sources = {**(self._committed or {}), **self._pending}
        self.store.write(self.place, self._document(sources))
        self._committed, self._pending = sources, {}

    def _document(self, sources: Mapping[str, _Seen]) -> bytes:
        written = {
            ctx: {"since": seen.since.isoformat(), "marks": "".join(sorted(seen.marks))}
            for ctx, seen in sorted(sources.items())
        }
        return json.dumps({"format": _FORMAT, "job": self.job, "sources": written}).encode()

    def _load(self) -> dict[str, _Seen]:
        body = self.store.read(self.place)
        if body is None:
            return {}
        try:
            document = json.loads(body)
            if document["format"] != _FORMAT:
                raise ValueError(f"format {document['format']}")
            return {ctx: _seen(source) for ctx, source in document["sources"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RuntimeFailure(
                f"the bookmark {self.place} cannot be read ({error}): delete it to process all files again"
            ) from error


def _seen(source: Mapping[str, str]) -> _Seen:
    marks = source["marks"]
    cut = frozenset(marks[at : at + _WIDTH] for at in range(0, len(marks), _WIDTH))
    return _Seen(datetime.fromisoformat(source["since"]), cut)


def _mark(item: StoredObject) -> str:
    text = f"{item.location}\n{item.version}".encode()
    return hashlib.blake2b(text, digest_size=_HASH_BYTES).hexdigest()
