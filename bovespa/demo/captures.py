"""Captured pages to replay: from a folder, or the sample that ships with the project.

A replay has a clock of its own. The sample states when each page was captured; a folder's files don't,
so the clock of each is set to 18:00 in São Paulo on the session that the page is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

from bovespa.local.errors import LocalError
from bovespa.stand_ins.b3_site import B3Site, Reply
from functions.b3.clock import SAO_PAULO
from functions.b3.documents import index_in, read_document
from functions.b3.errors import B3Error

SAMPLE = Path(__file__).resolve().parent / "sample"
_CLOSE = time(18, 0)
Kind = Literal["page", "download", "error"]
_SUFFIXES: dict[str, Kind] = {".json": "page", ".csv": "download", ".html": "error", ".htm": "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One page as captured: what to replay, for which index, and the replay's clock.

    ``session`` is the date in it, None where it can't be read; ``captured_at`` is then None too, and
    the scraper uses its own clock.
    """

    name: str
    kind: Kind
    body: bytes
    indice: str
    language: str
    session: date | None
    captured_at: datetime | None

    def show_on(self, site: B3Site) -> None:
        """Make the stand-in answer as B3 did at the capture."""
        site.clear()
        if self.kind == "page":
            site.show_page(self.indice, self.body)
        elif self.kind == "download":
            site.show_download(self.indice, self.body)
        else:
            site.show_to_all(Reply(status=520, body=self.body, content_type="text/html"))


def read_folder(folder: Path, *, may_have_none: bool = False) -> list[Capture]:
    """The response bodies (.json), downloads (.csv) and error pages (.html) of a folder, in date order.

    Args:
        folder: where they are.
        may_have_none: there is something else to replay in it.

    Raises:
        LocalError: no such folder, or nothing in it to replay.
    """
    if not folder.is_dir():
        raise LocalError(f"{folder}: no such folder")
    files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _SUFFIXES and path.is_file()]
    if not files and not may_have_none:
        raise LocalError(f"{folder}: no .json, .csv or .html files, and no COTAHIST files, to replay")
    captures = [_read(path.name, path.read_bytes()) for path in files]
    return sorted(captures, key=lambda capture: (capture.session or _date_in(capture.name), capture.name))


def read_sample() -> list[Capture]:
    """The sessions that ship with the project, in the order in which they were captured."""
    entries = json.loads((SAMPLE / "captures.json").read_text(encoding="utf-8"))
    return [
        _read(
            entry["file"],
            (SAMPLE / entry["file"]).read_bytes(),
            captured_at=datetime.fromisoformat(entry["captured_at"]),
        )
        for entry in entries
    ]


def indices_of(captures: Sequence[Capture]) -> list[str]:
    """Every index that is replayed, IBOV first."""
    return sorted({capture.indice for capture in captures}, key=lambda indice: (indice != "IBOV", indice))


def _read(name: str, body: bytes, *, captured_at: datetime | None = None) -> Capture:
    indice, language, session = index_in(name) or "IBOV", "pt-br", None
    try:
        portfolio = read_document(body, name=name, indice=None if index_in(name) else "IBOV")
    except B3Error:
        pass  # the scraper is to meet it, and to say so
    else:
        indice, language, session = portfolio.indice, portfolio.language, portfolio.data_pregao
    if captured_at is None and session is not None:
        captured_at = datetime.combine(session, _CLOSE, SAO_PAULO)
    return Capture(
        name=name,
        kind=_SUFFIXES[Path(name).suffix.lower()],
        body=body,
        indice=indice,
        language=language,
        session=session,
        captured_at=captured_at.astimezone(UTC) if captured_at else None,
    )


def _date_in(name: str) -> date:
    """A date in a file's name, for the order of what can't be read; far in the future without one."""
    if match := re.search(r"(20\d\d)-(\d\d)-(\d\d)", name):
        year, month, day = (int(part) for part in match.groups())
    elif match := re.search(r"(\d\d)-(\d\d)-(\d\d)(?!\d)", name):
        day, month, year = (int(part) for part in match.groups())
        year += 2000
    else:
        return date.max
    try:
        return date(year, month, day)
    except ValueError:
        return date.max
