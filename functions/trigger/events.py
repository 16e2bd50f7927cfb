"""Which raw objects an S3 event notification names.

Source: "Event message structure" in the Amazon S3 user guide; keys arrive URL-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus


class UnreadableEvent(ValueError):
    """An event that says it is S3's and isn't built as S3's are; the message names the part."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in an event, sorted and without repeats: ours, and those that are none of our business."""

    raw: tuple[str, ...]
    foreign: tuple[str, ...]


def keys_of(event: object, *, bucket: str, pattern: str) -> Keys:
    """The objects that were created, by what they are to us.

    Args:
        event: an S3 event of any number of records, or S3's test event (which has none).
        bucket: the lake; records of another bucket are foreign.
        pattern: a regular expression that a raw object's whole key matches.

    Raises:
        UnreadableEvent: the event, or a record of S3's in it, is of another form.
    """
    ours: set[str] = set()
    foreign: set[str] = set()
    for place, record in enumerate(_records(event)):
        where = f"Records[{place}]"
        if not isinstance(record, Mapping):
            raise UnreadableEvent(f"{where} is {_shown(record)}, expected an object")
        if record.get("eventSource") != "aws:s3":
            foreign.add(str(record.get("eventSource")))
            continue
        key = unquote_plus(_text(record, where, "s3", "object", "key"))
        created = str(record.get("eventName", "")).startswith("ObjectCreated:")
        if created and _text(record, where, "s3", "bucket", "name") == bucket and re.fullmatch(pattern, key):
            ours.add(key)
        else:
            foreign.add(key)
    return Keys(raw=tuple(sorted(ours)), foreign=tuple(sorted(foreign)))


def _records(event: object) -> list[Any]:
    if not isinstance(event, Mapping):
        raise UnreadableEvent(f"the event is {_shown(event)}, expected an object")
    records = event.get("Records") or []
    if not isinstance(records, list):
        raise UnreadableEvent(f"Records is {_shown(records)}, expected a list")
    return records


def _text(record: Mapping[str, Any], where: str, *path: str) -> str:
    found: Any = record
    for name in path:
        where = f"{where}.{name}"
        if not isinstance(found, Mapping) or name not in found:
            raise UnreadableEvent(f"{where} is missing")
        found = found[name]
    if not isinstance(found, str):
        raise UnreadableEvent(f"{where} is {_shown(found)}, expected text")
    return found


def _shown(value: object) -> str:
    return ascii(value)[:60]
