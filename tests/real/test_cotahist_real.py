"""B3's own file of 4 January 2016, as far as its publisher left it."""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bovespa.directory_s3 import DirectoryS3
from functions.b3.cotahist.client import Payload
from functions.b3.cotahist.layout import NUMBERS, TEXTS, TRAILER_COUNT
from functions.b3.cotahist.period import of_name
from functions.b3.errors import CheckFailed
from functions.b3.lake import Lake
from functions.quotes.collect import Span, take
from tests.cotahist_files import batches

ROOT = Path(os.environ.get("BOVESPA_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
CAPTURED = ROOT / "b3" / "COTAHIST_D04012016.TXT"
DAY = date(2016, 1, 4)

pytestmark = pytest.mark.skipif(not CAPTURED.exists(), reason=f"the captured file is not at {CAPTURED}")


def completed() -> bytes:
    """The file with the trailer that the lines left in it deserve."""
    lines = CAPTURED.read_bytes().splitlines(keepends=True)
    last = bytearray(lines[-1])
    last[TRAILER_COUNT] = b"%011d" % len(lines)
    return b"".join([*lines[:-1], last])


def test_the_file_as_published_is_refused_because_it_was_cut() -> None:
    with pytest.raises(CheckFailed, match=r"record_count failed: expected 1745 .*, found 506 lines"):
        list(batches(io.BytesIO(CAPTURED.read_bytes())))


def test_every_field_is_what_pythons_own_slices_say() -> None:
    table = pa.Table.from_batches(batches(io.BytesIO(completed())))
    table.validate(full=True)
    rows = table.to_pylist()
    lines = [line.decode("latin-1") for line in completed().splitlines()[1:-1]]
    assert len(rows) == len(lines) == 504
    for row, line in zip(rows, lines, strict=True):
        for text in TEXTS:
            assert (row[text.column] or "") == line[text.start : text.end].rstrip()
        for field in NUMBERS:
            digits, found = line[field.start : field.end], row[field.column]
            if field.column in ("data_pregao", "data_vencimento"):
                assert (f"{found:%Y%m%d}" if found else "99991231") == digits
            elif field.quoted:
                assert found == Decimal(digits) / 100 / int(line[210:217])
            else:
                assert found == Decimal(digits).scaleb(-(field.decimals or 0))


def test_the_session_reaches_raw_with_all_its_markets(tmp_path: Path) -> None:
    path = tmp_path / CAPTURED.name
    path.write_bytes(completed())
    file = Payload(name=path.name, url="", path=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    lake = Lake(DirectoryS3(tmp_path), "lake")
    taken = take(file, of_name(path.name), lake, Span(captured_at=datetime.now(UTC)))
    assert [(stored.day, stored.rows) for stored in taken.sessions] == [(DAY, 504)]
    raw = pq.read_table(tmp_path / "lake" / taken.sessions[0].key, partitioning=None).to_pylist()
    assert Counter(row["tipo_mercado"] for row in raw) == {
        "010": 86, "020": 59, "030": 35, "070": 193, "080": 131,
    }  # fmt: skip
    (cheap,) = (row for row in raw if row["fator_cotacao"] == 1000)
    assert (cheap["codigo"], cheap["preco_medio"]) == ("CBEE3", Decimal("0.00087"))
    stated = sum(Decimal(line[170:188].decode()) / 100 for line in completed().splitlines()[1:-1])
    assert sum(row["vl_negociado"] for row in raw) == stated
