"""Files that are damaged or strange: refused whole and quarantined, or read all the same."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest

from functions.b3.cotahist.period import of_day
from functions.b3.errors import B3Error
from functions.b3.lake import Lake
from functions.quotes.collect import Span, take
from tests.cotahist_files import quote, text, zipped
from tests.unit.cotahist.taking import DAY, GOOD, NOW, QUOTES, keys, payload

TRUNCATED = zipped(GOOD)[:-40]


HALF = zipped(GOOD)[: len(zipped(GOOD)) // 2]


FLIPPED = bytearray(zipped(GOOD))


FLIPPED[len(FLIPPED) // 3] ^= 0xFF


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (TRUNCATED, "a damaged ZIP"),
        (HALF, "a damaged ZIP"),
        (bytes(FLIPPED), "damaged ZIP|expected a COTAHIST header|line"),
        (b"PK\x03\x04" + b"\x00" * 500, "a damaged ZIP"),
        (b"<!DOCTYPE html><html>Web server is returning an unknown error</html>", "expected a COTAHIST header"),
        (b"", "expected a COTAHIST header"),
        (GOOD.replace(b"00000000008", b"00000000009"), r"record_count failed: expected 9 .*, found 8 lines"),
        (GOOD.replace(QUOTES[1], QUOTES[1][:-1]), r"line 3: 244 bytes, expected 245"),
        (GOOD.replace(QUOTES[2], b"05" + QUOTES[2][2:]), r"line 4: record type '05'"),
        (text(*QUOTES, *QUOTES), r"unique_quotes \(.* on 2016-01-04\) failed: .*found 6 repeated"),
        (text(*QUOTES, quote(data="20160105", codneg="X")), r"session_in_period failed.*found 2016-01-05"),
        (text(), "has_quotes failed"),
        (text(*QUOTES, year=2015), "header_name failed: expected COTAHIST.2016, found COTAHIST.2015"),
        (text(*QUOTES, generated_on=date(2016, 1, 3)), "generated_after_last_session failed"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_whole_and_quarantined(
    tmp_path: Path, root: Path, lake: Lake, body: bytes, reason: str
) -> None:
    file = payload(tmp_path, body)
    with pytest.raises(B3Error, match=reason) as caught:
        take(file, of_day(DAY), lake, Span(captured_at=NOW))
    quarantined = f"quarantine/negociacao/2026/01/05/COTAHIST_D04012016.ZIP-{file.sha256}"
    assert keys(root) == [
        f"payloads/negociacao/2026/01/05/COTAHIST_D04012016.ZIP-{file.sha256}.gz",
        quarantined,
        f"{quarantined}.reason.json",
    ]
    assert (root / quarantined).read_bytes() == body
    assert json.loads((root / f"{quarantined}.reason.json").read_text())["reason"] == str(caught.value)


@pytest.mark.parametrize("end", [b"\x1a", b"\r\n\r\n", b"\n\x1a", b"\r\n" * 40 + b"\x1a"])
@pytest.mark.parametrize("block", [1, 3, 7, 16_384])
def test_what_old_files_have_after_the_trailer_is_nothing(
    tmp_path: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch, end: bytes, block: int
) -> None:
    defaults = {"block_records": block}
    monkeypatch.setattr("functions.b3.cotahist.records.RecordFile.__init__.__kwdefaults__", defaults)
    assert take(payload(tmp_path, GOOD + end), of_day(DAY), lake, Span(captured_at=NOW)).quotes == len(QUOTES)


@pytest.mark.parametrize("end", [b"x", b"\x1ax", b"\r\n" + QUOTES[0] + b"\r\n", b"\r\n" * 5000 + b"x"])
def test_anything_else_after_the_trailer_is_refused(tmp_path: Path, lake: Lake, end: bytes) -> None:
    with pytest.raises(B3Error, match=r"line \d+: "):
        take(payload(tmp_path, GOOD + end), of_day(DAY), lake, Span(captured_at=NOW))


def test_a_zip_made_on_a_mac_or_on_windows_is_read(tmp_path: Path, lake: Lake) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in ("__MACOSX/._COTAHIST.A2016", "._COTAHIST.A2016", ".DS_Store", "x/Thumbs.db"):
            archive.writestr(name, b"litter")
        archive.writestr("pasta/COTAHIST.A2016", GOOD)
    assert take(payload(tmp_path, sink.getvalue()), of_day(DAY), lake, Span(captured_at=NOW)).quotes == len(
        QUOTES
    )


@pytest.mark.parametrize("byte", [b"\x9b", b"\x7f", b"\x1b", b"\x00"])
def test_a_control_character_is_refused(tmp_path: Path, lake: Lake, byte: bytes) -> None:
    record = QUOTES[0][:30] + byte + QUOTES[0][31:]
    with pytest.raises(B3Error, match="line 2: a control character"):
        take(payload(tmp_path, text(record)), of_day(DAY), lake, Span(captured_at=NOW))


def test_a_zip_of_two_files_is_refused(tmp_path: Path, lake: Lake) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.txt", GOOD)
        archive.writestr("b.txt", GOOD)
    with pytest.raises(B3Error, match="a ZIP with 2 files, expected one"):
        take(payload(tmp_path, sink.getvalue()), of_day(DAY), lake, Span(captured_at=NOW))
