"""The visual job computes in SQL when a portfolio took effect; B3's calendar must agree on every day."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bovespa.glue.runtime.gateway import LOCK, Gateway, exclusive
from glue.definition import load
from lake.calendar import portfolio_start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def spark(warm_jvm: Gateway) -> Iterator[Any]:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    before = dict(os.environ)
    os.environ.update(warm_jvm.environment)
    try:
        builder = SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "UTC")
        with exclusive(Path(warm_jvm.environment[LOCK]), 120):
            session = builder.getOrCreate()
            yield session
            session.stop()
    finally:
        os.environ.clear()
        os.environ.update(before)
        SparkContext._gateway.close()  # type: ignore[union-attr]
        SparkContext._gateway = SparkContext._jvm = None


def query_of(name: str) -> str:
    job = load(PROJECT / "glue" / "jobs" / "carteira.json")
    (node,) = (node for node in job.nodes.values() if node.name == name)
    return str(node.properties["SqlQuery"])


def test_every_day_has_the_calendar_s_own_start(spark: Any) -> None:
    days = [date(2005, 1, 1) + timedelta(days=n) for n in range(30 * 365)]
    captured = datetime(2025, 7, 12, 13, tzinfo=UTC)
    spark.createDataFrame(
        [(day, captured) for day in days], "data_pregao date, coletado_em timestamp"
    ).createOrReplaceTempView("papeis")
    rows = (
        spark.sql(query_of("Days since rebalancing"))
        .select("data_pregao", "inicio_vigencia", "dias_desde_rebalanceamento")
        .collect()
    )
    wrong = [
        (row.data_pregao, row.inicio_vigencia)
        for row in rows
        if row.inicio_vigencia != portfolio_start(row.data_pregao)
        or row.dias_desde_rebalanceamento != (row.data_pregao - row.inicio_vigencia).days
    ]
    assert len(rows) == len(days)
    assert wrong == []


@pytest.mark.parametrize(
    ("tipo", "parts"),
    [
        ("ON      NM", ("ON", None, "NM")),
        ("ON  ED  NM", ("ON", "ED", "NM")),
        ("PN  EDJ N1", ("PN", "EDJ", "N1")),
        ("PNA     N1", ("PNA", None, "N1")),
        ("UNT     N2", ("UNT", None, "N2")),
        ("ON  ATZ NM", ("ON", "ATZ", "NM")),
        ("ON", ("ON", None, None)),
        ("ON  EJ", ("ON", "EJ", None)),
        ("CI  ER", ("CI", "ER", None)),
        ("ON      MB", ("ON", None, "MB")),
    ],
)
def test_tipo_is_split_into_class_event_and_listing(
    spark: Any, tipo: str, parts: tuple[str | None, ...]
) -> None:
    columns = (
        "indice codigo nome_empresa tipo setor quantidade_teorica participacao participacao_setor redutor"
    )
    columns += " qtde_teorica_total data_pregao coletado_em payload_sha256"
    schema = ", ".join(f"{name} string" for name in columns.split())
    values = [tipo if name == "tipo" else None for name in columns.split()]
    spark.createDataFrame([tuple(values)], schema).createOrReplaceTempView("raw")
    row = spark.sql(query_of("Split tipo")).collect()[0]
    assert (row.classe, row.evento, row.listagem) == parts
    assert row.setor == "Não informado"
