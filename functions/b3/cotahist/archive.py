"""Opens what B3 publishes: a ZIP of one text, or the text itself."""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from functions.b3.errors import UnreadablePayload

MAX_TEXT_BYTES = 4_000_000_000  # unpacked; the largest real year has under 1.5 billion
_ZIP = b"PK"


@contextlib.contextmanager
def open_text(path: Path) -> Iterator[BinaryIO]:
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
        try:
            with zipfile.ZipFile(file) as archive, archive.open(_only_member(archive)) as text:
                yield cast(BinaryIO, text)
        except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError) as error:
            raise UnreadablePayload(f"a damaged ZIP: {error or 'it ends too early'}") from None
        except RuntimeError as error:  # zipfile's word for an encrypted member
            raise UnreadablePayload(f"a ZIP that can't be opened: {error}") from None


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(members) != 1:
        raise UnreadablePayload(f"a ZIP with {len(members)} files, expected one")
    if members[0].file_size > MAX_TEXT_BYTES:
        raise UnreadablePayload(f"{members[0].filename}: {members[0].file_size} bytes unpacked, too large")
    return members[0]
