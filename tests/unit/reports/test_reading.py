from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bovespa.athena.dialect import to_duckdb
from lake.athena import Athena, QueryFailed
from lake.saved_queries import NoSuchIndex
from reports import NoSession, read_report
from reports.notation import Language, Notation
from reports.report import Missing, Part
from reports.sections import sections
from reports.sentences import lacks, lead
from reports.texts import EN
from tests import duck
from tests.index_sessions import Member, Sessions, Trade

THURSDAY, FRIDAY, MONDAY, TUESDAY = (
    date(2025, 10, 30),
    date(2025, 10, 31),
    date(2025, 11, 3),
    date(2025, 11, 4),
)
THEORETICAL = """
  CREATE TEMP VIEW carteira_teorica AS
  SELECT 'teorica' AS tipo_carteira, 'IBOV' AS indice, codigo, codigo AS acao, peso::DECIMAL(9, 3) AS participacao,
    TIMESTAMPTZ '2025-11-03 21:00:00Z' AS coletado_em, '2025-11-03' AS dt
  FROM (VALUES ('VALE3', '55'), ('NOVA3', '45')) AS t (codigo, peso)
"""

_translated = cache(to_duckdb)


class Engine:
    """What stands behind the Athena API in these tests: DuckDB over the lake's files, a connection a query."""

    def __init__(self, folder: Path, tables: Sequence[str], *statements: str) -> None:
        self.statements = [
            *(
                f"CREATE TEMP VIEW {table} AS SELECT * FROM read_parquet('{folder}/{table}.parquet')"
                for table in tables
            ),
            *statements,
        ]
        self.answers: dict[str, tuple[list[tuple[str, str]], list[tuple[Any, ...]]] | str] = {}
        self.numbers = itertools.count()
        self.running, self.most_at_once, self.lock = 0, 0, threading.Lock()

    def start_query_execution(self, *, QueryString: str, **_: object) -> dict[str, str]:  # noqa: N803
        query_id = str(next(self.numbers))
        with self.lock:
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
        try:
            with duck.connection() as connection:
                for statement in self.statements:
                    connection.execute(statement)
                cursor = connection.execute(_translated(QueryString))
                columns = [(str(name), str(kind).lower()) for name, kind, *_ in cursor.description]
                self.answers[query_id] = columns, cursor.fetchall()
        except duckdb.Error as error:
            self.answers[query_id] = str(error)
        finally:
            with self.lock:
                self.running -= 1
        return {"QueryExecutionId": query_id}

    def get_query_execution(self, *, QueryExecutionId: str) -> dict[str, object]:  # noqa: N803
        answer = self.answers[QueryExecutionId]
        if isinstance(answer, str):
            return {"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": answer}}}
        return {
            "QueryExecution": {"Status": {"State": "SUCCEEDED"}, "Statistics": {"DataScannedInBytes": 10}}
        }

    def get_paginator(self, _: str) -> Engine:
        return self

    def paginate(self, *, QueryExecutionId: str) -> list[dict[str, object]]:  # noqa: N803
        answer = self.answers[QueryExecutionId]
        assert not isinstance(answer, str)
        columns, rows = answer
        info = [{"Name": name, "Type": kind} for name, kind in columns]
        cells = [[{} if value is None else {"VarCharValue": str(value)} for value in row] for row in rows]
        header = [{"VarCharValue": name} for name, _ in columns]
        found = [{"Data": row} for row in [header, *cells]]
        return [{"ResultSet": {"Rows": found, "ResultSetMetadata": {"ColumnInfo": info}}}]


def athena(
    lake: Sessions,
    *statements: str,
    tables: Sequence[str] = ("carteira", "carteira_setor", "negociacao"),
    gold: Sequence[str] = ("indice_membro", "indice_diario"),
) -> Athena:
    lake.run("SELECT 1 AS n FROM indice_membro")  # writes the files
    return Athena(
        client=Engine(lake.folder, (*tables, *gold), *statements),
        workgroup="w",
        database="default",
    )


