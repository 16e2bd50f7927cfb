"""Which statements the embedded Athena takes: those that only read, of tables that the catalogue has.

What AWS's would do and this one can't is refused in a line, and not answered with a success that makes nothing.
DuckDB's own ways to this machine's files are no part of Athena.
"""

from __future__ import annotations

import re

from sqlglot import exp

from bovespa.athena.catalogue import Catalogue
from bovespa.athena.expansion import names_in_scope
from lake.athena import QueryFailed

_CATALOG = "awsdatacatalog"
_PARTITIONS = "$partitions"
_MADE = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:EXTERNAL\s+)?(TABLE|VIEW|DATABASE|SCHEMA)\b", re.IGNORECASE
)
_CHANGES = {
    "ALTER", "CREATE", "DELETE", "DROP", "INSERT", "MERGE", "MSCK", "OPTIMIZE", "TRUNCATE", "UPDATE", "VACUUM",
}  # fmt: skip
_READS = {"SELECT", "WITH", "VALUES", "TABLE", "EXPLAIN", "SHOW", "DESCRIBE", "DESC", "UNLOAD"}
_COMMENT = re.compile(r"\s*(?:--[^\n]*(?:\n|$)|/\*.*?\*/)", re.DOTALL)


def bare(sql: str) -> str:
    """The statement without comments before it."""
    while (comment := _COMMENT.match(sql)) is not None:
        sql = sql[comment.end() :]
    return sql.strip()


def require_reading(sql: str) -> None:
    """Let statements pass that only read.

    Raises:
        QueryFailed: it would change something, or is none of Athena's.
    """
    text = bare(sql)
    word = (re.match(r"\(*\s*(\w*)", text) or [""])[1].upper()
    if not text:
        raise QueryFailed("the statement is empty")
    if word in _CHANGES:
        made = _MADE.match(text)
        what = f"{word} {made[1].upper()}" if made else word
        raise QueryFailed(
            f"the embedded Athena only reads: {what} is refused, and nothing was changed (UNLOAD, or `bovespa query "
            "--parquet FILE`, keeps an answer)"
        )
    if word not in _READS:
        raise QueryFailed(f"not a statement that Athena understands: {word or text[:20]}")


def require_known(statement: exp.Expr, catalogue: Catalogue, database: str) -> None:
    """Let a query pass whose tables the catalogue has; views are resolved already.

    Raises:
        QueryFailed: a table or database isn't there, or is read by what is no table.
    """
    for table in statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise QueryFailed(f"not a table that Athena can read: {table.sql(dialect='trino')[:60]}")
        if not table.db and table.name.lower() in set(names_in_scope(table)):
            continue
        if table.catalog and table.catalog.lower() != _CATALOG:
            raise QueryFailed(f"CATALOG_NOT_FOUND: Catalog '{table.catalog}' does not exist")
        if table.db.lower() == "information_schema":
            raise QueryFailed(
                "the embedded Athena has no information_schema: SHOW TABLES and DESCRIBE tell the same"
            )
        catalogue.table(table.db or database, table.name.removesuffix(_PARTITIONS))
