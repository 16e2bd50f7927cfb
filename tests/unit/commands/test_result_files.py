"""A query's answer as CSV and parquet: nothing is rounded, nothing is half-written."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bovespa.errors import UserError
from bovespa.files import write_csv, write_parquet
from lake.athena import Result, Value

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20)


def answer(**columns: Sequence[Value]) -> Result:
    return Result(columns=tuple(columns), rows=tuple(zip(*columns.values(), strict=True)), scanned_bytes=None)


@given(st.lists(st.one_of(st.none(), NUMBERS), min_size=1, max_size=20))
def test_decimals_come_back_exactly(numbers: list[Decimal | None]) -> None:
    text = io.StringIO()
    write_csv(answer(n=list(range(len(numbers))), peso=numbers), text)
    text.seek(0)

    assert [Decimal(row["peso"]) if row["peso"] else None for row in csv.DictReader(text)] == numbers


def test_parquet_has_the_columns_types(tmp_path: Path) -> None:
    file = tmp_path / "answer.parquet"

    write_parquet(
        answer(
            codigo=["A", None],
            dia=[date(2025, 9, 3), None],
            n=[1, 2],
            peso=[Decimal("1.5"), Decimal("100")],
            nada=[None, None],
        ),
        file,
    )

    table = pq.read_table(file)
    assert [str(field.type) for field in table.schema] == [
        "string",
        "date32[day]",
        "int64",
        "decimal128(4, 1)",
        "string",
    ]
    assert table["peso"].to_pylist() == [Decimal("1.5"), Decimal("100.0")]


def test_a_folder_that_is_not_there_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be written: No such file"):
        write_parquet(answer(n=[1]), tmp_path / "missing" / "answer.parquet")

    assert list(tmp_path.iterdir()) == []
