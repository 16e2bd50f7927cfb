"""Which raw objects an S3 event notification tells of.

Source: "Event message structure" in the Amazon S3 user guide; keys arrive URL-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in an event, sorted and without repeats: ours, and those that are none of our business."""

    raw: tuple[str, ...]
    foreign: tuple[str, ...]


def keys_of(event: Mapping[str, Any], *, bucket: str, pattern: str) -> Keys:
    """The objects that were created, by what they are to us.

    Args:
        event: an S3 event of any number of records, or S3's test event (which has none).
        bucket: the lake; records of another bucket are foreign.
        pattern: a regular expression that a raw object's whole key matches.
    """
    ours: set[str] = set()
    foreign: set[str] = set()
    for record in event.get("Records") or []:
        if record.get("eventSource") != "aws:s3":
            foreign.add(str(record.get("eventSource")))
            continue
        key = unquote_plus(record["s3"]["object"]["key"])
        created = str(record.get("eventName", "")).startswith("ObjectCreated:")
        if created and record["s3"]["bucket"]["name"] == bucket and re.fullmatch(pattern, key):
            ours.add(key)
        else:
            foreign.add(key)
    return Keys(raw=tuple(sorted(ours)), foreign=tuple(sorted(foreign)))
