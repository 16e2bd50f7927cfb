"""Who enters and leaves at the next rebalancing: which portfolio the query takes, and what it makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from bovespa.athena.dialect import to_duckdb
from lake.saved_queries import saved_query
from lake.tables.carteira_teorica import RAW
from tests import duck

MAY, SEPTEMBER = date(2025, 5, 5), date(2025, 9, 1)  # rebalancings
FRIDAY, MONDAY = date(2025, 8, 29), date(2025, 9, 1)
Weights = dict[str, str]

SUMMER: Weights = {"PETR4": "60.000", "VALE3": "30.000", "CVCB3": "10.000"}
SPRING: Weights = {"PETR4": "55.000", "VALE3": "29.500", "CURY3": "15.500"}


class Lake:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute(
            "CREATE TEMP TABLE indice_membro (indice text, codigo text, nome_empresa text, participacao decimal(9,3), "
            "data_pregao date, inicio_vigencia date)"
        )
        connection.execute("CREATE TEMP TABLE indice_diario (indice text, data_pregao date)")
        columns = ", ".join(f"{name} {type_}" for name, type_ in RAW.types())
        connection.execute(
            f"CREATE TEMP TABLE carteira_teorica ({columns.replace('string', 'text')}, dt text)"
        )

    def session(self, day: date, start: date, weights: Weights, indice: str = "IBOV") -> None:
        self._connection.execute("INSERT INTO indice_diario VALUES (?, ?)", [indice, day])
        for codigo, weight in weights.items():
            self._connection.execute(
                "INSERT INTO indice_membro VALUES (?, ?, ?, ?, ?, ?)",
                [indice, codigo, f"EMPRESA {codigo}", Decimal(weight), day, start],
            )

    def captured(self, kind: str, day: date, weights: Weights, indice: str = "IBOV") -> None:
        for codigo, weight in weights.items():
            self._connection.execute(
                "INSERT INTO carteira_teorica (tipo_carteira, indice, codigo, acao, participacao, coletado_em, dt) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [kind, indice, codigo, f"B3 {codigo}", Decimal(weight), noon(day), day.isoformat()],
            )

    def ask(self, *, until: date | None = None, of: str = "IBOV") -> list[dict[str, Any]]:
        query = saved_query("proximo_rebalanceamento").of_index(of)
        if until:
            query = query.until(until)
        result = self._connection.execute(to_duckdb(query.sql))
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12))


@pytest.fixture
def lake() -> Iterator[Lake]:
    with duck.connection() as connection:
        made = Lake(connection)
        made.session(FRIDAY, MAY, SUMMER)
        yield made


def movements(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["codigo"]: row["movimento"] for row in rows}


def test_a_preview_says_who_enters_who_leaves_and_who_stays(lake: Lake) -> None:
    lake.captured("previa", date(2025, 8, 28), SPRING)

    rows = lake.ask()

    assert list(rows[0]) == [
        "codigo",
        "nome_empresa",
        "movimento",
        "participacao_atual",
        "participacao_prevista",
        "variacao",
        "fonte",
        "dia_da_captura",
        "capturado_em",
    ]
    when = (date(2025, 8, 28), noon(date(2025, 8, 28)))
    assert [tuple(row.values()) for row in rows] == [
        ("CURY3", "B3 CURY3", "entra", 0, Decimal("15.500"), Decimal("15.500"), "prévia", *when),
        ("CVCB3", "EMPRESA CVCB3", "sai", Decimal("10.000"), 0, Decimal("-10.000"), "prévia", *when),
        ("PETR4", "EMPRESA PETR4", "fica", Decimal("60.000"), Decimal("55.000"), Decimal("-5.000"), "prévia", *when),
        ("VALE3", "EMPRESA VALE3", "fica", Decimal("30.000"), Decimal("29.500"), Decimal("-0.500"), "prévia", *when),
    ]  # fmt: skip


def test_the_newest_preview_counts(lake: Lake) -> None:
    lake.captured("previa", date(2025, 8, 1), {"PETR4": "100.000"})
    lake.captured("previa", date(2025, 8, 28), SPRING)
    lake.captured("previa", date(2025, 8, 18), {"VALE3": "100.000"})

    assert movements(lake.ask())["CURY3"] == "entra"


def test_a_preview_goes_before_a_newer_theoretical_portfolio(lake: Lake) -> None:
    lake.captured("previa", date(2025, 8, 18), SPRING)
    lake.captured("teorica", date(2025, 8, 28), SUMMER)

    assert {row["fonte"] for row in lake.ask()} == {"prévia"}


@pytest.mark.parametrize("day", [date(2025, 4, 28), date(2025, 5, 5), date(2025, 7, 31)])
def test_a_preview_of_another_season_does_not_count(lake: Lake, day: date) -> None:
    lake.captured("previa", day, SPRING)
    assert lake.ask() == []

    lake.captured("teorica", date(2025, 5, 5), SUMMER)
    rows = lake.ask()
    assert {row["fonte"] for row in rows} == {"carteira teórica"}
    assert set(movements(rows).values()) == {"fica"}


def test_last_quadrimesters_theoretical_portfolio_is_no_forecast(lake: Lake) -> None:
    lake.captured("teorica", date(2025, 5, 5), SUMMER)
    lake.captured("previa", date(2025, 8, 28), SPRING)
    lake.session(MONDAY, SEPTEMBER, SPRING)
    assert lake.ask() == []

    lake.captured("teorica", MONDAY, SPRING)
    assert set(movements(lake.ask()).values()) == {"fica"}


def test_an_earlier_day_is_answered_with_what_was_known_then(lake: Lake) -> None:
    lake.captured("previa", date(2025, 8, 18), {**SUMMER})
    lake.captured("previa", date(2025, 8, 28), SPRING)
    lake.session(date(2025, 8, 20), MAY, SUMMER)
    lake.session(MONDAY, SEPTEMBER, SPRING)
    lake.captured("teorica", MONDAY, SPRING)

    assert set(movements(lake.ask(until=date(2025, 8, 20))).values()) == {"fica"}
    assert movements(lake.ask(until=FRIDAY))["CVCB3"] == "sai"


def test_indices_are_kept_apart(lake: Lake) -> None:
    lake.captured("previa", date(2025, 8, 28), {"HGLG11": "60.000", "KNRI11": "40.000"}, indice="IFIX")
    assert lake.ask() == []

    lake.session(FRIDAY, MAY, {"HGLG11": "55.000", "XPLG11": "45.000"}, indice="IFIX")
    assert lake.ask() == []
    assert movements(lake.ask(of="IFIX")) == {"KNRI11": "entra", "XPLG11": "sai", "HGLG11": "fica"}


def test_the_season_of_january_begins_in_december(lake: Lake) -> None:
    lake.session(date(2025, 12, 30), SEPTEMBER, SPRING)
    lake.captured("previa", date(2025, 11, 28), SUMMER)
    assert lake.ask() == []

    lake.captured("previa", date(2025, 12, 1), SUMMER)
    assert movements(lake.ask())["CURY3"] == "sai"


def test_without_captures_there_is_no_answer(lake: Lake) -> None:
    assert lake.ask() == []


def test_partitions_are_bounded_by_a_constant_that_is_text_as_dt_is() -> None:
    sql = saved_query("proximo_rebalanceamento").until(FRIDAY).sql

    assert "t.dt <= CAST(DATE '2025-08-29' AS varchar)" in sql
    assert "9999-12-31" not in sql
