"""The saved queries of the market on real parquet; every number beside one worked out in Python from the rows."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.index_sessions import Member, Row, Sessions, Trade
from tests.unit.queries.worked_out import check_against_python, redutor_of, rounded

THURSDAY, FRIDAY, MONDAY = date(2025, 10, 30), date(2025, 10, 31), date(2025, 11, 3)
EMBR3 = {"codigo": "EMBR3", "isin": "BREMBRACNOR4"}
EMBJ3 = {"codigo": "EMBJ3", "isin": "BREMBJACNOR1"}  # the same share from Monday on
INDEX_QUERIES = ("maiores_variacoes", "contribuicao", "resumo_do_indice", "mapa_setorial")


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    """Thursday to Monday: an index of three, and shares outside of it; a share is renamed on Monday."""
    lake = Sessions(folder=tmp_path)
    for day, code, weights in (
        (THURSDAY, "EMBR3", ("30.000", "50.000", "20.000")),
        (FRIDAY, "EMBR3", ("31.000", "49.000", "20.000")),
        (MONDAY, "EMBJ3", ("32.000", "48.000", "20.000")),
    ):
        lake.portfolio(
            day,
            [
                Member(codigo=code, weight=weights[0], quantity=300, setor="Bens Industriais"),
                Member(codigo="PETR4", weight=weights[1], quantity=900, setor="Petróleo"),
                Member(codigo="PETR3", weight=weights[2], quantity=350, setor="Petróleo"),
            ],
            redutor="1234.56780000" if day < MONDAY else "1230.00000000",
        )
    lake.portfolio(MONDAY, [Member(codigo="PETR3", weight="100.000", quantity=7)], indice="IBXX")
    lake.market(
        THURSDAY,
        [
            Trade(**EMBR3, close="63.00"),
            Trade(codigo="PETR4", close="32.50"),
            Trade(codigo="PETR3", close="34.00"),
        ],
    )
    lake.market(
        FRIDAY,
        [
            Trade(**EMBR3, close="64.00"),
            Trade(codigo="PETR4", close="33.00"),
            Trade(codigo="PETR3", close="35.00"),
        ],
    )
    lake.market(
        MONDAY,
        [
            Trade(**EMBJ3, close="64.01", value="500.00"),
            Trade(codigo="PETR4", close="32.00", value="900.10"),
            Trade(codigo="PETR3", close="35.00", value="100.00"),
            Trade(codigo="BOVA11", close="140.00", value="5000.25"),
        ],
    )
    return lake


def test_every_number_of_a_session(sessions: Sessions) -> None:
    check_against_python(sessions, MONDAY, FRIDAY)
    check_against_python(sessions, FRIDAY, THURSDAY)


cents = st.integers(1, 200_000).map(lambda n: Decimal(n).scaleb(-2))
tiny = st.integers(1, 10_000).map(lambda n: Decimal(n).scaleb(-5))  # quoted per 1,000 shares


@pytest.mark.slow
@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data(), size=st.integers(1, 13))
def test_every_digit_whatever_the_prices(data: st.DataObject, size: int) -> None:
    codes = [f"{chr(65 + n)}AAA3" for n in range(size)]
    quantities = data.draw(st.lists(st.integers(10**5, 10**8), min_size=size, max_size=size))
    shares = st.lists(st.integers(1, 100_000), min_size=size, max_size=size)
    with tempfile.TemporaryDirectory() as folder:
        lake = Sessions(folder=Path(folder))
        for day in (FRIDAY, MONDAY):
            parts = data.draw(shares)
            lake.portfolio(
                day,
                [
                    Member(
                        codigo=code,
                        weight=rounded(Decimal(part) * 100 / sum(parts), 3),
                        quantity=quantity,
                        setor=data.draw(st.sampled_from(["Bancos", "Petróleo", "Varejo"])),
                    )
                    for code, part, quantity in zip(codes, parts, quantities, strict=True)
                ],
                redutor=str(data.draw(st.integers(10**17, 10**18)) * Decimal("0.00000001")),
            )
        for day in (THURSDAY, FRIDAY, MONDAY):
            closes = data.draw(st.lists(st.none() | cents | tiny, min_size=size, max_size=size))
            lake.market(day, [Trade(codigo=c, close=close) for c, close in zip(codes, closes, strict=True)])
        check_against_python(lake, MONDAY, FRIDAY)


# --- what sessions and shares can do ---


def test_a_renamed_share_has_its_close_under_the_old_ticker(sessions: Sessions) -> None:
    rows = {row["codigo"]: row for row in sessions.ask("maiores_variacoes")}

    assert (rows["EMBJ3"]["preco_anterior"], rows["EMBJ3"]["preco_fechamento"]) == (64, Decimal("64.01"))
    assert rows["EMBJ3"]["retorno"] == Decimal("0.015625")
    assert "EMBR3" not in rows


def test_of_the_old_ticker_in_somebody_elses_hands_nothing_is_taken(sessions: Sessions) -> None:
    for row in sessions.negociacao:
        if row["codigo"] == "EMBR3":
            row["isin"] = "BRXXXXACNOR4"

    (embj3,) = (row for row in sessions.ask("maiores_variacoes") if row["codigo"] == "EMBJ3")

    assert (embj3["preco_anterior"], embj3["retorno"]) == (None, None)


def test_a_new_isin_under_a_ticker_that_was_renamed_later_goes_on(sessions: Sessions) -> None:
    for row in sessions.negociacao:
        if row["codigo"] == "EMBR3" and row["data_pregao"] == FRIDAY:
            row["isin"] = "BREMBRACNOR9"

    summary = sessions.one("resumo_do_indice", until=FRIDAY)
    (embr3,) = (row for row in sessions.ask("contribuicao", until=FRIDAY) if row["codigo"] == "EMBR3")

    assert (summary["papeis"], summary["sem_negocio"]) == (3, 0)
    assert embr3["retorno"] == Decimal("1.587302")


def test_a_new_isin_under_the_same_ticker_goes_on(sessions: Sessions) -> None:
    for row in sessions.negociacao:
        if (row["codigo"], row["data_pregao"]) == ("PETR4", MONDAY):
            row["isin"] = "BRPETRACNPR7"

    check_against_python(sessions, MONDAY, FRIDAY)
    assert sessions.one("resumo_do_indice")["sem_negocio"] == 0


def without(lake: Sessions, codigo: str, *days: date) -> None:
    lake.negociacao = [r for r in lake.negociacao if r["codigo"] != codigo or r["data_pregao"] not in days]


def test_a_member_without_a_trade_on_the_session_has_no_return_but_a_price(sessions: Sessions) -> None:
    without(sessions, "PETR3", MONDAY)

    check_against_python(sessions, MONDAY, FRIDAY)
    summary = sessions.one("resumo_do_indice")
    assert (summary["papeis"], summary["sem_negocio"]) == (3, 1)
    assert summary["retorno_indice"] is not None
    assert "PETR3" not in {row["codigo"] for row in sessions.ask("maiores_variacoes")}
    assert sessions.ask("contribuicao")[-1] | {"data_pregao": None} == {
        "data_pregao": None,
        "codigo": "PETR3",
        "nome_empresa": "EMPRESA PETR",
        "setor": "Petróleo",
        "participacao": Decimal("20.000"),
        "retorno": None,
        "contribuicao": None,
    }


def test_only_odd_lots_are_no_close(sessions: Sessions) -> None:
    without(sessions, "PETR3", MONDAY)
    sessions.market(MONDAY, [Trade(codigo="PETR3", close=None, value="3.00")])

    check_against_python(sessions, MONDAY, FRIDAY)
    assert sessions.one("resumo_do_indice")["sem_negocio"] == 1


def test_a_share_that_missed_the_session_before_counts_from_its_last_close(sessions: Sessions) -> None:
    without(sessions, "PETR4", FRIDAY)

    check_against_python(sessions, MONDAY, FRIDAY)
    (petr4,) = (row for row in sessions.ask("maiores_variacoes") if row["codigo"] == "PETR4")
    assert petr4["preco_anterior"] == Decimal("32.5")


def test_a_close_older_than_ten_days_is_not_taken(sessions: Sessions) -> None:
    without(sessions, "PETR4", THURSDAY, FRIDAY)
    sessions.market(MONDAY - timedelta(days=11), [Trade(codigo="PETR4", close="1.00")])

    check_against_python(sessions, MONDAY, FRIDAY)
    (petr4,) = (row for row in sessions.ask("maiores_variacoes") if row["codigo"] == "PETR4")
    assert petr4["preco_anterior"] is None
    assert sessions.one("resumo_do_indice")["retorno_indice"] is None


def test_a_session_without_prices_has_no_rows(sessions: Sessions) -> None:
    sessions.negociacao = [row for row in sessions.negociacao if row["data_pregao"] != MONDAY]

    for name in INDEX_QUERIES:
        assert sessions.ask(name) == [], name
    assert {row["data_pregao"] for row in sessions.ask("mais_negociados")} == {FRIDAY}
    assert [row["data_pregao"] for row in sessions.ask("dias_ate_liquidacao")] == [FRIDAY, THURSDAY]


def test_a_lake_without_prices_answers_nothing(sessions: Sessions) -> None:
    sessions.negociacao.clear()

    for name in (*INDEX_QUERIES, "mais_negociados", "dias_ate_liquidacao"):
        assert sessions.ask(name) == [], name


def test_without_the_prices_of_the_session_before_there_are_no_returns(sessions: Sessions) -> None:
    """Thursday's close would make a return of two sessions, beside a weight of Friday's."""
    sessions.negociacao = [row for row in sessions.negociacao if row["data_pregao"] != FRIDAY]

    assert {row["retorno"] for row in sessions.ask("contribuicao")} == {None}
    summary = sessions.one("resumo_do_indice")
    assert (summary["pregao_anterior"], summary["retorno_aproximado"], summary["retorno_indice"]) == (
        None,
    ) * 3
    assert summary["sem_negocio"] == 3
    assert summary["valor_total"] == Decimal("1500.10")


def test_without_the_portfolio_of_the_session_before_the_level_is_unknown(sessions: Sessions) -> None:
    sessions.carteira = [row for row in sessions.carteira if row["data_pregao"] != FRIDAY]
    sessions.carteira_setor = [row for row in sessions.carteira_setor if row["data_pregao"] != FRIDAY]

    summary = sessions.one("resumo_do_indice")

    assert summary["pregao_anterior"] == FRIDAY
    assert summary["retorno_aproximado"] is not None
    assert (summary["retorno_indice"], summary["residuo"]) == (None, None)


def test_the_first_session_of_all_has_no_returns(sessions: Sessions) -> None:
    summary = sessions.one("resumo_do_indice", until=THURSDAY)

    assert (summary["data_pregao"], summary["pregao_anterior"], summary["sem_negocio"]) == (THURSDAY, None, 3)
    assert (summary["hhi"], summary["dez_maiores"]) == (3800, 100)
    assert {row["posicao"]: row["codigo"] for row in sessions.ask("maiores_variacoes", until=THURSDAY)} == {
        1: "EMBR3",
        2: "PETR3",
        3: "PETR4",
    }


def test_entries_exits_and_a_new_redutor_do_not_move_the_index(tmp_path: Path) -> None:
    """What a rebalancing does: other members at the same prices, and a redutor that keeps the level."""
    lake = Sessions(folder=tmp_path)
    lake.portfolio(FRIDAY, [Member(codigo="AAAA3", weight="100", quantity=10)], redutor="1.00000000")
    lake.portfolio(
        MONDAY,
        [
            Member(codigo="BBBB3", weight="50", quantity=30),
            Member(codigo="CCCC3", weight="50", quantity=15),
        ],
        redutor="6.00000000",
    )
    for day in (FRIDAY, MONDAY):
        lake.market(
            day,
            [
                Trade(codigo="AAAA3", close="10"),
                Trade(codigo="BBBB3", close="10"),
                Trade(codigo="CCCC3", close="20"),
            ],
        )

    summary = lake.one("resumo_do_indice")

    assert (summary["retorno_indice"], summary["retorno_aproximado"], summary["residuo"]) == (0, 0, 0)
    assert (summary["estaveis"], summary["sem_negocio"]) == (2, 0)
    check_against_python(lake, MONDAY, FRIDAY)


def test_a_dividend_is_in_the_residual(sessions: Sessions) -> None:
    """The price falls by the dividend; the redutor falls with it, so the index doesn't."""
    plain = sessions.one("resumo_do_indice")
    for row in sessions.carteira:
        if row["data_pregao"] == MONDAY:
            row["redutor"] = redutor_of(sessions, FRIDAY) * Decimal("0.98")

    adjusted = sessions.one("resumo_do_indice")

    assert adjusted["retorno_aproximado"] == plain["retorno_aproximado"]
    assert adjusted["residuo"] > plain["residuo"] + 1


