"""What the embedded Athena does not do, it says, in place of a success or an answer of another kind."""

from __future__ import annotations

import duckdb
import pytest

from bovespa.athena.catalogue import Catalogue
from bovespa.athena.dialect import to_duckdb
from lake.athena import QueryFailed
from tests import duck
from tests.unit.queries.test_operators import LAKE


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("CREATE TABLE x AS SELECT 1 AS a", "only reads: CREATE TABLE is refused, and nothing was changed"),
        ("create or replace view x as select 1", "only reads: CREATE VIEW is refused"),
        ("CREATE EXTERNAL TABLE x (a int) LOCATION 's3://a/'", "only reads: CREATE TABLE is refused"),
        ("-- please\n/* do */ DROP TABLE carteira", "only reads: DROP is refused"),
        ("INSERT INTO carteira SELECT * FROM carteira", "only reads: INSERT is refused"),
        ("DELETE FROM carteira", "only reads: DELETE is refused"),
        ("ALTER TABLE carteira SET TBLPROPERTIES ('a' = 'b')", "only reads: ALTER is refused"),
        ("MSCK REPAIR TABLE carteira", "only reads: MSCK is refused"),
        ("COPY (SELECT 1) TO '/tmp/x'", "not a statement that Athena understands: COPY"),
        ("PRAGMA version", "not a statement that Athena understands: PRAGMA"),
        ("SHOW TABLES", "not a query: SHOW TABLES"),
        ("SELECT 1; DROP TABLE carteira", "expected one statement, found 2"),
        ("  -- nothing\n", "the statement is empty|expected one statement, found 0"),
        ("SELECT * FROM read_csv('/etc/passwd')", "not a table that Athena can read: READ_CSV"),
        ("SELECT * FROM '/etc/passwd'", "Table 'awsdatacatalog.default./etc/passwd' does not exist"),
        ("SELECT * FROM information_schema.tables", "no information_schema: SHOW TABLES and DESCRIBE"),
        ("SELECT * FROM nada", "TABLE_NOT_FOUND: Table 'awsdatacatalog.default.nada' does not exist"),
        ("SELECT * FROM nada.carteira", "SCHEMA_NOT_FOUND: Schema 'nada' does not exist"),
        ("SELECT * FROM nada.default.carteira", "CATALOG_NOT_FOUND: Catalog 'nada' does not exist"),
        ("SELECT * FROM (SELECT * FROM nada) AS t", "TABLE_NOT_FOUND"),
        ("SELECT format('%1$s', 'a')", "format\\(\\) knows %s, %d"),
        ("SELECT format('%s %s', 'a')", "Invalid format string: %s %s: too few values"),
    ],
)
def test_a_statement_is_refused_in_a_line(sql: str, reason: str) -> None:
    with pytest.raises(QueryFailed, match=reason) as refused:
        to_duckdb(sql, LAKE)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM carteira",
        "SELECT count(*) FROM default.carteira;",
        'SELECT count(*) FROM "awsdatacatalog"."default"."CARTEIRA"',
        "WITH nada AS (SELECT 1 AS a) SELECT * FROM nada",
        "SELECT * FROM UNNEST(sequence(1, 3)) AS t(n)",
        'SELECT * FROM "carteira$partitions"',
        "SELECT * FROM negociacao_continua",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "TABLE carteira",
    ],
)
def test_queries_are_not(sql: str) -> None:
    assert to_duckdb(sql, LAKE)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT count(*), 1 AS um, 2 + 2 FROM UNNEST(sequence(1, 3)) AS t(n)", ["_col0", "um", "_col2"]),
        ("SELECT n FROM UNNEST(sequence(1, 3)) AS t(n)", ["n"]),
        ("SELECT 1 UNION ALL SELECT 2", ["_col0"]),
        ("VALUES (1, 'a'), (2, 'b')", ["_col0", "_col1"]),
    ],
)
def test_columns_without_a_name_have_trinos(sql: str, names: list[str]) -> None:
    with duck.connection() as engine:
        found = engine.execute(to_duckdb(sql, Catalogue()))

        assert [column[0] for column in found.description or ()] == names


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("format('%.2f', 1.234e0)", "1.23"),
        ("format('%,d', 1234567)", "1,234,567"),
        ("format('%s-%s', 'a', 1)", "a-1"),
        ("format('%05d %%', 12)", "00012 %"),
    ],
)
def test_format_takes_javas_text(sql: str, expected: str) -> None:
    assert duckdb.execute(to_duckdb(f"SELECT {sql}")).fetchall() == [(expected,)]
