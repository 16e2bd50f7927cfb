"""What an invocation is asked to do: the event of a capture, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.b3.notation import NOTATIONS
from lake.indices import INDEX


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one invocation is to do."""

    indices: tuple[str, ...]
    language: str
    captured_at: datetime


def read_request(event: Mapping[str, Any], *, default_indices: str, now: datetime) -> Request:
    """The request in an event.

    Raises:
        ValueError: an index, language or time that isn't one.
    """
    indices = tuple(event.get("indices") or default_indices.split(","))
    for indice in indices:
        if not isinstance(indice, str) or not INDEX.fullmatch(indice):
            raise ValueError(f"not an index code: {indice!r}")
    language = event.get("language", "pt-br")
    if language not in NOTATIONS:
        raise ValueError(f"language must be one of {', '.join(NOTATIONS)}, not {language!r}")
    captured_at = datetime.fromisoformat(event["captured_at"]) if "captured_at" in event else now
    if captured_at.tzinfo is None:
        raise ValueError(f"captured_at needs a time zone: {event['captured_at']}")
    return Request(indices=indices, language=language, captured_at=captured_at.astimezone(UTC))
