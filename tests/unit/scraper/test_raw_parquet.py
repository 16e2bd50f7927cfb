"""Raw's parquet files: what is written can be read on Lambda, and what is no good is said to be so."""

from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from functions.b3.cotahist.parse import parse
from functions.b3.cotahist.records import RecordFile
from functions.b3.parquet import UnreadableRaw, read_rows, write_parquet
from functions.quotes import raw as quotes
from functions.rebalancing import raw as rebalancing
from functions.scraper import raw as scraper
from tests.cotahist_files import quote, text
from tests.portfolios import CAPTURED

SCHEMA = pa.schema([pa.field("codigo", pa.string(), nullable=False), pa.field("setor", pa.string())])
ROWS = [{"codigo": "PETR4", "setor": None}, {"codigo": "VALE3", "setor": "Mineração"}]
GOOD = write_parquet(pa.Table.from_pylist(ROWS, schema=SCHEMA))


def packed(codec: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS, schema=SCHEMA), sink, compression=codec)
    return sink.getvalue()


ZSTD = packed("zstd")  # while the tests are collected: within one, pyarrow is the layer's


def session() -> bytes:
    (block,) = RecordFile(io.BytesIO(text(quote()))).blocks()
    return quotes.to_parquet(parse(block), captured_at=CAPTURED, payload_sha256="0" * 64)


@pytest.mark.parametrize(
    "write", [lambda: scraper.to_parquet([]), lambda: rebalancing.to_parquet([]), session]
)
def test_what_a_function_writes_has_no_codec_but_snappy(write: Callable[[], bytes]) -> None:
    metadata = pq.read_metadata(io.BytesIO(write()))

    codecs = {
        metadata.row_group(group).column(column).compression
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
    }
    assert codecs <= {"SNAPPY"}


def test_rows_come_back() -> None:
    assert read_rows(GOOD, SCHEMA) == ROWS


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "."),
        (b"rows", "."),
        (GOOD[:-3], "."),
        (GOOD[: len(GOOD) // 2], "."),
        (b"\0" * len(GOOD), "."),
        (GOOD[:4] + b"\xff" * 20 + GOOD[24:], "."),
        (ZSTD, "codec 'zstd' not built"),
        (write_parquet(pa.table({"codigo": ["PETR4"]})), "column setor is missing, not string"),
        (write_parquet(pa.table({"codigo": [1], "setor": ["x"]})), "column codigo is int64, not string"),
        (
            write_parquet(pa.table({"codigo": pa.array([None], pa.string()), "setor": ["x"]})),
            "codigo has 1 nulls",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_so_in_one_line(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableRaw, match=reason) as refusal:
        read_rows(body, SCHEMA)

    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("flip", [0x01, 0x55, 0xFF])
def test_any_single_damage_is_refused_or_harmless(flip: int) -> None:
    refused = 0
    for place in range(len(GOOD)):
        damaged = GOOD[:place] + bytes([GOOD[place] ^ flip]) + GOOD[place + 1 :]
        try:
            assert read_rows(damaged, SCHEMA) == ROWS
        except UnreadableRaw:
            refused += 1
    assert refused > len(GOOD) / 2
