"""Functions whose names both engines have, with numbers of their own: written so that DuckDB counts as Trino does.

Trino's ``date_diff`` counts whole units that have passed (Trino's documentation, "Date and time functions"), DuckDB's
the borders of units in between. Trino's ``approx_percentile`` is exact for few values; DuckDB's estimate is not.
"""

from __future__ import annotations

from sqlglot import exp, parse_one

# Of n known values in order the one with floor(n * share) before it.
_RANKED = (
    "(list({value} ORDER BY {value}) FILTER (WHERE {value} IS NOT NULL))"
    "[least(count({value}), CAST(floor(count({value}) * {share}) AS BIGINT) + 1)]"
)


def count_as_trino(statement: exp.Expr) -> exp.Expr:
    """The statement with those functions replaced. The argument is changed."""

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.DateDiff) and node.args.get("unit") is not None:
            unit = exp.Literal.string(node.args["unit"].name.lower())
            return exp.Anonymous(this="date_sub", expressions=[unit, node.expression, node.this])
        if isinstance(node, exp.ApproxQuantile):
            value, share = node.this.sql("duckdb"), node.args["quantile"].sql("duckdb")
            return parse_one(_RANKED.format(value=value, share=share), read="duckdb")
        return node

    return statement.transform(replaced, copy=False)
