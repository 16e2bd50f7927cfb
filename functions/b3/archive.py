"""ZIPs as B3 and its users make them, with one error for whatever is wrong with one."""

from __future__ import annotations

import contextlib
import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO

from functions.b3.errors import UnreadablePayload

# What zipfile and the unpackers behind it raise on damaged bytes. RuntimeError is its word for an encrypted member.
_DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError,
    NotImplementedError, RuntimeError, ValueError, OverflowError, LookupError, TypeError, MemoryError,
)  # fmt: skip
_LONGEST_REASON = 200  # zipfile quotes a member's name, of whatever length a damaged header gives it
_LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


@contextlib.contextmanager
def damage(what: str = "ZIP") -> Iterator[None]:
    """Whatever is raised on account of an archive's bytes inside of the block, as one error.

    Raises:
        UnreadablePayload: says what the archive's reader complained of.
    """
    try:
        yield
    except _DAMAGE as error:
        raise UnreadablePayload(f"a damaged {what}: {_reason(error)}") from None
    except OSError as error:
        # A seek to where a damaged directory points (EINVAL), or bz2's complaint, which has no number. A
        # full or failing disk is another matter.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise UnreadablePayload(f"a damaged {what}: {_reason(error)}") from None


def open_zip(file: IO[bytes], what: str = "ZIP") -> zipfile.ZipFile:
    """The archive.

    Raises:
        UnreadablePayload: it isn't one.
    """
    with damage(what):
        return zipfile.ZipFile(file)


def entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in a ZIP, without what a Mac or Windows adds to it."""
    return [
        entry
        for entry in archive.infolist()
        if not entry.filename.endswith("/") and not _is_litter(entry.filename)
    ]


class Member:
    """A file in a ZIP as a stream; reading damaged bytes raises :class:`UnreadablePayload`."""

    def __init__(self, stream: IO[bytes] | BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        with damage():
            return self._stream.read(size)


def _is_litter(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1].lower() in _LITTER


def _reason(error: BaseException) -> str:
    said = str(error) or ("it ends too early" if isinstance(error, EOFError) else type(error).__name__)
    return said if len(said) <= _LONGEST_REASON else f"{said[: _LONGEST_REASON - 1]}…"
