"""The feature table: its numbers beside a computation of its own, and that it never looks ahead."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bovespa.athena.dialect import to_duckdb
from lake.saved_queries import SavedQuery, saved_query
from lake.tables import negociacao
from tests import duck
from tests.market_lake import weekday_sessions

SESSIONS = weekday_sessions(date(2025, 6, 2), 50)
FEATURES = saved_query("atributos")
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A row of `negociacao`: session by its place, close in cents."""

    session: int
    codigo: str
    close: int | None
    valor: int
    isin: str = "BRXXXXACNOR1"
    especificacao: str = "ON      NM"


@dataclass(frozen=True, kw_only=True)
class Weight:
    """A row of `carteira`, the weight in thousandths of a percent."""

    session: int
    codigo: str
    weight: int
    days: int = 7
    indice: str = "IBOV"


def features(quotes: Sequence[Quote], weights: Sequence[Weight], query: SavedQuery = FEATURES) -> list[Row]:
    with duck.connection() as lake:
        lake.execute(
            "CREATE TEMP TABLE negociacao ("
            + ", ".join(f"{c.name} {c.trino_type}" for c in negociacao.REFINED.all_columns)
            + ")"
        )
        lake.execute(
            "CREATE TEMP TABLE indice_membro (data_pregao date, indice text, codigo text, participacao decimal(9,3), "
            "dias_desde_rebalanceamento int)"
        )
        insert(
            lake,
            "negociacao (data_pregao, codigo, isin, especificacao, preco_fechamento, valor_total, inicial)",
            [
                (
                    SESSIONS[q.session],
                    q.codigo,
                    q.isin,
                    q.especificacao,
                    None if q.close is None else Decimal(q.close) / 100,
                    Decimal(q.valor) / 100,
                    q.codigo[0],
                )
                for q in quotes
            ],
        )
        insert(
            lake,
            "indice_membro",
            [(SESSIONS[w.session], w.indice, w.codigo, Decimal(w.weight) / 1000, w.days) for w in weights],
        )
        result = lake.execute(to_duckdb(query.sql))
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def insert(lake: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Many rows in one statement; DuckDB's executemany runs one for each."""
    if rows:
        one = f"({', '.join('?' * len(rows[0]))})"
        lake.execute(
            f"INSERT INTO {table} VALUES {', '.join([one] * len(rows))}", [v for r in rows for v in r]
        )


def steady(codigo: str, sessions: Sequence[int]) -> list[Quote]:
    """Closes and values that vary, without randomness."""
    return [
        Quote(
            session=n,
            codigo=codigo,
            close=1000 + 37 * (n * 7919 % 23) + len(codigo) * n,
            valor=10_000_000 + 1_234_567 * (n * 104_729 % 31),
        )
        for n in sessions
    ]


def at(rows: Sequence[Row], session: int, codigo: str) -> Row:
    (row,) = (r for r in rows if r["data_pregao"] == SESSIONS[session] and r["codigo_atual"] == codigo)
    return row


def near(value: Decimal | None, expected: float) -> bool:
    assert value is not None
    return abs(float(value) - expected) < 2e-10


def test_the_features_are_those_computed_by_hand() -> None:
    quotes = steady("PETR4", range(50))
    close = {q.session: float(q.close or 0) for q in quotes}
    volume = {q.session: math.log(q.valor / 100) for q in quotes}
    weights = [Weight(session=n, codigo="PETR4", weight=9000 + n * n, days=n) for n in range(50)]

    row = at(features(quotes, weights), 40, "PETR4")

    assert row["preco_fechamento"] == Decimal(int(close[40])) / 100
    assert near(row["retorno_1"], math.log(close[40] / close[39]))
    assert near(row["retorno_5"], math.log(close[40] / close[35]))
    assert near(row["retorno_21"], math.log(close[40] / close[19]))
    daily = [math.log(close[n] / close[n - 1]) for n in range(20, 41)]
    assert near(row["volatilidade_21"], statistics.stdev(daily))
    before = [volume[n] for n in range(19, 40)]
    assert near(row["volume_z_21"], (volume[40] - statistics.mean(before)) / statistics.stdev(before))
    assert (row["participacao"], row["variacao_participacao"]) == (Decimal("10.600"), Decimal("0.079"))
    assert row["dias_desde_rebalanceamento"] == 40


def test_a_return_is_since_the_last_close_known_then() -> None:
    quotes = [q for q in steady("PETR4", range(50)) if q.session not in (34, 35, 39)] + steady(
        "VALE3", range(50)
    )
    close = {q.session: float(q.close or 0) for q in quotes if q.codigo == "PETR4"}

    row = at(features(quotes, []), 40, "PETR4")

    assert near(row["retorno_1"], math.log(close[40] / close[38]))
    assert near(row["retorno_5"], math.log(close[40] / close[33]))


def test_a_close_of_long_ago_is_not_the_one_before() -> None:
    others = steady("VALE3", range(50))
    assert at(features([*steady("PETR4", (20, 31)), *others], []), 31, "PETR4")["retorno_1"] is None
    assert at(features([*steady("PETR4", (20, 30)), *others], []), 30, "PETR4")["retorno_1"] is not None


def test_deviations_need_fifteen_observations() -> None:
    rows = features(steady("PETR4", range(50)), [])

    assert at(rows, 14, "PETR4")["volatilidade_21"] is None
    assert at(rows, 15, "PETR4")["volatilidade_21"] is not None
    assert at(rows, 14, "PETR4")["volume_z_21"] is None
    assert at(rows, 15, "PETR4")["volume_z_21"] is not None


def test_an_unvarying_volume_has_no_z_score() -> None:
    quotes = [replace(q, valor=5_000_000) for q in steady("PETR4", range(40))]
    assert {row["volume_z_21"] for row in features(quotes, [])} == {None}


def test_weights_are_zero_outside_the_portfolio_and_unknown_without_one() -> None:
    quotes = [*steady("PETR4", range(4)), *steady("XPTO3", range(4))]
    weights = [
        Weight(session=1, codigo="PETR4", weight=100_000),
        Weight(session=2, codigo="PETR4", weight=60_000),
        Weight(session=2, codigo="XPTO3", weight=40_000),
        Weight(session=3, codigo="XPTO3", weight=100_000),
        Weight(session=3, codigo="PETR4", weight=70_000, indice="SMLL"),
    ]

    rows = features(quotes, weights)

    found = {
        (r["codigo_atual"], SESSIONS.index(r["data_pregao"])): (r["participacao"], r["variacao_participacao"])
        for r in rows
    }
    assert found[("PETR4", 0)] == (None, None)
    assert found[("PETR4", 1)] == (Decimal("100.000"), None)
    assert found[("PETR4", 2)] == (Decimal("60.000"), Decimal("-40.000"))
    assert found[("XPTO3", 2)] == (Decimal("40.000"), Decimal("40.000"))
    assert found[("PETR4", 3)] == (Decimal("0.000"), Decimal("-60.000"))


def test_a_renamed_share_is_one_series() -> None:
    old = [replace(q, codigo="EMBR3", isin="BREMBRACNOR4") for q in steady("PETR4", range(30))]
    new = [replace(q, codigo="EMBJ3") for q in steady("PETR4", range(30, 50))]
    weights = [
        Weight(session=29, codigo="EMBR3", weight=2000),
        Weight(session=30, codigo="EMBJ3", weight=2100),
    ]

    rows = features([*old, *new], weights)

    assert {row["codigo_atual"] for row in rows} == {"EMBJ3"}
    row = at(rows, 30, "EMBJ3")
    assert (row["codigo"], row["variacao_participacao"]) == ("EMBJ3", Decimal("0.100"))
    close = {q.session: float(q.close or 0) for q in [*old, *new]}
    assert near(row["retorno_1"], math.log(close[30] / close[29]))


def test_the_event_is_said_on_its_session() -> None:
    quotes = steady("PETR4", range(3))
    quotes[1] = replace(quotes[1], especificacao="PN  EDJ N2")
    assert [row["evento"] for row in features(quotes, [])] == [None, "EDJ", None]


def test_reading_from_a_session_on_gives_the_same_rows() -> None:
    quotes = [q for q in steady("PETR4", range(50)) if q.session % 7] + steady("VALE3", range(50))
    weights = [Weight(session=n, codigo="VALE3", weight=100 * n) for n in range(50)]
    every = features(quotes, weights)

    since = features(quotes, weights, FEATURES.since(SESSIONS[40]))

    assert since == [row for row in every if row["data_pregao"] >= SESSIONS[40]]
    assert since


CODES = ("PETR4", "VALE3", "XPTO3")


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Quote], list[Weight], int]:
    """Quotes with holes and with days of odd lots only, portfolios with holes, and a session."""
    prices = st.none() | st.integers(1, 10_000_000)
    present = st.lists(st.integers(0, 49), min_size=1, max_size=50, unique=True)
    quotes = [
        Quote(session=n, codigo=code, close=draw(prices), valor=draw(st.integers(0, 10**12)))
        for code in CODES
        for n in draw(present)
    ]
    weights = [
        Weight(session=n, codigo=code, weight=draw(st.integers(0, 100_000)), days=draw(st.integers(0, 130)))
        for n in draw(present)
        for code in draw(st.lists(st.sampled_from(CODES), unique=True))
    ]
    return quotes, weights, draw(st.integers(0, 49))


