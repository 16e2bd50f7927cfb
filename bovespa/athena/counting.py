"""Functions whose names both engines have, with numbers of their own: written so that DuckDB counts as Trino does.

Trino's ``date_diff`` counts whole units that have passed (Trino's documentation, "Date and time functions"), DuckDB's
the borders of units in between. Trino's ``approx_percentile`` is exact for few values; DuckDB's estimate is not.
"""

from __future__ import annotations

from sqlglot import exp


def count_as_trino(statement: exp.Expr) -> exp.Expr:
    """The statement with those functions replaced. The argument is changed."""

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.DateDiff) and node.args.get("unit") is not None:
            unit = exp.Literal.string(node.args["unit"].name.lower())
            return exp.Anonymous(this="date_sub", expressions=[unit, node.expression, node.this])
        if isinstance(node, exp.ApproxQuantile):
            return exp.Anonymous(this="quantile_disc", expressions=[node.this, node.args["quantile"]])
        return node

    return statement.transform(replaced, copy=False)