def test_each_index_has_its_own_members(sessions: Sessions) -> None:
    (row,) = sessions.ask("contribuicao", indice="IBXX")
    assert (row["codigo"], row["participacao"]) == ("PETR3", 100)
    assert sessions.one("resumo_do_indice", indice="IBXX")["papeis"] == 1
    for name in INDEX_QUERIES:
        assert sessions.ask(name, indice="SMLL") == [], name


# --- the whole market ---


def test_the_most_traded_of_the_whole_market_with_their_weights(sessions: Sessions) -> None:
    rows = sessions.ask("mais_negociados")

    total = Decimal("6500.35")
    assert [
        (
            row["posicao"],
            row["codigo"],
            row["nome_empresa"],
            row["participacao_no_volume"],
            row["participacao"],
        )
        for row in rows
    ] == [
        (1, "BOVA11", "BOVA", rounded(Decimal("5000.25") * 100 / total, 3), None),
        (2, "PETR4", "EMPRESA PETR", rounded(Decimal("900.10") * 100 / total, 3), 48),
        (3, "EMBJ3", "EMPRESA EMBJ", rounded(Decimal(50_000) / total, 3), 32),
        (4, "PETR3", "EMPRESA PETR", rounded(Decimal(10_000) / total, 3), 20),
    ]
    assert {row["data_pregao"] for row in rows} == {MONDAY}


