"""The gold tables as ``glue/jobs/indice.json`` computes them: the SQL of its nodes, on Spark, over rows of a test."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from bovespa.glue.runtime.gateway import java_home
from glue.definition import load
from glue.order import in_order
from lake.tables import carteira, carteira_setor, indice_diario, indice_membro, negociacao
from lake.tables.column import Table

JOB = Path(__file__).resolve().parents[1] / "glue" / "jobs" / "indice.json"
Row = dict[str, Any]


@cache
def spark() -> SparkSession:
    """A Spark of one thread, for a few rows; it ends with the tests."""
    os.environ.setdefault("JAVA_HOME", str(java_home()))
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.adaptive.enabled", "false")
        .getOrCreate()
    )
    atexit.register(session.stop)
    return session


def gold(tables: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
    """``indice_membro`` and ``indice_diario`` of all sessions that ``tables`` (refined, by name) have a portfolio of."""
    definition, engine = load(JOB), spark()
    market = sorted({row["data_pregao"] for row in tables["negociacao"]})
    held = sorted({row["data_pregao"] for row in tables["carteira"]})

    def before(day: date) -> date | None:
        return max((other for other in market if other < day and (day - other).days <= 10), default=None)

    sessions = [(day, before(day)) for day in held]
    frames: dict[str, DataFrame] = {
        "Sessions": engine.createDataFrame(sessions, "data_pregao date, mercado_anterior date"),
        "Sectors refined": _frame(carteira_setor.REFINED, tables["carteira_setor"]),
        "Portfolios refined": _frame(carteira.REFINED, tables["carteira"]),
        "Quotes refined": _frame(negociacao.REFINED, tables["negociacao"]),
        "Members that stay": _frame(indice_membro.REFINED, []),
        "Sessions that stay": _frame(indice_diario.REFINED, []),
    }
    names = {node_id: node.name for node_id, node in definition.nodes.items()}
    for node in in_order(definition):
        if node.kind != "SparkSQL":
            continue
        for alias in node.properties["SqlAliases"]:
            frames[names[alias["From"]]].createOrReplaceTempView(alias["Alias"])
        frames[node.name] = engine.sql(node.properties["SqlQuery"])
    return {
        table.name: [row.asDict() for row in frames[f"Columns of {table.name}"].collect()]
        for table in (indice_membro.REFINED, indice_diario.REFINED)
    }


def _frame(table: Table, rows: Sequence[Row]) -> DataFrame:
    """Rows as a table's frame; what a row doesn't say is null, and a quote in R$."""
    columns = table.all_columns
    defaults = {"moeda": "R$", "quantidade_duvidosa": False}
    values = [tuple(row.get(column.name, defaults.get(column.name)) for column in columns) for row in rows]
    return spark().createDataFrame(values, ", ".join(f"{column.name} {column.type}" for column in columns))