@pytest.fixture
def lake(tmp_path: Path) -> Sessions:
    """Three sessions of an index of two, traded on each; a fourth's portfolio, of which there are no quotes yet."""
    made = Sessions(folder=tmp_path)
    for day, weight in ((THURSDAY, "60.000"), (FRIDAY, "61.000"), (MONDAY, "62.000"), (TUESDAY, "63.000")):
        made.portfolio(
            day,
            [
                Member(codigo="VALE3", weight=weight, quantity=300, setor="Mats Básicos / Mineração"),
                Member(codigo="PETR4", weight=100 - Decimal(weight), quantity=500, setor="Petróleo"),
            ],
        )
    for day, vale, petro in ((THURSDAY, "60", "30"), (FRIDAY, "60", "30"), (MONDAY, "63", "29.70")):
        made.market(
            day,
            [
                Trade(codigo="VALE3", close=vale, value="900.10"),
                Trade(codigo="PETR4", close=petro, value="300.00"),
                Trade(codigo="BOVA11", close="140", value="5000.25"),
            ],
        )
    return made


def test_a_session_with_everything(lake: Sessions) -> None:
    report = read_report(athena(lake, THEORETICAL), until=MONDAY)
    assert (report.index, report.session, report.missing) == ("IBOV", MONDAY, ())
    done = report.performance
    assert done
    # 62 % × 5 % and 38 % × −1 %; the level: 300 × 60 + 500 × 30 = 33,000, then 18,900 + 14,850 = 33,750.
    assert done.approximate == Decimal("2.72")
    assert round(done.index or 0, 4) == Decimal("2.2727")
    assert done.residual == (done.index or 0) - done.approximate
    assert {share.code: share.contribution for share in report.shares} == {
        "VALE3": Decimal("3.1"),
        "PETR4": Decimal("-0.38"),
    }
    assert (done.previous, done.up, done.down, done.traded) == (FRIDAY, 1, 1, Decimal("1200.10"))
    assert report.hhi == 62**2 + 38**2
    assert [row["codigo"] for row in report.records("mais_negociados")] == ["BOVA11", "VALE3", "PETR4"]
    assert report.settlement
    assert report.settlement["data_liquidacao"] == date(2025, 11, 5)


def test_the_portfolio_in_force_is_not_announced_as_the_next(lake: Sessions) -> None:
    """B3's theoretical portfolio of the quadrimester is not of the next, and of that nothing is shown yet."""
    report = read_report(athena(lake, THEORETICAL), until=MONDAY)
    assert (report.records("proximo_rebalanceamento"), report.missing) == ([], ())
    assert [s.key for s in sections(report, EN, Notation(language=Language.EN)) if s.key == "next"] == []


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("previa", {"NOVA3": "entra", "PETR4": "sai", "VALE3": "fica"}), ("teorica", None)],
)
def test_in_the_last_month_a_preview_is_announced_or_lacks(
    tmp_path: Path, kind: str, shown: dict[str, str] | None
) -> None:
    lake, december = Sessions(folder=tmp_path), date(2025, 12, 2)
    lake.portfolio(december, [Member(codigo="VALE3", weight="60"), Member(codigo="PETR4", weight="40")])
    for row in lake.carteira:
        row["inicio_vigencia"] = date(2025, 9, 1)
    captured = THEORETICAL.replace("'teorica'", f"'{kind}'").replace("'2025-11-03'", "'2025-12-01'")
    report = read_report(athena(lake, captured, tables=("carteira", "carteira_setor")))
    assert {row["codigo"]: row["movimento"] for row in report.upcoming} == (shown or {})
    lack = Missing(part=Part.THEORETICAL)
    assert (lack in report.missing) is (shown is None)


def test_prices_of_the_sample_are_told_by_session(lake: Sessions) -> None:
    for row in lake.negociacao:
        if row["data_pregao"] != FRIDAY:
            row["nome_resumido"] = f"FICT {row['codigo']}"
    assert read_report(athena(lake), until=MONDAY).made_up == (MONDAY, THURSDAY)
    assert read_report(athena(lake), until=FRIDAY).made_up == (THURSDAY,)


