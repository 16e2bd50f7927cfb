"""The saved queries on a small lake: three sessions of the Ibovespa, and another index that must not show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from bovespa.athena.dialect import to_duckdb
from lake.saved_queries import saved_queries, saved_query
from lake.tables import indice_diario, indice_membro
from lake.tables.negociacao import REFINED
from tests import duck

FRIDAY, MONDAY, TUESDAY = date(2025, 8, 29), date(2025, 9, 1), date(2025, 9, 2)
WHOLE_MARKET = {"mais_negociados", "atributos"}  # shares outside of the index too
Member = tuple[str, str, str, str, int, str]

# Code, company, class, sector, quantity, weight.
LAST_OF_MAY: list[Member] = [
    ("PETR4", "PETROBRAS", "PN", "Petróleo", 400, "60.000"),
    ("VALE3", "VALE", "ON", "Mineração", 300, "30.000"),
    ("CVCB3", "CVC BRASIL", "ON", "Viagens", 200, "10.000"),
]
FIRST_OF_SEPTEMBER: list[Member] = [
    ("PETR4", "PETROBRAS", "PN", "Petróleo", 400, "55.000"),
    ("PETR3", "PETROBRAS", "ON", "Petróleo", 100, "15.000"),
    ("VALE3", "VALE", "ON", "Mineração", 300, "30.000"),
]
SECOND_DAY: list[Member] = [
    ("PETR4", "PETROBRAS", "PN", "Petróleo", 400, "52.000"),
    ("PETR3", "PETROBRAS", "ON", "Petróleo", 100, "15.500"),
    ("VALE3", "VALE", "ON", "Mineração", 300, "32.500"),
]

OTHER: list[Member] = [("XPTO3", "XPTO", "ON", "Outro", 1, "100.000")]
OF_MANY_SESSIONS = {"volatilidade"}  # no answer from three


@pytest.fixture
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with duck.connection() as connection:
        connection.execute(
            "CREATE TEMP TABLE carteira (indice text, codigo text, nome_empresa text, classe text, evento text, "
            "listagem text, setor text, quantidade_teorica bigint, participacao decimal(9,3), "
            "redutor decimal(24,8), data_pregao date, inicio_vigencia date, dias_desde_rebalanceamento int, "
            "dias_entre_coleta_e_pregao int)"
        )
        connection.execute(
            "CREATE TEMP TABLE carteira_setor (indice text, setor text, classe text, participacao decimal(38,3), "
            "papeis bigint, data_pregao date)"
        )
        types = {"string": "text", "decimal(18,2)": "decimal(18,2)", "decimal(18,8)": "decimal(18,8)"}
        traded = ", ".join(
            f"{name} {types.get(type_, type_)}" for name, type_ in (*REFINED.types(), *REFINED.key_types())
        )
        connection.execute(f"CREATE TEMP TABLE negociacao ({traded})")
        for table in (indice_membro.REFINED, indice_diario.REFINED):
            named = ", ".join(f"{column.name} {column.trino_type}" for column in table.all_columns)
            connection.execute(f"CREATE TEMP TABLE {table.name} ({named})")
        connection.execute(
            "CREATE TEMP TABLE carteira_teorica (tipo_carteira text, indice text, codigo text, acao text, "
            "participacao decimal(9,3), coletado_em timestamp, dt text)"
        )
        for indice, codigo in (("IBOV", "PETR4"), ("SMLL", "XPTO3")):
            connection.execute(
                "INSERT INTO carteira_teorica VALUES ('teorica', ?, ?, ?, 100, '2025-09-01 21:00', '2025-09-01')",
                [indice, codigo, codigo],
            )
        for day, start, members in (
            (FRIDAY, date(2025, 5, 5), LAST_OF_MAY),
            (MONDAY, MONDAY, FIRST_OF_SEPTEMBER),
            (TUESDAY, MONDAY, SECOND_DAY),
        ):
            fill(connection, "IBOV", day, start, members)
            trade(connection, day, members, mark="FICT " if day == FRIDAY else "")
            index(connection, "IBOV", day, start, members, traded=True)
        fill(connection, "SMLL", date(2025, 9, 3), MONDAY, OTHER)
        index(connection, "SMLL", date(2025, 9, 3), MONDAY, OTHER, traded=True)
        yield connection


def fill(
    connection: duckdb.DuckDBPyConnection, indice: str, day: date, start: date, members: list[Member]
) -> None:
    for codigo, nome, classe, setor, quantity, weight in members:
        connection.execute(
            "INSERT INTO carteira VALUES (?, ?, ?, ?, NULL, 'NM', ?, ?, ?, 15433595.60223638, ?, ?, ?, 0)",
            [indice, codigo, nome, classe, setor, quantity, Decimal(weight), day, start, (day - start).days],
        )
        connection.execute(
            "INSERT INTO carteira_setor VALUES (?, ?, ?, ?, 1, ?)",
            [indice, setor, classe, Decimal(weight), day],
        )


def index(
    connection: duckdb.DuckDBPyConnection,
    indice: str,
    day: date,
    start: date,
    members: list[Member],
    *,
    traded: bool,
) -> None:
    """What the gold job would make of a session, as far as the queries here look at it."""
    connection.execute(
        "INSERT INTO indice_diario (data_pregao, indice, nivel, valor_total, papeis, inicio_vigencia, "
        "dias_desde_rebalanceamento, redutor, ano) VALUES (?, ?, ?, ?, ?, ?, ?, 15433595.60223638, ?)",
        [
            day,
            indice,
            100 + day.day if traded else None,
            1 if traded else None,
            len(members),
            start,
            (day - start).days,
            day.year,
        ],
    )
    for codigo, nome, classe, setor, quantity, weight in members:
        connection.execute(
            "INSERT INTO indice_membro (data_pregao, indice, codigo, codigo_atual, nome_empresa, classe, setor, "
            "quantidade_teorica, participacao, inicio_vigencia, preco_fechamento, retorno, contribuicao, valor_total, "
            "ano) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                day, indice, codigo, codigo, nome, classe, setor, quantity, Decimal(weight), start,
                *([Decimal(day.day), Decimal(1), Decimal("0.5"), Decimal(quantity)] if traded else [None] * 4),
                day.year,
            ],
        )  # fmt: skip


def trade(connection: duckdb.DuckDBPyConnection, day: date, members: list[Member], *, mark: str = "") -> None:
    """What was traded; names have the sample's ``mark`` in front."""
    for codigo, nome, _, _, quantity, _ in members:
        connection.execute(
            "INSERT INTO negociacao (codigo, nome_resumido, valor_total, quantidade, qtd_titulos, preco_fechamento, "
            "preco_medio, data_liquidacao, dias_ate_liquidacao, data_pregao, inicial) "
            "VALUES (?, ?, ?, 1, 100, ?, 10, ?, 2, ?, ?)",
            [codigo, mark + nome, quantity, Decimal(day.day), day + timedelta(days=10), day, codigo[0]],
        )


