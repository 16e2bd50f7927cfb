"""Where a file's content goes: payloads as received, quarantine, the raw sessions, and finished batches."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from functions.b3.cotahist.client import Payload
from functions.b3.cotahist.digits import Bytes
from functions.b3.cotahist.period import Period
from functions.quotes.objects import Objects
from functions.quotes.raw import FOOTER_BYTES, digest_in, digest_of, to_parquet
from lake.tables.negociacao import day_key

BATCH_PREFIX = "lotes/negociacao/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of a session: its object, its rows, and whether it was written."""

    day: date
    key: str
    rows: int
    changed: bool


class Lake:
    """The lake, seen by the market-data path."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def archive(self, payload: Payload, *, captured_at: datetime) -> str:
        """Keep the bytes as received, gzipped; the key names their SHA-256. Returns the key."""
        key = f"payloads/negociacao/{captured_at:%Y/%m/%d}/{payload.name}-{payload.sha256}.gz"
        with tempfile.TemporaryFile() as scratch:
            with payload.path.open("rb") as body, gzip.GzipFile("", "wb", 1, scratch, mtime=0) as packed:
                shutil.copyfileobj(body, packed, 1 << 20)
            scratch.seek(0)
            self._objects.put(key, scratch)
        return key

    def quarantine(self, payload: Payload, reason: str, *, captured_at: datetime) -> str:
        """Keep refused bytes beside the reason, for a person to look at. Returns the bytes' key."""
        key = f"quarantine/negociacao/{captured_at:%Y/%m/%d}/{payload.name}-{payload.sha256}"
        note = {"reason": reason, "url": payload.url, "captured_at": captured_at.isoformat()}
        with payload.path.open("rb") as body:
            self._objects.put(key, body)
        self._objects.put(f"{key}.reason.json", json.dumps(note, ensure_ascii=False, indent=1).encode())
        return key

    def store(self, day: date, records: Bytes, *, captured_at: datetime, payload_sha256: str) -> Stored:
        """Write a session's records, sorted; nothing is written where they are there already.

        Raises:
            ReplacedMeanwhile: another run wrote the same session; running again heals it.
        """
        key = day_key(day)
        there = self._objects.tail(key, FOOTER_BYTES)
        changed = there is None or digest_in(there.body) != digest_of(records)
        if changed:
            body = to_parquet(records, captured_at=captured_at, payload_sha256=payload_sha256)
            self._objects.replace(key, body, version=there.version if there else None)
        return Stored(day=day, key=key, rows=len(records), changed=changed)

    def announce(
        self,
        payload: Payload,
        period: Period,
        sessions: Sequence[Stored],
        *,
        captured_at: datetime,
        whole: bool,
    ) -> str | None:
        """Say that a file's sessions are in raw: one object a file, whose event starts one run of the job.

        Returns its key; None where this very file was announced before and changed nothing now. A run
        that ended between storing and announcing is healed by the next.
        """
        part = "" if whole else f"-{sessions[0].day}-{sessions[-1].day}"
        key = f"{BATCH_PREFIX}{period.stem}-{payload.sha256}{part}.json"
        changed = any(stored.changed for stored in sessions)
        if not changed and self._objects.tail(key, 1) is not None:
            return None
        batch = {
            "arquivo": payload.name,
            "url": payload.url,
            "payload_sha256": payload.sha256,
            "coletado_em": captured_at.isoformat(),
            "sessoes": len(sessions),
            "primeira": sessions[0].day.isoformat(),
            "ultima": sessions[-1].day.isoformat(),
            "registros": sum(stored.rows for stored in sessions),
        }
        self._objects.put(key, json.dumps(batch, ensure_ascii=False, indent=1).encode())
        return key

    def is_finished(self, period: Period) -> bool:
        """Whether a file of that period was once taken whole."""
        pattern = re.compile(re.escape(f"{BATCH_PREFIX}{period.stem}-") + r"[0-9a-f]{64}\.json")
        return any(pattern.fullmatch(key) for key in self._objects.keys(f"{BATCH_PREFIX}{period.stem}-"))
