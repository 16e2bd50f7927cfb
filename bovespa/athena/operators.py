"""What Trino's operators make of their operands' types, which DuckDB takes more lightly.

Trino compares no text with a date or a number (Trino's documentation, "Conversion functions"), and divides whole
numbers without a remainder. Types are sqlglot's: where it doesn't know one, nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from lake.athena import QueryFailed

Schema = Mapping[str, Mapping[str, Mapping[str, str]]]  # database, table, column: the Hive type
_TYPE = exp.DataType.Type
_GROUPS = {
    "text": {_TYPE.VARCHAR, _TYPE.TEXT, _TYPE.CHAR},
    "number": {
        _TYPE.TINYINT, _TYPE.SMALLINT, _TYPE.INT, _TYPE.BIGINT, _TYPE.FLOAT, _TYPE.DOUBLE, _TYPE.DECIMAL,
    },
    "moment": {_TYPE.DATE, _TYPE.TIMESTAMP, _TYPE.TIMESTAMPTZ},
    "truth": {_TYPE.BOOLEAN},
}  # fmt: skip
_WHOLE = (_TYPE.TINYINT, _TYPE.SMALLINT, _TYPE.INT, _TYPE.BIGINT)
_NAMES = {
    _TYPE.INT: "integer", _TYPE.TEXT: "varchar", _TYPE.FLOAT: "real", _TYPE.TIMESTAMP: "timestamp(3)",
    _TYPE.TIMESTAMPTZ: "timestamp(3) with time zone",
}  # fmt: skip
_SIGNS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
# Expressions whose types are beyond doubt; of other functions sqlglot may think what Trino doesn't.
_CERTAIN = (
    exp.Column, exp.Literal, exp.Cast, exp.Paren, exp.Neg, exp.Min, exp.Max, exp.Count, exp.Boolean, exp.Lower,
    exp.Upper, exp.Trim, exp.Substring, exp.CurrentDate, exp.CurrentTimestamp,
)  # fmt: skip
_PLACE = "place"


def heed_types(statement: exp.Expr, schema: Schema, database: str) -> exp.Expr:
    """The statement with divisions of whole numbers, and the types of decimals that are divided, written out.

    The argument is changed.

    Args:
        statement: in Trino's dialect.
        schema: the columns of the tables that it may name.
        database: where names without one are looked for.

    Raises:
        QueryFailed: it compares what Trino doesn't compare; the message is Trino's.
    """
    nodes = dict(enumerate(statement.find_all(*_SIGNS, exp.Between, exp.In, exp.Div)))
    for place, node in nodes.items():
        node.meta[_PLACE] = place
    typed = list(_typed(statement, schema, database))
    for node in nodes.values():
        node.meta.pop(_PLACE)
    for found in typed:
        if isinstance(found, exp.Div):
            _write_out(nodes[found.meta[_PLACE]], found)
        else:
            _require_comparable(found)
    return statement


def _typed(statement: exp.Expr, schema: Schema, database: str) -> Iterator[exp.Expr]:
    """The marked nodes of a copy, with the types of what is in them; none where the names can't be resolved."""
    known = MappingSchema(dialect="trino", visible=None)
    for name, tables in schema.items():
        for table, columns in tables.items():
            types = {column: exp.DataType.build(kind, dialect="hive") for column, kind in columns.items()}
            known.add_table(exp.table_(table, db=name), types, dialect="trino", match_depth=False)
    try:
        copied = qualify(
            statement.copy(),
            dialect="trino",
            db=database,
            schema=known,
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
        annotated = annotate_types(copied, schema=known, dialect="trino")
    except sqlglot.errors.SqlglotError:
        return
    yield from [node for node in annotated.walk() if _PLACE in node.meta]


def _write_out(mine: exp.Expr, typed: exp.Div) -> None:
    sides = (typed.this, typed.expression)
    if all(side.is_type(*_WHOLE) for side in sides):
        mine.replace(exp.IntDiv(this=mine.this, expression=mine.expression))
    elif all(isinstance(side, _CERTAIN) for side in sides):
        kinds = [_decimal(side) for side in sides]
        if None not in kinds and any(side.is_type(_TYPE.DECIMAL) for side in sides):
            for key, kind in zip(("this", "expression"), kinds, strict=True):
                mine.set(key, exp.cast(mine.args[key], kind or "", copy=False))


def _decimal(operand: exp.Expr) -> str | None:
    """A number's type as a decimal; None where it is none, or one of unknown size."""
    if operand.is_type(*_WHOLE):
        return "DECIMAL(19, 0)"
    if not operand.is_type(_TYPE.DECIMAL) or operand.type is None or len(operand.type.expressions) != 2:
        return None
    return str(operand.type.sql())


def _require_comparable(node: exp.Expr) -> None:
    if isinstance(node, exp.Between):
        value, others = node.this, [node.args["low"], node.args["high"]]
        if not all(_comparable(value, other) for other in others):
            low, high = map(_name, others)
            raise QueryFailed(f"TYPE_MISMATCH: Cannot check if {_name(value)} is BETWEEN {low} and {high}")
    elif isinstance(node, exp.In):
        for other in node.expressions:
            if not _comparable(node.this, other):
                raise QueryFailed(
                    "TYPE_MISMATCH: IN value and list items must be the same type: "
                    f"{_name(node.this)}, {_name(other)}"
                )
    elif not _comparable(node.this, node.expression):
        sign = _SIGNS[type(node)]
        raise QueryFailed(
            f"TYPE_MISMATCH: Cannot apply operator: {_name(node.this)} {sign} {_name(node.expression)}"
        )


def _comparable(one: exp.Expr, other: exp.Expr) -> bool:
    groups = _group(one), _group(other)
    return None in groups or groups[0] == groups[1]


def _group(operand: exp.Expr) -> str | None:
    if not isinstance(operand, _CERTAIN) or operand.type is None:
        return None
    return next((name for name, types in _GROUPS.items() if operand.type.this in types), None)


def _name(operand: exp.Expr) -> str:
    """A type as Trino names it; of a text written out, with its length."""
    bare = operand.unnest()
    if isinstance(bare, exp.Literal) and bare.is_string:
        return f"varchar({len(bare.name)})"
    kind = operand.type
    if kind is None:
        return "unknown"
    return _NAMES.get(kind.this) or kind.sql(dialect="trino").lower().replace(" ", "")
