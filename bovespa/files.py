"""A query's answer as CSV or parquet, for other programs."""

from __future__ import annotations

import contextlib
import csv
import tempfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bovespa.errors import UserError
from lake.athena import Result, Value

if TYPE_CHECKING:
    import pyarrow as pa


def write_csv(result: Result, target: TextIO) -> None:
    """RFC 4180: names, then rows; dates in ISO 8601, decimals with all their digits, nulls empty."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows(result.rows)


def write_parquet(result: Result, path: Path) -> None:
    """One file with the columns' types (decimals stay decimals); it appears whole or not at all.

    Raises:
        UserError: the file can't be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        name: pa.array([row[place] for row in result.rows], type=_type([row[place] for row in result.rows]))
        for place, name in enumerate(result.columns)
    }
    scratch: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            scratch = Path(file.name)
            pq.write_table(pa.table(columns), file, compression="snappy")
        scratch.chmod(0o644)
        scratch.replace(path)
    except OSError as error:
        if scratch is not None:
            with contextlib.suppress(OSError):
                scratch.unlink()
        raise UserError(f"{path}: can't be written: {error.strerror}") from error


def _type(values: Sequence[Value]) -> pa.DataType:
    """The narrowest type that holds a column's values exactly; text where there are none."""
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds == {date}:
        return pa.date32()
    if kinds == {float} or kinds == {float, int}:
        return pa.float64()
    if kinds == {Decimal} or kinds == {Decimal, int}:
        exact = [Decimal(value) for value in values if isinstance(value, (Decimal, int))]
        scale = max(max(0, -int(value.as_tuple().exponent)) for value in exact)
        whole = max(max(1, value.adjusted() + 1) for value in exact)
        return pa.decimal128(min(38, whole + scale), scale)
    return pa.string()