def ask(lake: duckdb.DuckDBPyConnection, name: str, *, until: date | None = None) -> list[dict[str, Any]]:
    query = saved_query(name)
    if until is not None:
        query = query.until(until)
    result = lake.execute(to_duckdb(query.sql))
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def columns(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_the_composition_is_that_of_the_latest_session_heaviest_first(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    assert columns(ask(lake, "composicao"), "data_pregao", "codigo", "participacao") == [
        (TUESDAY, "PETR4", Decimal("52.000")),
        (TUESDAY, "VALE3", Decimal("32.500")),
        (TUESDAY, "PETR3", Decimal("15.500")),
    ]


def test_the_heaviest_are_numbered_and_accumulated(lake: duckdb.DuckDBPyConnection) -> None:
    assert columns(ask(lake, "maiores_pesos"), "posicao", "codigo", "acumulado") == [
        (1, "PETR4", Decimal("52.000")),
        (2, "VALE3", Decimal("84.500")),
        (3, "PETR3", Decimal("100.000")),
    ]


def test_no_more_than_ten_are_the_heaviest(lake: duckdb.DuckDBPyConnection) -> None:
    members: list[Member] = [(f"AAA{n:02}3", "A", "ON", "S", 1, "6.250") for n in range(16)]
    index(lake, "IBOV", date(2025, 9, 4), MONDAY, members, traded=False)

    rows = ask(lake, "maiores_pesos")

    assert columns(rows, "posicao") == [(n,) for n in range(1, 11)]
    assert rows[-1]["acumulado"] == Decimal("62.500")


def test_sectors_have_their_weight_count_and_classes(lake: duckdb.DuckDBPyConnection) -> None:
    assert columns(
        ask(lake, "setores"),
        "setor",
        "participacao",
        "papeis",
        "participacao_on",
        "participacao_pn",
        "participacao_unt",
    ) == [
        ("Petróleo", Decimal("67.500"), 2, Decimal("15.500"), Decimal("52.000"), 0),
        ("Mineração", Decimal("32.500"), 1, Decimal("32.500"), 0, 0),
    ]


def test_sectors_over_time_sum_to_100_on_every_session(lake: duckdb.DuckDBPyConnection) -> None:
    rows = ask(lake, "setores_no_tempo")

    assert {row["data_pregao"] for row in rows} == {FRIDAY, MONDAY, TUESDAY}
    for day in (FRIDAY, MONDAY, TUESDAY):
        assert sum(row["participacao"] for row in rows if row["data_pregao"] == day) == 100


def test_weight_changes_are_between_the_two_latest_sessions(lake: duckdb.DuckDBPyConnection) -> None:
    rows = ask(lake, "variacao_de_pesos")

    assert columns(rows, "codigo", "variacao") == [
        ("PETR4", Decimal("-3.000")),
        ("VALE3", Decimal("2.500")),
        ("PETR3", Decimal("0.500")),
    ]
    assert {(row["pregao_anterior"], row["pregao_atual"]) for row in rows} == {(MONDAY, TUESDAY)}
    assert sum(row["variacao"] for row in rows) == 0


def test_an_entry_counts_from_zero_and_an_exit_to_zero(lake: duckdb.DuckDBPyConnection) -> None:
    rows = ask(lake, "variacao_de_pesos", until=MONDAY)

    assert columns(rows, "codigo", "participacao_anterior", "participacao_atual") == [
        ("PETR3", 0, Decimal("15.000")),
        ("CVCB3", Decimal("10.000"), 0),
        ("PETR4", Decimal("60.000"), Decimal("55.000")),
        ("VALE3", Decimal("30.000"), Decimal("30.000")),
    ]
    assert {row["nome_empresa"] for row in rows} == {"PETROBRAS", "CVC BRASIL", "VALE"}


def test_of_one_session_there_is_no_change(lake: duckdb.DuckDBPyConnection) -> None:
    assert ask(lake, "variacao_de_pesos", until=FRIDAY) == []
    assert ask(lake, "entradas_e_saidas", until=FRIDAY) == []


def test_who_entered_and_who_left(lake: duckdb.DuckDBPyConnection) -> None:
    assert columns(ask(lake, "entradas_e_saidas"), "data_pregao", "movimento", "codigo") == [
        (MONDAY, "entrou", "PETR3"),
        (MONDAY, "saiu", "CVCB3"),
    ]


def test_sessions_at_made_up_prices(lake: duckdb.DuckDBPyConnection) -> None:
    assert ask(lake, "precos_ficticios") == [{"data_pregao": FRIDAY}]


def test_days_since_rebalancing(lake: duckdb.DuckDBPyConnection) -> None:
    rows = ask(lake, "rebalanceamento")

    assert columns(rows, "data_pregao", "inicio_vigencia", "dias_desde_rebalanceamento", "papeis") == [
        (TUESDAY, MONDAY, 1, 3),
        (MONDAY, MONDAY, 0, 3),
        (FRIDAY, date(2025, 5, 5), 116, 3),
    ]
    assert {row["quantidade_teorica"] for row in rows} == {800, 900}


@pytest.mark.parametrize("name", [query.name for query in saved_queries()])
def test_every_query_can_answer_as_of_an_earlier_day(lake: duckdb.DuckDBPyConnection, name: str) -> None:
    query = saved_query(name)

    rows = ask(lake, name, until=MONDAY)

    assert query.until(MONDAY).sql != query.sql
    assert rows or name in OF_MANY_SESSIONS
    assert TUESDAY not in {value for row in rows for value in row.values()}


@pytest.mark.parametrize("name", [query.name for query in saved_queries()])
def test_another_index_never_shows(lake: duckdb.DuckDBPyConnection, name: str) -> None:
    assert "XPTO3" not in str(ask(lake, name))
    assert "Outro" not in str(ask(lake, name))


def test_another_index_answers_with_its_own_members(lake: duckdb.DuckDBPyConnection) -> None:
    for query in saved_queries():
        if not query.has_index:
            continue
        sql = query.of_index("SMLL").sql
        assert "'IBOV'" not in sql
        rows = lake.execute(to_duckdb(sql)).fetchall()
        assert not any(code in str(rows) for code in ("PETR3", "VALE3")) or query.name in WHOLE_MARKET, (
            query.name
        )
    rows = lake.execute(to_duckdb(saved_query("composicao").of_index("SMLL").sql)).fetchall()
    assert [row[1] for row in rows] == ["XPTO3"]


def test_the_index_beside_its_earlier_levels(lake: duckdb.DuckDBPyConnection) -> None:
    assert columns(ask(lake, "evolucao_do_indice"), "data_pregao", "nivel", "variacao_1", "variacao_5") == [
        (TUESDAY, Decimal("102.00"), Decimal("0.990"), None),
        (MONDAY, Decimal("101.00"), Decimal("-21.705"), None),
        (FRIDAY, Decimal("129.00"), None, None),
    ]


def test_a_ticker_by_month_and_by_year(lake: duckdb.DuckDBPyConnection) -> None:
    rows = [row for row in ask(lake, "totais_do_papel") if row["codigo_atual"] == "PETR4"]
    assert columns(rows, "ano_do_pregao", "mes", "valor_total", "pregoes", "ultimo_fechamento") == [
        (2025, None, Decimal("1200.00"), 3, 2),
        (2025, 9, Decimal("800.00"), 2, 2),
        (2025, 8, Decimal("400.00"), 1, 29),
    ]


def test_rises_and_falls_over_a_span(lake: duckdb.DuckDBPyConnection) -> None:
    assert columns(ask(lake, "altas_e_baixas_no_periodo"), "codigo_atual", "de", "ate", "variacao") == [
        ("PETR3", MONDAY, TUESDAY, Decimal("100.000")),
        ("PETR4", FRIDAY, TUESDAY, Decimal("-93.103")),
        ("VALE3", FRIDAY, TUESDAY, Decimal("-93.103")),
    ]


def test_sectors_from_month_to_month(lake: duckdb.DuckDBPyConnection) -> None:
    rows = [row for row in ask(lake, "rotacao_setorial") if row["setor"] == "Petróleo"]
    assert columns(rows, "mes", "participacao", "variacao", "contribuicao") == [
        (date(2025, 9, 1), Decimal("67.500"), Decimal("7.500"), Decimal("2.000000")),
        (date(2025, 8, 1), Decimal("60.000"), None, Decimal("0.500000")),
    ]


def test_one_tickers_weight_over_time(lake: duckdb.DuckDBPyConnection) -> None:
    assert columns(ask(lake, "historico_de_peso"), "data_pregao", "codigo", "participacao") == [
        (TUESDAY, "PETR4", Decimal("52.000")),
        (MONDAY, "PETR4", Decimal("55.000")),
        (FRIDAY, "PETR4", Decimal("60.000")),
    ]


def test_volatility_is_of_at_least_a_month_of_returns(lake: duckdb.DuckDBPyConnection) -> None:
    assert ask(lake, "volatilidade") == []
    lake.execute(
        "INSERT INTO indice_membro (data_pregao, indice, codigo, codigo_atual, nome_empresa, retorno, ano) "
        "SELECT DATE '2025-10-01' + n::int, 'IBOV', 'ABEV3', 'ABEV3', 'AMBEV', (n % 2) * 2 - 1, 2025 "
        "FROM range(22) AS days (n)"
    )
    (row,) = ask(lake, "volatilidade")
    # Eleven times +1 and eleven times -1: the deviation is the root of 22 / 21.
    assert (row["codigo_atual"], row["pregoes"], row["volatilidade_anual"]) == (
        "ABEV3",
        22,
        Decimal("16.248"),
    )
    assert (row["pior_retorno"], row["melhor_retorno"], row["retorno_medio"]) == (-1, 1, 0)
