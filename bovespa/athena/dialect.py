"""Athena's SQL (Trino) for the embedded stack, whose Athena speaks DuckDB's dialect."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from lake.athena import QueryFailed

if TYPE_CHECKING:
    from sqlglot import exp

    from bovespa.athena.catalogue import Catalogue


def to_duckdb(sql: str, catalogue: Catalogue | None = None, database: str = "default") -> str:
    """One query of Trino's in DuckDB's words, with Athena's views, names of columns, and types where they matter.

    Args:
        sql: the query.
        catalogue: what its tables are looked up in; without one, none is.
        database: where names without one are looked for.

    Raises:
        QueryFailed: the text is no single query, or one that Athena would refuse.
    """
    return _translated(sql, None, database) if catalogue is None else _translate(sql, catalogue, database)


def _translate(sql: str, catalogue: Catalogue | None, database: str) -> str:
    import sqlglot  # only where there is an embedded stack

    from bovespa.athena.admission import require_known, require_reading
    from bovespa.athena.catalogue import columns, keys
    from bovespa.athena.counting import count_as_trino
    from bovespa.athena.decimal_division import divide_exactly
    from bovespa.athena.expansion import expand_names
    from bovespa.athena.operators import heed_types

    try:
        statements = sqlglot.parse(sql, read="trino")
    except sqlglot.errors.SqlglotError as error:
        require_reading(sql)
        raise QueryFailed(f"not a statement that Athena understands: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or statements[0] is None:
        raise QueryFailed(f"expected one statement, found {len([s for s in statements if s is not None])}")
    require_reading(sql)
    if not isinstance(statements[0], (sqlglot.exp.Query, sqlglot.exp.Values)):
        raise QueryFailed(f"not a query: {' '.join(sql.split())[:60]}")
    statement = expand_names(statements[0])
    if catalogue is not None:
        require_known(statement, catalogue, database)
    schema = {
        name: {
            table: {column["Name"]: column["Type"] for column in (*columns(found), *keys(found))}
            for table, found in tables.items()
        }
        for name, tables in (catalogue.tables if catalogue is not None else {}).items()
    }
    typed = heed_types(_named(statement), schema, database)
    return count_as_trino(divide_exactly(typed)).sql(dialect="duckdb")


# Saved queries are asked again and again, a tenth of a second each.
_translated = lru_cache(maxsize=64)(_translate)


def _named(statement: exp.Expr) -> exp.Expr:
    """The statement whose nameless columns have Trino's names for them. The argument is changed."""
    from sqlglot import exp

    query = statement
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    if isinstance(query, exp.Values):
        first = query.expressions[0]
        names = [f"_col{place}" for place in range(len(first.expressions) or 1)]
        return exp.select("*").from_(exp.values(query.expressions, alias="t", columns=names))
    if isinstance(query, exp.Select) and not query.is_star:
        for place, column in enumerate(query.expressions):
            if not isinstance(column, (exp.Alias, exp.Column)):
                column.replace(exp.alias_(column.copy(), f"_col{place}"))
    return statement
