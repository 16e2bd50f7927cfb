"""Parquet files of raw: written as every reader of them can read them, and read only if whole.

The collectors run on AWS's managed pandas layer, whose Arrow is built with snappy and zlib and without
zstd, LZ4 and Brotli (aws-sdk-pandas, ``building/lambda/build-lambda-layer.sh``).
"""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

CODEC = "snappy"

Row = dict[str, Any]


class UnreadableRaw(Exception):
    """A raw file that is damaged, of other columns, or packed as this Arrow can't unpack."""


def write_parquet(table: pa.Table) -> bytes:
    """The table as one parquet file; the same table gives the same bytes."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression=CODEC, write_page_checksum=True)
    return sink.getvalue()


def read_rows(body: bytes, schema: pa.Schema) -> list[Row]:
    """The rows of a raw file of that schema.

    Raises:
        UnreadableRaw: no parquet, a damaged one, a codec that this Arrow lacks, other columns, or a
            null where the schema has none.
    """
    table = _read(body)
    found = {field.name: field.type for field in table.schema}
    for field in schema:
        if found.get(field.name) != field.type:
            raise UnreadableRaw(
                f"column {field.name} is {found.get(field.name, 'missing')}, not {field.type}"
            )
    table = table.select(schema.names)
    for field, column in zip(schema, table.columns, strict=True):
        if not field.nullable and column.null_count:
            raise UnreadableRaw(f"column {field.name} has {column.null_count} nulls")
    rows: list[Row] = table.to_pylist()
    return rows


def check_readable(body: bytes) -> None:
    """Read all of a raw file, of whatever columns.

    Raises:
        UnreadableRaw: it can't be, or has no rows.
    """
    if not _read(body).num_rows:
        raise UnreadableRaw("no rows")


def _read(body: bytes) -> pa.Table:
    try:
        table = pq.ParquetFile(io.BytesIO(body), page_checksum_verification=True).read()
        table.validate(full=True)
        return table
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        reason = str(error).partition("\n")[0]
        raise UnreadableRaw(reason or type(error).__name__) from None


def read_metadata(tail: bytes) -> dict[bytes, bytes] | None:
    """The key-value metadata in the end of a parquet file; None where there is no readable footer.

    Args:
        tail: the file's last bytes, its whole footer among them.
    """
    try:
        return dict(pq.read_metadata(pa.BufferReader(tail)).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        return None
