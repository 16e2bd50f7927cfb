"""Lines, lengths, record types, header and trailer; every error names its line."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pytest

from functions.b3.cotahist.errors import BadLine
from functions.b3.cotahist.records import RecordFile
from functions.b3.errors import CheckFailed, UnreadablePayload
from tests.cotahist_files import header, quote, text, trailer

QUOTES = [quote(codneg=f"ABCD{n}") for n in range(1, 8)]


def read(content: bytes, block_records: int = 3) -> tuple[RecordFile, list[tuple[int, list[bytes]]]]:
    file = RecordFile(io.BytesIO(content), block_records=block_records)
    return file, [
        (int(block.lines[0]), [bytes(row) for row in np.ascontiguousarray(block.records)])
        for block in file.blocks()
    ]


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 100])
def test_every_quote_comes_once_whatever_the_block_size(eol: bytes, size: int) -> None:
    file, blocks = read(text(*QUOTES, eol=eol), size)
    assert [record for _, records in blocks for record in records] == QUOTES
    assert [line for line, _ in blocks] == list(range(2, 2 + len(QUOTES), size))
    assert file.records == len(QUOTES) + 2
    assert file.header.name == "COTAHIST.2016"
    assert file.header.origin == "BOVESPA"
    assert file.header.generated_on == date(2016, 1, 4)


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"])
def test_the_last_line_may_go_without_its_end(eol: bytes) -> None:
    _, blocks = read(text(*QUOTES, eol=eol).removesuffix(eol))
    assert sum(len(records) for _, records in blocks) == len(QUOTES)


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"])
@pytest.mark.parametrize("line", [2, 4, 5, 8])
@pytest.mark.parametrize(("cut", "said"), [(slice(0, 244), "244 bytes"), (slice(0, 0), "0 bytes")])
def test_a_short_line_is_named(eol: bytes, line: int, cut: slice, said: str) -> None:
    lines = text(*QUOTES, eol=eol).split(eol)
    lines[line - 1] = lines[line - 1][cut]
    with pytest.raises(BadLine, match=f"line {line}: {said}, expected 245") as caught:
        read(eol.join(lines))
    assert caught.value.number == line


@pytest.mark.parametrize("eol", [b"\r\n", b"\n"])
def test_a_long_line_is_named(eol: bytes) -> None:
    lines = text(*QUOTES, eol=eol).split(eol)
    lines[5] += b" "
    with pytest.raises(BadLine, match=r"line 6: (246|over 245) bytes, expected 245"):
        read(eol.join(lines))


def test_line_ends_may_not_change_in_the_middle() -> None:
    with pytest.raises(BadLine, match="line 4"):
        read(text(*QUOTES).replace(QUOTES[2] + b"\r\n", QUOTES[2] + b"\n"))


@pytest.mark.parametrize("kind", [b"02", b"00", b"  ", b"1\xe1"])
def test_an_unknown_record_type_is_named(kind: bytes) -> None:
    strange = kind + QUOTES[0][2:]
    with pytest.raises(BadLine, match=r"line 6: record type .*, expected 01"):
        read(text(*QUOTES[:4], strange, *QUOTES[4:]))


def test_a_control_character_inside_of_a_record_is_named() -> None:
    with pytest.raises(BadLine, match="line 3: a control character"):
        read(text(QUOTES[0], QUOTES[1].replace(b"PETROBRAS", b"PETRO\x00RAS")))


@pytest.mark.parametrize("stated", [8, 10, 0])
def test_a_trailer_with_another_count_is_refused(stated: int) -> None:
    wrong = b"\r\n".join([header(), *QUOTES, trailer(stated), b""])
    with pytest.raises(
        CheckFailed, match=f"record_count failed: expected {stated} .*found 9 lines"
    ) as caught:
        read(wrong)
    assert caught.value.check == "record_count"


def test_a_file_without_its_trailer_is_cut() -> None:
    with pytest.raises(CheckFailed, match=r"has_trailer failed.*the file is cut"):
        read(b"\r\n".join([header(), *QUOTES, b""]))


def test_a_trailer_of_another_file_is_refused() -> None:
    other = b"\r\n".join([header(), *QUOTES, trailer(9, year=2017), b""])
    with pytest.raises(CheckFailed, match=r"trailer_name.*expected COTAHIST.2016.*found COTAHIST.2017"):
        read(other)


@pytest.mark.parametrize("size", [3, 7, 8, 100])
def test_nothing_may_follow_the_trailer(size: int) -> None:
    with pytest.raises(BadLine, match="line 10: a line after the trailer"):
        read(text(*QUOTES) + QUOTES[0] + b"\r\n", size)


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html>", b"\x1f\x8b" * 200, QUOTES[0] + b"\r\n"])
def test_something_else_is_no_cotahist_file(content: bytes) -> None:
    with pytest.raises(UnreadablePayload, match="expected a COTAHIST header"):
        read(content)


@pytest.mark.parametrize("size", [243, 244, 246])
def test_a_header_of_another_length_is_named(size: int) -> None:
    with pytest.raises(BadLine, match="line 1: "):
        read(header().ljust(246)[:size] + b"\r\n" + QUOTES[0] + b"\r\n" + trailer(3) + b"\r\n")


def test_a_header_without_a_date_is_refused() -> None:
    with pytest.raises(BadLine, match="line 1: the header's date is '20161304'"):
        read(text(*QUOTES).replace(b"BOVESPA 20160104", b"BOVESPA 20161304", 1))
