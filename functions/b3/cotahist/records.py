"""A COTAHIST file as blocks of whole records: every line's length and type checked on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import numpy.typing as npt

from functions.b3.cotahist.archive import Stream
from functions.b3.cotahist.errors import BadLine
from functions.b3.cotahist.layout import (
    HEADER,
    HEADER_DATE,
    HEADER_NAME,
    HEADER_ORIGIN,
    QUOTE,
    RECORD_BYTES,
    TRAILER,
    TRAILER_COUNT,
)
from functions.b3.errors import CheckFailed, UnreadablePayload

Bytes = npt.NDArray[np.uint8]

BLOCK_RECORDS = 16_384  # about 4 MB
# Which bytes are control characters in latin-1.
_CONTROL = np.array([byte < 0x20 or 0x7F <= byte < 0xA0 for byte in range(256)])
_PADDING = b"\r\n\x1a"  # what files of some ages have after the trailer,
_MOST_PADDING = 4096  # at most so many bytes of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """``name`` is ``COTAHIST.2016``, ``origin`` ``BOVESPA``, ``generated_on`` the day B3 made the file."""

    name: str
    origin: str
    generated_on: date


@dataclass(frozen=True, slots=True)
class Block:
    """Quotes of a file: ``records`` is (n, 245) bytes, ``lines`` the number of each one's line, from 1."""

    records: Bytes
    lines: npt.NDArray[np.int64]


class RecordFile:
    """Reads a COTAHIST file from a binary stream, once, in memory that doesn't grow with the file.

    ``header`` is there from the start; ``records`` (the number of records, header and trailer
    included) and the check of the trailer once :meth:`blocks` has ended.

    Raises:
        UnreadablePayload: the stream doesn't begin as a COTAHIST file does.
        BadLine: the header breaks the layout.
    """

    header: Header
    records: int

    def __init__(self, stream: Stream, *, block_records: int = BLOCK_RECORDS) -> None:
        self._stream = stream
        self._block_records = block_records
        first = _read(self._stream, RECORD_BYTES + 1)
        if len(first) < RECORD_BYTES or first[:2] != HEADER:
            raise UnreadablePayload(f"expected a COTAHIST header (00COTAHIST…), found {_shown(first[:40])}")
        self._eol = b"\n"
        if first.endswith(b"\r"):
            self._eol = b"\r" + self._stream.read(1)
        cut = any(_CONTROL[byte] for byte in first[:RECORD_BYTES])
        if cut or self._eol not in (b"\n", b"\r\n") or not first.endswith(self._eol[:1]):
            raise BadLine(1, _length(first))
        self.header = _header(first[:RECORD_BYTES])
        self.records = 1

    def blocks(self) -> Iterator[Block]:
        """The quotes, in the order of the file.

        Raises:
            BadLine: a line of another length, an unknown record type, a control character.
            CheckFailed: the trailer is missing, or states another number of records than there are.
        """
        width = RECORD_BYTES + len(self._eol)
        wanted, ahead, ended = width * self._block_records, b"", False
        while True:
            if not ended:
                ahead += _read(self._stream, wanted + _MOST_PADDING - len(ahead))
                ended = len(ahead) < wanted + _MOST_PADDING
                if ended and (ahead := ahead.rstrip(_PADDING)):
                    ahead += self._eol
            data, ahead = ahead[:wanted], ahead[wanted:]
            last = ended and not ahead
            lines = self._lines(data, width)
            quotes, trailer = self._quotes(lines)
            if len(quotes):
                yield Block(quotes, self.records + 1 + np.arange(len(quotes)))
                self.records += len(quotes)
            if trailer is not None:
                self.records += 1
                if len(lines) > len(quotes) + 1 or not last:
                    raise BadLine(self.records + 1, "a line after the trailer")
                self._check_trailer(trailer)
                return
            if last:
                raise CheckFailed(
                    "has_trailer", expected="a last line that begins with 99", found="none: the file is cut"
                )

    def _lines(self, data: bytes, width: int) -> Bytes:
        whole = len(data) // width
        lines = np.frombuffer(data, np.uint8, whole * width).reshape(whole, width)
        ends = lines[:, RECORD_BYTES:].view(f"<u{len(self._eol)}")[:, 0]
        misplaced = ends != int.from_bytes(self._eol, "little")
        controls = np.count_nonzero(_CONTROL[lines]) != whole * len(self._eol)
        if misplaced.any() or len(data) != whole * width:
            row = int(np.argmax(misplaced)) if misplaced.any() else whole
            raise BadLine(self.records + 1 + row, _length(data[row * width :]))
        if controls:
            row = int(np.argmax(_CONTROL[lines[:, :RECORD_BYTES]].any(axis=1)))
            raise BadLine(self.records + 1 + row, "a control character inside of the record")
        return lines[:, :RECORD_BYTES]

    def _quotes(self, lines: Bytes) -> tuple[Bytes, bytes | None]:
        """The quotes up to the trailer, and the trailer if it is among the lines."""
        kinds = lines[:, : len(QUOTE)].view("<u2")[:, 0]
        others = np.flatnonzero(kinds != int.from_bytes(QUOTE, "little"))
        if not len(others):
            return lines, None
        row = int(others[0])
        if (kind := lines[row, :2].tobytes()) != TRAILER:
            raise BadLine(
                self.records + 1 + row,
                f"record type {_shown(kind)}, expected 01 (a quote) or 99 (the trailer)",
            )
        return lines[:row], lines[row].tobytes()

    def _check_trailer(self, trailer: bytes) -> None:
        stated = trailer[TRAILER_COUNT]
        if not stated.isdigit():
            raise BadLine(self.records, f"the trailer's record count is {_shown(stated)}")
        if int(stated) != self.records:
            raise CheckFailed(
                "record_count", expected=f"{int(stated)} (the trailer's)", found=f"{self.records} lines"
            )
        if (name := trailer[HEADER_NAME].decode("latin-1").strip()) != self.header.name:
            raise CheckFailed("trailer_name", expected=f"{self.header.name} (the header's)", found=name)


def _header(record: bytes) -> Header:
    text = record.decode("latin-1")
    try:
        generated_on = datetime.strptime(text[HEADER_DATE], "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        raise BadLine(1, f"the header's date is {text[HEADER_DATE]!r}") from None
    name = text[HEADER_NAME].strip()
    if not name.startswith("COTAHIST."):
        raise UnreadablePayload(f"expected a header named COTAHIST.YYYY, found {name!r}")
    return Header(name=name, origin=text[HEADER_ORIGIN].strip(), generated_on=generated_on)


def _read(stream: Stream, size: int) -> bytes:
    """``size`` bytes, or what is left; a raw stream may give less at a time."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _length(data: bytes) -> str:
    """Says how long the line at the start of ``data`` is."""
    line, end, _ = data[: 4 * RECORD_BYTES].partition(b"\n")
    size = len(line.removesuffix(b"\r"))
    if not end and size > RECORD_BYTES:
        return f"over {RECORD_BYTES} bytes, expected {RECORD_BYTES}"
    return f"{size} bytes, expected {RECORD_BYTES}"


def _shown(data: bytes) -> str:
    return repr(data.decode("latin-1"))
