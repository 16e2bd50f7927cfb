"""Small partitioned parquet targets: Spark writes one file, and this divides it into Hive's folders.

Spark's own partitioned writer runs `chmod` in a process of its own for every file and folder on a local
file system (Hadoop without its native library does), which takes most of a small job's time.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bovespa.glue.runtime.location import partition_folder

CODECS = {"": "none", "snappy": "snappy", "gzip": "gzip", "zstd": "zstd"}
_SUFFIX = {"": "", "snappy": ".snappy", "gzip": ".gz", "zstd": ".zstd"}


def split(files: Iterable[Path], target: Path, *, keys: Sequence[tuple[str, str]], codec: str) -> None:
    """Divide parquet files by the values of string columns into `target/key=value/…/part-….parquet`.

    `keys` are (name of the folder's key, column with its text), outermost first; those columns leave the
    files. `codec` is one of CODECS. Memory: one file of `files` at a time.
    """
    writing = uuid.uuid4()
    columns = [column for _, column in keys]
    for number, path in enumerate(sorted(files)):
        with pq.ParquetFile(path) as file:  # pq.read_table would import pandas, a second and a half
            table = file.read().replace_schema_metadata(None)
        table = table.sort_by([(column, "ascending") for column in columns])
        data = table.drop_columns(columns)
        for index, (values, start, count) in enumerate(_runs(table, columns)):
            folder = target / partition_folder(dict(zip((name for name, _ in keys), values, strict=True)))
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(
                data.slice(start, count),
                folder / f"part-{number:05d}-{writing}.c{index:03d}{_SUFFIX[codec]}.parquet",
                compression=CODECS[codec],
                store_schema=False,
                store_decimal_as_integer=True,
            )


def _runs(table: pa.Table, columns: Sequence[str]) -> Iterator[tuple[tuple[str | None, ...], int, int]]:
    """Stretches of equal values in a sorted table: the values, the first row, the number of rows."""
    start = 0
    rows = zip(*(table[column].to_pylist() for column in columns), strict=True)
    for values, stretch in itertools.groupby(rows):
        count = sum(1 for _ in stretch)
        yield values, start, count
        start += count
