"""Athena's SQL (Trino) for the embedded stack, whose Athena speaks DuckDB's dialect."""

from __future__ import annotations

from queries.athena import QueryFailed


def to_duckdb(sql: str) -> str:
    """One Trino statement in DuckDB's words.

    Raises:
        QueryFailed: the text is no single Trino statement.
    """
    import sqlglot  # only where there is an embedded stack

    try:
        statements = sqlglot.transpile(sql, read="trino", write="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise QueryFailed(f"not a statement that Athena understands: {str(error).splitlines()[0]}") from None
    if len(statements) != 1:
        raise QueryFailed(f"expected one statement, found {len(statements)}")
    return statements[0]
