"""Arrow as AWS's managed pandas layer builds it: snappy and zlib, and no other codec; for tests.

Source: aws-sdk-pandas 3.14.0, ``building/lambda/build-lambda-layer.sh`` (``ARROW_WITH_ZSTD=OFF``, LZ4,
BROTLI and BZ2 too).
"""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
import pytest

CODECS = frozenset({"SNAPPY", "GZIP", "UNCOMPRESSED", "NONE"})


def use_layer_codecs(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on pyarrow refuses parquet of other codecs, as it does on Lambda."""
    write, read, read_table = pq.ParquetWriter.__init__, pq.ParquetFile.read, pq.read_table

    def writer(self: Any, where: Any, schema: Any, *arguments: Any, **options: Any) -> None:
        asked = options.get("compression", "snappy")
        for codec in asked.values() if isinstance(asked, dict) else [asked]:
            _refuse(str(codec).upper())
        write(self, where, schema, *arguments, **options)

    def reader(self: Any, *arguments: Any, **options: Any) -> Any:
        table = read(self, *arguments, **options)  # first: pyarrow aborts on some damaged metadata
        _check(self.metadata)
        return table

    def table(source: Any, *arguments: Any, **options: Any) -> Any:
        _check(pq.read_metadata(source))
        if hasattr(source, "seek"):
            source.seek(0)
        return read_table(source, *arguments, **options)

    monkeypatch.setattr(pq.ParquetWriter, "__init__", writer)
    monkeypatch.setattr(pq.ParquetFile, "read", reader)
    monkeypatch.setattr(pq, "read_table", table)


def _check(metadata: Any) -> None:
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            _refuse(metadata.row_group(group).column(column).compression)


def _refuse(codec: str) -> None:
    if codec not in CODECS:
        raise OSError(f"Support for codec '{codec.lower()}' not built")
