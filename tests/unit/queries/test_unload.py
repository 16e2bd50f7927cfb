"""What the embedded Athena makes of an UNLOAD, and of ``"$path"``."""

from __future__ import annotations

from datetime import date

import pytest

from bovespa.athena.engine import path_beside
from bovespa.athena.unload import Unload, is_unload, read_unload
from functions.compaction.sql import unload
from lake.athena import QueryFailed
from lake.tables.bitcoin_trades import Market

_TO = "TO 's3://trades/staging/' WITH (format = 'PARQUET')"


def test_the_compactions_own_statement_is_understood() -> None:
    statement = unload(date(2025, 3, 10), Market("binance", "BTC-USDT"), "s3://trades/staging/x/")

    found = read_unload(statement)

    assert is_unload(statement)
    assert (found.bucket, found.prefix, found.codec) == ("trades", "staging/x/", "zstd")
    assert found.select.startswith("SELECT * FROM (")
    assert found.select.endswith("ORDER BY traded_at, trade_id")


def test_without_a_compression_it_is_gzip_as_athenas() -> None:
    assert read_unload(f"unload (SELECT ')' AS a) {_TO};") == Unload(
        select="SELECT ')' AS a", bucket="trades", prefix="staging/", codec="gzip"
    )


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (f"UNLOAD SELECT 1 {_TO}", "expected UNLOAD"),
        ("UNLOAD (SELECT 1) TO 'staging/' WITH (format = 'PARQUET')", "expected UNLOAD"),
        (f"UNLOAD (SELECT 1) {_TO} x", "expected UNLOAD"),
        ("UNLOAD (SELECT 1) TO 's3://t/x/' WITH (format = 'ORC')", "and nothing else"),
        ("UNLOAD (SELECT 1) TO 's3://t/x/' WITH (compression = 'ZSTD')", "and nothing else"),
        (
            "UNLOAD (SELECT 1) TO 's3://t/x/' WITH (format = 'PARQUET', compression = 'LZ4')",
            "and nothing else",
        ),
        ("UNLOAD (SELECT 1) TO 's3://t/x/' WITH (format = 'PARQUET', a = 'b')", "and nothing else"),
        ("UNLOAD (SELECT 1) TO 's3://t/x/' WITH (format = PARQUET)", "not an option of UNLOAD"),
    ],
)
def test_what_it_cannot_do_is_refused_in_a_line(statement: str, reason: str) -> None:
    with pytest.raises(QueryFailed, match=reason) as refused:
        read_unload(statement)
    assert "\n" not in str(refused.value)


def test_other_statements_are_none() -> None:
    assert not is_unload("SELECT 'UNLOAD (SELECT 1)'")


def test_the_address_of_a_row_is_under_its_tables_location() -> None:
    relation = "read_parquet(['/tmp/ministack-athena-ab_c/dt=2025-03-10/a'], union_by_name = true)"

    found = path_beside(relation, "s3://trades/bitcoin/trades/")

    length = len("/tmp/ministack-athena-ab_c/")
    assert f"'s3://trades/bitcoin/trades/' || substr(filename, {length + 1}) AS \"$path\"" in found
    assert "union_by_name = true, filename = true)" in found


@pytest.mark.parametrize("relation", ["read_csv(['/tmp/ministack-athena-a/x'])", "read_parquet(['/tmp/x'])"])
def test_addresses_of_other_files_are_not_known(relation: str) -> None:
    with pytest.raises(QueryFailed, match='"\\$path"'):
        path_beside(relation, "s3://trades/x/")