def up_to(rows: Sequence[Row], session: int) -> list[Row]:
    return [row for row in rows if row["data_pregao"] <= SESSIONS[session]]


def same(one: Sequence[Row], other: Sequence[Row]) -> bool:
    return [repr(row) for row in one] == [repr(row) for row in other]


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(market=markets(), later=markets())
def test_no_later_row_has_an_effect(
    market: tuple[list[Quote], list[Weight], int], later: tuple[list[Quote], list[Weight], int]
) -> None:
    """Whatever is put in the place of everything after a session: its features, and all before, stay."""
    quotes, weights, session = market
    past_quotes = [q for q in quotes if q.session <= session]
    past_weights = [w for w in weights if w.session <= session]

    now = features(past_quotes, past_weights)

    assert same(up_to(features(quotes, weights), session), now)
    assert same(features(quotes, weights, FEATURES.until(SESSIONS[session])), now)
    changed_quotes = past_quotes + [q for q in later[0] if q.session > session]
    changed_weights = past_weights + [w for w in later[1] if w.session > session]
    assert same(up_to(features(changed_quotes, changed_weights), session), now)


# Ways in which the statement could look ahead, each as a replacement in its text.
LOOKS_AHEAD = [
    ("BETWEEN 20 PRECEDING AND CURRENT ROW", "BETWEEN 10 PRECEDING AND 10 FOLLOWING"),
    ("BETWEEN 10 PRECEDING AND 1 PRECEDING", "BETWEEN 1 FOLLOWING AND 10 FOLLOWING"),
    ("lag(data_pregao) OVER (ORDER BY data_pregao)", "lead(data_pregao) OVER (ORDER BY data_pregao)"),
    ("OVER (ORDER BY data_pregao) AS n", "OVER (ORDER BY data_pregao DESC) AS n"),
]


@pytest.mark.parametrize(("text", "changed"), LOOKS_AHEAD)
def test_looking_ahead_would_be_noticed(text: str, changed: str) -> None:
    """What the property test above compares does differ for a statement that looks ahead."""
    assert text in FEATURES.sql
    query = replace(FEATURES, sql=FEATURES.sql.replace(text, changed))
    quotes = [q for code in CODES for q in steady(code, range(50))]
    weights = [Weight(session=n, codigo="PETR4", weight=1000 + n * n) for n in range(50)]

    now = features([q for q in quotes if q.session <= 30], [w for w in weights if w.session <= 30], query)

    assert not same(up_to(features(quotes, weights, query), 30), now)
