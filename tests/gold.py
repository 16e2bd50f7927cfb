"""The gold tables as ``glue/jobs/indice.json`` computes them: the SQL of its nodes, on DuckDB, over rows of a test.

Spark itself runs the job in ``tests/e2e/test_gold.py``. DuckDB divides decimals as doubles, so divisions are handed to
Python.
"""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp

from glue.definition import load
from glue.model import Node
from glue.order import in_order
from lake.arrow import schema_of
from lake.tables import refined_table
from lake.tables.column import Table

JOB = Path(__file__).resolve().parents[1] / "glue" / "jobs" / "indice.json"
REFINED = ("carteira_setor", "carteira", "negociacao")
GOLD = ("indice_membro", "indice_diario")
_SOURCES = {
    "Sectors refined": "carteira_setor",
    "Portfolios refined": "carteira",
    "Quotes refined": "negociacao",
    "Members that stay": "indice_membro",
    "Sessions that stay": "indice_diario",
}
Row = dict[str, Any]


def divided(numerator: str, denominator: str) -> Decimal | None:
    """A quotient of decimals with 12 places, which is more than any column keeps."""
    with localcontext(prec=80):
        quotient = Decimal(numerator) / Decimal(denominator)
        return quotient.quantize(Decimal("1e-12"), ROUND_HALF_UP)


def times(one: str, other: str) -> Decimal:
    """A product of decimals: DuckDB's own has no more than 18 digits of two short ones, Spark's as many as it needs."""
    with localcontext(prec=80):
        return (Decimal(one) * Decimal(other)).quantize(Decimal("1e-12"), ROUND_HALF_UP)


def schema_with_nulls(table: Table) -> pa.Schema:
    """A table's columns and keys; the rows of a test need not say everything."""
    return pa.schema([field.with_nullable(True) for field in schema_of(table.all_columns)])


def gold(tables: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
    """``indice_membro`` and ``indice_diario`` of all sessions that ``tables`` (refined, by name) have a portfolio of."""
    market = sorted({row["data_pregao"] for row in tables["negociacao"]})
    held = sorted({row["data_pregao"] for row in tables["carteira"]})

    def before(day: date) -> date | None:
        return max((other for other in market if other < day and (day - other).days <= 10), default=None)

    sessions = [{"data_pregao": day, "mercado_anterior": before(day)} for day in held]
    kinds = pa.schema([("data_pregao", pa.date32()), ("mercado_anterior", pa.date32())])
    frames = {"Sessions": pa.Table.from_pylist(sessions, schema=kinds)}
    for node, table in _SOURCES.items():
        schema = schema_with_nulls(refined_table(table))
        rows = [{"moeda": "R$", **row} for row in tables.get(table, ())] if table in REFINED else []
        frames[node] = pa.Table.from_pylist(
            [{k: row.get(k) for k in schema.names} for row in rows], schema=schema
        )
    nodes, names = _nodes()
    for found in nodes:
        for alias in found.properties["SqlAliases"]:
            _engine().register(alias["Alias"], frames[names[alias["From"]]])
        frames[found.name] = _engine().sql(_in_duckdb(found.properties["SqlQuery"])).to_arrow_table()
    return {name: frames[f"Columns of {name}"].to_pylist() for name in GOLD}


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """A database of its own, which has Spark's functions."""
    engine = duckdb.connect()
    engine.execute("CREATE MACRO array_union(one, other) AS list_distinct(list_concat(one, other))")
    for function in (divided, times):
        engine.create_function(function.__name__, function, ["VARCHAR", "VARCHAR"], "DECIMAL(38,12)")
    atexit.register(engine.close)  # before the functions go
    return engine


@cache
def _nodes() -> tuple[list[Node], dict[str, str]]:
    definition = load(JOB)
    names = {node_id: node.name for node_id, node in definition.nodes.items()}
    return [node for node in in_order(definition) if node.kind == "SparkSQL"], names


@cache
def _in_duckdb(sql: str) -> str:
    statement = sqlglot.parse_one(sql, read="spark")
    for series in list(statement.find_all(exp.GenerateSeries)):
        start, end = (series.args[name].sql("duckdb") for name in ("start", "end"))
        days = f"generate_series(CAST({start} AS TIMESTAMP), CAST({end} AS TIMESTAMP), INTERVAL 1 DAY)"
        series.replace(sqlglot.parse_one(days, read="duckdb"))
    while (found := next(statement.find_all(exp.Div, exp.Mul), None)) is not None:
        sides = [exp.cast(side.copy(), exp.DataType.Type.VARCHAR) for side in (found.this, found.expression)]
        name = "divided" if isinstance(found, exp.Div) else "times"
        found.replace(exp.Anonymous(this=name, expressions=sides))
    return statement.sql(dialect="duckdb")
