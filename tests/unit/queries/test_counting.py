"""Functions that DuckDB has under Trino's names, and counts otherwise."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from bovespa.athena.dialect import to_duckdb


def answer(sql: str) -> Any:
    return duckdb.execute(to_duckdb(f"SELECT {sql}")).fetchall()[0][0]


@pytest.mark.parametrize(
    ("unit", "first", "last", "expected"),
    [
        ("second", "00:00:00.900", "00:00:30.100", 29),
        ("second", "00:00:30.100", "00:00:00.900", -29),
        ("minute", "00:00:59", "00:01:00", 0),
        ("millisecond", "00:00:00.100", "00:00:01.900", 1800),
        ("day", "00:00:00", "23:59:59", 0),
    ],
)
def test_date_diff_counts_whole_units(unit: str, first: str, last: str, expected: int) -> None:
    stamps = ", ".join(f"TIMESTAMP '2025-03-10 {time}'" for time in (first, last))

    assert answer(f"date_diff('{unit}', {stamps})") == expected


def test_a_percentile_of_few_values_is_one_of_them() -> None:
    assert answer("approx_percentile(n, 0.5) FROM UNNEST(SEQUENCE(1, 999)) AS t(n)") == 500
    assert answer("approx_percentile(n, 0.5) FROM UNNEST(SEQUENCE(1, 14)) AS t(n)") == 8
    assert answer("approx_percentile(nullif(n, 1), 0.99) FROM UNNEST(SEQUENCE(1, 14)) AS t(n)") == 14
    assert answer("approx_percentile(nullif(n, 1), 0.5) FROM UNNEST(SEQUENCE(1, 1)) AS t(n)") is None
