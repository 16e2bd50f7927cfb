"""Athena's SQL (Trino) for the embedded stack, whose Athena speaks DuckDB's dialect."""

from __future__ import annotations

from functools import lru_cache

from lake.athena import QueryFailed


@lru_cache(maxsize=64)
def to_duckdb(sql: str) -> str:
    """One Trino statement in DuckDB's words, with Athena's views and its exact division of decimals.

    The saved queries are asked again and again, and a long one takes a tenth of a second.

    Raises:
        QueryFailed: the text is no single Trino statement.
    """
    import sqlglot  # only where there is an embedded stack

    from bovespa.athena.counting import count_as_trino
    from bovespa.athena.decimal_division import divide_exactly
    from bovespa.athena.expansion import expand_names

    try:
        statements = sqlglot.parse(sql, read="trino")
    except sqlglot.errors.SqlglotError as error:
        raise QueryFailed(f"not a statement that Athena understands: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or statements[0] is None:
        raise QueryFailed(f"expected one statement, found {len(statements)}")
    return count_as_trino(divide_exactly(expand_names(statements[0]))).sql(dialect="duckdb")
