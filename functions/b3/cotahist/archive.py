"""Opens what B3 publishes: a ZIP of one text, or the text itself."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from functions.b3.archive import Member, damage, entries, open_zip
from functions.b3.errors import UnreadablePayload

MAX_TEXT_BYTES = 4_000_000_000  # unpacked; the largest real year has under 1.5 billion
_ZIP = b"PK"


class Stream(Protocol):
    """What is read of a file: bytes, in order."""

    def read(self, size: int = -1, /) -> bytes: ...


@contextlib.contextmanager
def open_text(path: Path) -> Iterator[Stream]:
    """The text of a COTAHIST file as a stream; a ZIP is unpacked on the way.

    Raises:
        UnreadablePayload: a damaged ZIP (also while it is read), or one that holds anything but one file.
    """
    with path.open("rb") as file:
        magic = file.read(2)
        file.seek(0)
        if magic != _ZIP:
            yield file
            return
        with open_zip(file) as archive:
            entry = _only_member(archive)
            with damage():
                text = archive.open(entry)
            with text:
                yield Member(text)


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = entries(archive)
    if len(members) != 1:
        raise UnreadablePayload(f"a ZIP with {len(members)} files, expected one")
    if members[0].file_size > MAX_TEXT_BYTES:
        raise UnreadablePayload(f"{members[0].filename!r}: {members[0].file_size} bytes unpacked, too large")
    return members[0]