def test_queries_run_at_once_but_not_all(lake: Sessions) -> None:
    asked = athena(lake)
    read_report(asked, until=MONDAY)
    assert 1 < asked.client.most_at_once <= 4


def test_the_portfolio_is_ahead_of_the_quotes(lake: Sessions) -> None:
    report = read_report(athena(lake))
    assert report.session == TUESDAY
    assert report.missing == (
        Missing(part=Part.QUOTES, latest=MONDAY),
        Missing(part=Part.THEORETICAL, table="carteira_teorica"),
    )
    assert report.performance is None
    assert not report.records("contribuicao")
    assert len(report.shares) == 2


def test_the_first_session_with_quotes_has_volumes_but_no_returns(lake: Sessions) -> None:
    report = read_report(athena(lake), until=THURSDAY)
    assert report.missing[0] == Missing(part=Part.RETURNS)
    assert report.records("mais_negociados")
    assert lacks(report, EN, Notation(language=Language.EN))[0] == (
        "No returns: the close of the session before 30 Oct 2025 is missing."
    )


def test_before_the_first_run_of_the_quotes_job(lake: Sessions) -> None:
    lake.negociacao.clear()
    report = read_report(athena(lake, tables=("carteira", "carteira_setor")), until=MONDAY)
    assert report.missing == (
        Missing(part=Part.QUOTES, table="negociacao"),
        Missing(part=Part.THEORETICAL, table="carteira_teorica"),
    )
    keys = [section.key for section in sections(report, EN, Notation(language=Language.EN))]
    assert keys == [
        "sectors", "concentration", "changes", "weights", "sector-weights", "entries", "calendar", "portfolio",
    ]  # fmt: skip


def test_athenas_own_words_for_a_table_that_is_not_there(
    lake: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Athena.run

    def as_athena_says(self: Athena, sql: str, **_: object) -> object:
        try:
            return run(self, sql)
        except QueryFailed as error:
            table = "negociacao_continua" if "negociacao" in str(error) else "carteira_teorica"
            raise QueryFailed(
                f"TABLE_NOT_FOUND: line 3:8: Table 'awsdatacatalog.default.{table}' does not exist"
            ) from None

    monkeypatch.setattr(Athena, "run", as_athena_says)
    report = read_report(athena(lake, tables=("carteira", "carteira_setor")), until=MONDAY)
    assert [lack.table for lack in report.missing] == ["negociacao_continua", "carteira_teorica"]


def test_a_query_that_fails_for_another_reason_is_a_failure(lake: Sessions) -> None:
    broken = "CREATE TEMP VIEW carteira_teorica AS SELECT 1 AS one"
    with pytest.raises(QueryFailed, match='column named "dt"'):
        read_report(athena(lake, broken), until=MONDAY)


def test_without_the_portfolio_there_is_no_report(lake: Sessions) -> None:
    with pytest.raises(QueryFailed, match="indice_"):
        read_report(athena(lake, gold=()))


def test_another_index(lake: Sessions) -> None:
    lake.portfolio(MONDAY, [Member(codigo="BOVA11", weight="100.000")], indice="SMLL")
    report = read_report(athena(lake), until=MONDAY, indice="SMLL")
    assert [share.code for share in report.shares] == ["BOVA11"]
    assert report.performance
    assert report.performance.approximate == 0
    assert lead(report, EN, Notation(language=Language.EN)) == (
        "The index closed unchanged: 0 up, 0 down, 1 unchanged."
    )


@pytest.mark.parametrize(
    ("until", "indice", "error", "message"),
    [
        (date(2020, 1, 1), "IBOV", NoSession, "no session of IBOV on or before 2020-01-01"),
        (None, "IDIV", NoSession, "the lake has no session of IDIV yet"),
        (None, "ibov' OR 1=1 --", NoSuchIndex, "not a code"),
    ],
)
def test_nothing_to_report_on(
    lake: Sessions, until: date | None, indice: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_report(athena(lake), until=until, indice=indice)
