"""Functions whose names both engines have, with numbers of their own: written so that DuckDB counts as Trino does.

Trino's ``date_diff`` counts whole units that have passed (Trino's documentation, "Date and time functions"), DuckDB's
the borders of units in between. Trino's ``approx_percentile`` is exact for few values; DuckDB's estimate is not.
Trino's ``format`` takes Java's format string, DuckDB's Python's.
"""

from __future__ import annotations

import re

from sqlglot import exp, parse_one

from lake.athena import QueryFailed

# Of n known values in order the one with floor(n * share) before it.
_RANKED = (
    "(list({value} ORDER BY {value}) FILTER (WHERE {value} IS NOT NULL))"
    "[least(count({value}), CAST(floor(count({value}) * {share}) AS BIGINT) + 1)]"
)
# Java's conversions that C's printf, and DuckDB's, writes alike, and the type that it wants of what is written.
_CONVERSION = re.compile(r"%(?:%|[-+0, ]*\d*(?:\.\d+)?(?P<kind>.))")
_PRINTED = {"s": "VARCHAR", "d": "BIGINT", "x": "BIGINT", "f": "DOUBLE", "e": "DOUBLE"}


def count_as_trino(statement: exp.Expr) -> exp.Expr:
    """The statement with those functions replaced. The argument is changed."""

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.DateDiff) and node.args.get("unit") is not None:
            unit = exp.Literal.string(node.args["unit"].name.lower())
            return exp.Anonymous(this="date_sub", expressions=[unit, node.expression, node.this])
        if isinstance(node, exp.ApproxQuantile):
            value, share = node.this.sql("duckdb"), node.args["quantile"].sql("duckdb")
            return parse_one(_RANKED.format(value=value, share=share), read="duckdb")
        return _printed(node) if isinstance(node, exp.Format) else node

    return statement.transform(replaced, copy=False)


def _printed(node: exp.Format) -> exp.Expr:
    kinds = [match["kind"] for match in _CONVERSION.finditer(node.this.name) if match["kind"]]
    if not node.this.is_string or "%n" in node.this.name or not set(kinds) <= _PRINTED.keys():
        raise QueryFailed("the embedded Athena's format() knows %s, %d, %x, %f and %e, in a text written out")
    if len(kinds) > len(node.expressions):
        raise QueryFailed(
            f"INVALID_FUNCTION_ARGUMENT: Invalid format string: {node.this.name}: too few values"
        )
    values = [
        exp.cast(value.copy(), _PRINTED[kind]) for kind, value in zip(kinds, node.expressions, strict=False)
    ]
    return exp.Anonymous(this="printf", expressions=[node.this.copy(), *values])
