"""Athena's division of decimals, written out for an engine that divides decimals as doubles.

Trino divides a decimal(p1, s1) by a decimal(p2, s2) exactly, to max(s1, s2) decimals, and rounds a half
away from zero (Trino's documentation, "Decimal functions and operators"). DuckDB's ``/`` gives a DOUBLE.
"""

from __future__ import annotations

from sqlglot import exp, parse_one

# n and d are the operands' digits without the point.
_ROUNDED = (
    "CAST(sign({n}) * sign({d}) * ((abs({n}) * {shift} * 2 + abs({d})) // (abs({d}) * 2)) AS DECIMAL(38, 0))"
    " * CAST({unit} AS DECIMAL({places}, {scale}))"
)


def divide_exactly(statement: exp.Expr) -> exp.Expr:
    """The statement with each ``CAST(… AS decimal) / CAST(… AS decimal)`` in whole numbers.

    Other divisions stay as they are: without the operands' types there is nothing to go by. The argument
    is changed.
    """
    while True:
        # Outer ones first: the operands are copied, with the divisions in them.
        found = next((div for div in statement.find_all(exp.Div) if _scales(div)), None)
        if found is None:
            return statement
        found.replace(_written_out(found))


def _scales(division: exp.Div) -> tuple[int, int] | None:
    left, right = _scale(division.this), _scale(division.expression)
    return None if left is None or right is None else (left, right)


def _scale(operand: exp.Expr) -> int | None:
    operand = operand.unnest()
    if not isinstance(operand, exp.Cast) or not operand.to.is_type(exp.DataType.Type.DECIMAL):
        return None
    parameters = [int(parameter.name) for parameter in operand.to.expressions]
    return parameters[1] if len(parameters) == 2 else 0


def _written_out(division: exp.Div) -> exp.Expr:
    scales = _scales(division)
    assert scales is not None  # noqa: S101 - chosen by it
    left, right = scales
    scale = max(left, right)
    rounded = _ROUNDED.format(
        n=_digits(division.this),
        d=_digits(division.expression),
        shift=f"CAST({10 ** (scale + right - left)} AS HUGEINT)",
        unit=f"1e-{scale}",
        places=scale + 1,
        scale=scale,
    )
    return exp.Paren(this=parse_one(rounded, read="duckdb"))


def _digits(operand: exp.Expr) -> str:
    return f"CAST(replace(CAST({operand.sql('duckdb')} AS VARCHAR), '.', '') AS HUGEINT)"
