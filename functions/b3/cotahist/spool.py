"""A checked file's records by session, kept on disk until the whole file is known to be good."""

from __future__ import annotations

import tempfile
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from functions.b3.cotahist.digits import Bytes
from functions.b3.cotahist.layout import RECORD_BYTES, SESSION
from functions.b3.cotahist.records import Block


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

    def add(self, block: Block) -> None:
        """Keep a block whose dates were checked."""
        texts = np.ascontiguousarray(block.records[:, SESSION]).view(f"S{SESSION.stop - SESSION.start}")[:, 0]
        starts = [0, *(np.flatnonzero(texts[1:] != texts[:-1]) + 1).tolist(), len(texts)]
        for start, end in pairwise(starts):
            self._file(texts[start].decode()).write(np.ascontiguousarray(block.records[start:end]).data)

    def records(self, day: date) -> Bytes:
        """(n, 245): the session's records in the order of their bytes, so by CODBDI and ticker."""
        file = self._files[day]
        file.seek(0)
        lines = np.frombuffer(file.read(), f"S{RECORD_BYTES}")
        return np.sort(lines).view(np.uint8).reshape(-1, RECORD_BYTES)

    def _file(self, text: str) -> BinaryIO:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        if day not in self._files:
            path = Path(self._folder.name, day.isoformat())
            self._files[day] = path.open("w+b")
        return self._files[day]
