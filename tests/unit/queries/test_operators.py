"""Types as Trino heeds them: what may be compared, and what a division of whole numbers and decimals is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bovespa.athena.catalogue import Catalogue
from bovespa.athena.dialect import to_duckdb
from lake.athena import QueryFailed
from lake.saved_queries import saved_queries, stream_queries
from lake.tables import bitcoin_trades, carteira_teorica, refined_tables
from lake.tables.column import Table
from tests import duck


def in_glue(table: Table) -> dict[str, Any]:
    return {
        "Name": table.name,
        "StorageDescriptor": {"Columns": [{"Name": n, "Type": t} for n, t in table.types()]},
        "PartitionKeys": [{"Name": n, "Type": t} for n, t in table.key_types()],
    }


LAKE = Catalogue(
    tables={
        "default": {
            table.name: in_glue(table)
            for table in (*refined_tables(), carteira_teorica.RAW, bitcoin_trades.TRADES)
        }
    }
)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT 1 FROM carteira WHERE data_pregao = '2025-09-01'", "date = varchar(10)"),
        ("SELECT 1 FROM carteira AS c WHERE '2025-09-01' <= c.data_pregao", "varchar(10) <= date"),
        ("SELECT 1 FROM carteira WHERE participacao > '1'", "decimal(9,3) > varchar(1)"),
        ("SELECT 1 FROM carteira WHERE codigo <> 4", "varchar <> integer"),
        ("SELECT 1 FROM carteira WHERE coletado_em = '2025'", "timestamp(3) = varchar(4)"),
        ("SELECT DATE '2025-09-01' = CAST(1 AS varchar)", "date = varchar"),
        ("WITH a AS (SELECT max(data_pregao) AS d FROM carteira) SELECT 1 FROM a WHERE d = '2025'", "date = varchar(4)"),
        ("SELECT 1 FROM carteira_setor AS s JOIN carteira AS c ON s.papeis = c.codigo", "integer = varchar"),
        ("SELECT 1 FROM carteira AS c JOIN carteira_teorica AS t ON c.data_pregao = t.dt", "date = varchar"),
    ],
)  # fmt: skip
def test_what_trino_does_not_compare_is_refused(sql: str, reason: str) -> None:
    with pytest.raises(QueryFailed) as refused:
        to_duckdb(sql, LAKE)

    assert str(refused.value) == f"TYPE_MISMATCH: Cannot apply operator: {reason}"


def test_spans_and_lists_are_comparisons_too() -> None:
    between = "SELECT 1 FROM carteira WHERE data_pregao BETWEEN '2025-09-01' AND '2025-09-02'"
    with pytest.raises(
        QueryFailed, match=r"Cannot check if date is BETWEEN varchar\(10\) and varchar\(10\)$"
    ):
        to_duckdb(between, LAKE)
    with pytest.raises(QueryFailed, match="IN value and list items must be the same type: date, varchar"):
        to_duckdb("SELECT 1 FROM carteira WHERE data_pregao IN (DATE '2025-09-01', '2025-09-02')", LAKE)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM carteira WHERE data_pregao = DATE '2025-09-01' AND codigo = 'PETR4' AND participacao > 1",
        "SELECT 1 FROM carteira WHERE data_pregao = CAST('2025-09-01' AS date)",
        "SELECT 1 FROM carteira WHERE CAST(data_pregao AS varchar) LIKE '2025-%'",
        "SELECT 1 FROM carteira WHERE data_pregao = date('2025-09-01') AND date_format(data_pregao, '%Y') = '2025'",
        "SELECT 1 FROM carteira WHERE coletado_em > data_pregao AND inicio_vigencia IN (NULL, current_date)",
        "SELECT 1 FROM carteira WHERE year(data_pregao) = 2025 AND date_trunc('month', data_pregao) = DATE '2025-09-01'",
        "SELECT 1 FROM (VALUES ('2025-09-01')) AS t(d) WHERE d = '2025-09-01'",
        "SELECT from_iso8601_date('2025-09-01') = DATE '2025-09-01'",
    ],
)
def test_what_trino_compares_is_let_through(sql: str) -> None:
    assert to_duckdb(sql, LAKE)


@pytest.mark.parametrize("name", [query.name for query in (*saved_queries(), *stream_queries())])
def test_the_saved_queries_are_let_through(name: str) -> None:
    (query,) = (found for found in (*saved_queries(), *stream_queries()) if found.name == name)

    assert to_duckdb(query.sql, LAKE)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("n / 2", 3),
        ("7 / 2e0", 3.5),
        ("d / 3", Decimal("3.334")),  # the larger scale of the two, a half away from zero
        ("10 / d", Decimal("1.000")),
        ("d / e", Decimal("6.667")),
    ],
)
def test_divisions_are_trinos(sql: str, expected: object) -> None:
    table = {
        "Name": "t",
        "StorageDescriptor": {
            "Columns": [
                {"Name": "n", "Type": "bigint"},
                {"Name": "d", "Type": "decimal(9,3)"},
                {"Name": "e", "Type": "decimal(5,2)"},
            ]
        },
    }
    with duck.connection() as engine:
        engine.execute(
            "CREATE TEMP TABLE t AS SELECT 7::bigint AS n, 10.001::decimal(9,3) AS d, 1.5::decimal(5,2) AS e"
        )
        statement = to_duckdb(f"SELECT {sql} AS q FROM t", Catalogue(tables={"default": {"t": table}}))
        ((found,),) = engine.execute(statement).fetchall()

    assert found == expected
    assert type(found) is type(expected)
