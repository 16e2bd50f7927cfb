"""Where a file's content goes: the raw sessions, and the batches that say that a file is done."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from functions.b3.cotahist.client import Payload
from functions.b3.cotahist.period import Period
from functions.b3.lake import Found, Lake
from functions.quotes.raw import FOOTER_BYTES, read_digest
from lake.tables.negociacao import day_key

DATASET = "negociacao"
BATCH_PREFIX = "lotes/negociacao/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What became of a session: its object, its rows, and whether it was written.

    ``healed`` says that what was there could not be read and was replaced; the bucket keeps it as an old
    version.
    """

    day: date
    key: str
    rows: int
    changed: bool
    healed: bool = False


def is_there(lake: Lake, day: date, digest: str) -> bool:
    """Whether a session's object holds just those records."""
    found = lake.read(day_key(day), last=FOOTER_BYTES)
    return found is not None and read_digest(found.body) == digest


def store(lake: Lake, day: date, body: bytes, *, rows: int, digest: str) -> Session:
    """Write a session's object; nothing is written where its records are there already.

    Raises:
        ReplacedMeanwhile: other runs kept writing the same session; running again heals it.
    """
    key = day_key(day)
    changed = healed = False

    def change(found: Found | None) -> bytes | None:
        nonlocal changed, healed
        there = read_digest(found.body) if found else None
        changed = there != digest
        healed = found is not None and there is None
        return body if changed else None

    lake.update(key, change, last=FOOTER_BYTES)
    return Session(day=day, key=key, rows=rows, changed=changed, healed=healed)


def announce(
    lake: Lake,
    payload: Payload,
    period: Period,
    sessions: Sequence[Session],
    *,
    captured_at: datetime,
    whole: bool,
) -> str | None:
    """Say that a file's sessions are in raw: one object a file, whose event starts one run of the job.

    A run that ended between storing and announcing is healed by the next.

    Returns:
        Its key; None where this very file was announced before and changed nothing now.
    """
    part = "" if whole else f"-{sessions[0].day}-{sessions[-1].day}"
    key = f"{BATCH_PREFIX}{period.stem}-{payload.sha256}{part}.json"
    changed = any(session.changed for session in sessions)
    if not changed and lake.read(key, last=1) is not None:
        return None
    batch = {
        "arquivo": payload.name,
        "url": payload.url,
        "payload_sha256": payload.sha256,
        "coletado_em": captured_at.isoformat(),
        "sessoes": len(sessions),
        "primeira": sessions[0].day.isoformat(),
        "ultima": sessions[-1].day.isoformat(),
        "registros": sum(session.rows for session in sessions),
    }
    lake.put(key, json.dumps(batch, ensure_ascii=False, indent=1).encode())
    return key


def is_finished(lake: Lake, period: Period) -> bool:
    """Whether a file of that period was once taken whole."""
    prefix = f"{BATCH_PREFIX}{period.stem}-"
    pattern = re.compile(re.escape(prefix) + r"[0-9a-f]{64}\.json")
    return any(pattern.fullmatch(key) for key in lake.keys(prefix))