def test_no_more_than_twenty_and_the_share_is_of_all(sessions: Sessions) -> None:
    sessions.negociacao = [row for row in sessions.negociacao if row["data_pregao"] != MONDAY]
    sessions.market(MONDAY, [Trade(codigo=f"AA{n:02}3", close="1", value=str(100 + n)) for n in range(50)])

    rows = sessions.ask("mais_negociados")

    assert [row["valor_total"] for row in rows] == [149 - n for n in range(20)]
    assert rows[0]["participacao_no_volume"] == rounded(Decimal(14_900) / sum(range(100, 150)), 3)


def test_settlement_of_the_ten_latest_sessions(sessions: Sessions) -> None:
    first = date(2025, 10, 6)
    for n in range(12):
        sessions.market(
            first + timedelta(days=n + n // 5 * 2), [Trade(codigo="PETR4", close="30", value="7.50")]
        )

    rows = sessions.ask("dias_ate_liquidacao", until=date(2025, 10, 29))

    assert len(rows) == 10
    assert rows[0] == {
        "data_pregao": date(2025, 10, 21),
        "data_liquidacao": date(2025, 10, 23),
        "dias_ate_liquidacao": 2,
        "valor_total": Decimal("7.50"),
    }
    assert {row["dias_ate_liquidacao"] for row in rows} == {2, 4}
    assert sessions.ask("dias_ate_liquidacao")[0]["valor_total"] == Decimal("6500.35")


def columns(rows: list[Row]) -> list[str]:
    return list(rows[0])


def test_the_columns_that_reports_are_built_on(sessions: Sessions) -> None:
    assert {name: columns(sessions.ask(name)) for name in (*INDEX_QUERIES, "mais_negociados")} == {
        "maiores_variacoes": [
            "data_pregao", "posicao", "codigo", "nome_empresa", "setor", "participacao", "preco_anterior",
            "preco_fechamento", "retorno", "valor_total",
        ],
        "contribuicao": [
            "data_pregao", "codigo", "nome_empresa", "setor", "participacao", "retorno", "contribuicao",
        ],
        "resumo_do_indice": [
            "data_pregao", "pregao_anterior", "papeis", "sem_negocio", "retorno_aproximado", "retorno_indice",
            "residuo", "hhi", "dez_maiores", "valor_total", "subiram", "cairam", "estaveis", "nivel", "cobertura",
        ],
        "mapa_setorial": [
            "data_pregao", "setor", "papeis", "participacao", "retorno", "contribuicao", "subiram", "cairam",
            "valor_total",
        ],
        "mais_negociados": [
            "data_pregao", "posicao", "codigo", "nome_empresa", "valor_total", "quantidade", "qtd_titulos",
            "preco_medio", "participacao_no_volume", "participacao",
        ],
    }  # fmt: skip
