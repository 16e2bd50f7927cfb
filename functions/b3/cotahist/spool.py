"""A file's records by session, kept on disk until the whole file is known to be good."""

from __future__ import annotations

import tempfile
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from functions.b3.cotahist.errors import BadLine
from functions.b3.cotahist.layout import RECORD_BYTES, SESSION, TICKER
from functions.b3.cotahist.records import Block

_LINE = 8  # bytes of a line's number, behind its record


class Spool:
    """A scratch folder with one file of records a session, in whatever order the sessions came.

    Use as a context manager: the folder goes at the end. It takes as much disk as the file's text.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cotahist-", dir=parent)
        self._files: dict[date, BinaryIO] = {}

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()
        self._folder.cleanup()

    @property
    def days(self) -> list[date]:
        """The sessions, in order."""
        return sorted(self._files)

    def path(self, day: date) -> Path:
        """Where what a session becomes may be kept meanwhile."""
        return Path(self._folder.name, f"{day.isoformat()}.parquet")

    def add(self, block: Block) -> list[BadLine]:
        """Keep a block, each record with its session; those whose session is no date are not kept, but returned."""
        texts = np.ascontiguousarray(block.records[:, SESSION]).view(f"S{SESSION.stop - SESSION.start}")[:, 0]
        starts = [0, *(np.flatnonzero(texts[1:] != texts[:-1]) + 1).tolist(), len(texts)]
        lines = block.lines.astype("<i8")[:, None].view(np.uint8)
        bad: list[BadLine] = []
        for start, end in pairwise(starts):
            text = block.records[start, SESSION].tobytes().decode("latin-1")
            try:
                day = date(int(text[:4]), int(text[4:6]), int(text[6:])) if text.isdecimal() else None
            except ValueError:
                day = None
            if day is None or day.year < 1900:
                bad += [_dateless(block, row, text) for row in range(start, end)]
            else:
                self._file(day).write(np.hstack([block.records[start:end], lines[start:end]]).data)
        return bad

    def block(self, day: date) -> Block:
        """The session's records in the order of their bytes, so by CODBDI and ticker."""
        file = self._files[day]
        file.seek(0)
        kept = np.frombuffer(file.read(), np.uint8).reshape(-1, RECORD_BYTES + _LINE)
        records = np.ascontiguousarray(kept[:, :RECORD_BYTES])
        order = np.argsort(records.view(f"S{RECORD_BYTES}")[:, 0], kind="stable")
        lines = np.ascontiguousarray(kept[:, RECORD_BYTES:]).view("<i8")[:, 0]
        return Block(records[order], lines[order])

    def _file(self, day: date) -> BinaryIO:
        if day not in self._files:
            path = Path(self._folder.name, day.isoformat())
            self._files[day] = path.open("w+b")
        return self._files[day]


def _dateless(block: Block, row: int, text: str) -> BadLine:
    ticker = block.records[row, TICKER].tobytes().decode("latin-1").strip()
    reason = f"data_pregao is {text!r}, expected a date (YYYYMMDD)"
    return BadLine(int(block.lines[row]), reason, record=ticker)
