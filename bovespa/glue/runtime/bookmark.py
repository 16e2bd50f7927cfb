"""Job bookmarks: which version of which file a job has already processed, per source.

As in AWS Glue ("Tracking processed data using job bookmarks"): state belongs to a job and a
`transformation_ctx`; a run is given the files that are new or were written again since the last run that
reached `Job.commit()`; a run that fails records nothing. A file is told by its key, ETag, size and
modification time, of which 8 bytes of hash are kept. Files that no longer exist are forgotten, so the state
is as long as the listing, never longer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.store import ObjectStore, StoredObject

ENABLE, PAUSE, DISABLE = "job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable"
_FORMAT = 1
_HASH_BYTES = 8


@dataclass(slots=True)
class Bookmark:
    """The bookmark of one job during one run.

    `option` is the value of `--job-bookmark-option`. Raises RuntimeFailure where the state cannot be
    understood.
    """

    store: ObjectStore
    place: Location
    job: str
    option: str = DISABLE
    _committed: dict[str, frozenset[str]] | None = None
    _pending: dict[str, frozenset[str]] = field(default_factory=dict)

    def unprocessed(self, ctx: str, objects: Iterable[StoredObject]) -> list[StoredObject]:
        """Those of `objects` (all that the source has now) which the run has to process."""
        listed = list(objects)
        if self.option not in (ENABLE, PAUSE) or not ctx:
            return listed
        if self._committed is None:
            self._committed = self._load()
        marks = [_mark(item) for item in listed]
        known = self._committed.get(ctx, frozenset())
        self._pending[ctx] = frozenset(marks)
        return [item for item, mark in zip(listed, marks, strict=True) if mark not in known]

    def commit(self) -> None:
        """Record what the run was given. Sources that it did not read keep their state."""
        if self.option != ENABLE or not self._pending:
            return
        sources = {**(self._committed or {}), **self._pending}
        if sources != self._committed:
            self.store.write(self.place, self._document(sources))
        self._committed, self._pending = sources, {}

    def _document(self, sources: dict[str, frozenset[str]]) -> bytes:
        return json.dumps(
            {
                "format": _FORMAT,
                "job": self.job,
                "sources": {ctx: "".join(sorted(marks)) for ctx, marks in sorted(sources.items())},
            }
        ).encode()

    def _load(self) -> dict[str, frozenset[str]]:
        body = self.store.read(self.place)
        if body is None:
            return {}
        width = 2 * _HASH_BYTES
        try:
            document = json.loads(body)
            if document["format"] != _FORMAT:
                raise ValueError(f"format {document['format']}")
            return {
                ctx: frozenset(marks[at : at + width] for at in range(0, len(marks), width))
                for ctx, marks in document["sources"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RuntimeFailure(
                f"the bookmark {self.place} cannot be read ({error}): delete it to process all files again"
            ) from error


def _mark(item: StoredObject) -> str:
    text = f"{item.location}\n{item.version}".encode()
    return hashlib.blake2b(text, digest_size=_HASH_BYTES).hexdigest()
