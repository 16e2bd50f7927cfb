"""`bovespa query` on a small lake, through the command line's own parsing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bovespa.main import main
from lake.athena import Result
from tests.index_sessions import Member, Sessions

MONDAY, TUESDAY = date(2025, 9, 1), date(2025, 9, 2)


@dataclass(frozen=True)
class LakeTarget:
    """Stands where a stack's target does; its Athena answers from the lake."""

    lake: Sessions
    embedded = True

    @property
    def athena(self) -> LakeTarget:
        return self

    def run(self, sql: str) -> Result:
        rows = self.lake.run(sql)
        return Result(
            columns=tuple(rows[0]) if rows else self.lake.columns(sql),
            rows=tuple(tuple(r.values()) for r in rows),
            scanned_bytes=0,
        )


@pytest.fixture(autouse=True)
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Sessions(folder=tmp_path)
    for day in (MONDAY, TUESDAY):
        lake.portfolio(day, [Member(codigo="PETR4", weight="100.000")])
        lake.portfolio(day, [Member(codigo="CVCB3", weight="100.000")], indice="SMLL")
    monkeypatch.setattr("bovespa.commands.query.find_athena", lambda where: LakeTarget(lake))


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = 0
    try:
        main(["query", *arguments])
    except SystemExit as exit_:
        status = int(str(exit_.code or 0))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.mark.parametrize(
    ("options", "codigo", "day"),
    [
        ((), "PETR4", TUESDAY),
        (("--index", "SMLL"), "CVCB3", TUESDAY),
        (("--date", "2025-09-01"), "PETR4", MONDAY),
        (("--index", "SMLL", "--date", "2025-09-01"), "CVCB3", MONDAY),
    ],
)
def test_a_saved_query_of_an_index_as_of_a_day(
    options: tuple[str, ...], codigo: str, day: date, capsys: pytest.CaptureFixture[str]
) -> None:
    status, output, _ = run("composicao", *options, "--json", capsys=capsys)

    answer: dict[str, Any] = json.loads(output)
    assert status == 0
    (row,) = (dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"])
    assert (row["codigo"], row["data_pregao"]) == (codigo, str(day))


@pytest.mark.parametrize(("since", "sessions"), [("2025-09-02", 1), ("2025-09-01", 2)])
def test_a_history_from_a_day_on(since: str, sessions: int, capsys: pytest.CaptureFixture[str]) -> None:
    status, output, _ = run("rebalanceamento", "--since", since, "--json", capsys=capsys)

    assert (status, len(json.loads(output)["rows"])) == (0, sessions)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("composicao", "--index", "ifix"), "the lake has no IFIX; it has IBOV, SMLL"),
        (
            ("composicao", "--date", "2025-08-31"),
            "the lake has no session of IBOV on or before 2025-08-31, the first is 2025-09-01",
        ),
        (
            ("rebalanceamento", "--since", "2025-09-03"),
            "the lake has no session of IBOV since 2025-09-03, the last is 2025-09-02",
        ),
        (
            ("resumo_do_indice",),
            "there are no quotes of 2025-09-02 yet, the session of IBOV that was asked for",
        ),
        (("mais_negociados",), "the lake has no quotes yet"),
        (("dias_ate_liquidacao", "--date", "2025-09-01"), "the lake has no quotes on or before 2025-09-01"),
        (("historico_de_peso", "--ticker", "petr3"), "PETR3 is not in IBOV; there are PETR4"),
        (("historico_de_peso", "--ticker", "XPTO3"), "XPTO3 is not in IBOV"),
        (("entradas_e_saidas",), "nobody entered or left IBOV from 2025-09-01 to 2025-09-02"),
        (
            ("variacao_de_pesos", "--date", "2025-09-01"),
            "2025-09-01 is the only session of IBOV up to then, and two are compared",
        ),
        (("volatilidade",), "no member of IBOV has 21 returns from 2025-09-01 to 2025-09-02"),
    ],
)
def test_an_empty_answer_says_why_in_one_line(
    arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments, "--language", "en", capsys=capsys) == (0, "", f"no rows: {why}\n")


def test_an_empty_answer_is_empty_for_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    as_json = run("composicao", "--index", "IFIX", "--json", "--language", "pt", capsys=capsys)
    assert (as_json[0], json.loads(as_json[1])["rows"]) == (0, [])
    assert as_json[2] == "nenhuma linha: o lake não tem IFIX; tem IBOV, SMLL\n"
    assert run("composicao", "--index", "IFIX", "--csv", capsys=capsys)[1].startswith("data_pregao,codigo,")


def test_one_language_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    _, output, _ = run("composicao", "--language", "pt", capsys=capsys)
    assert "100,000" in output
    assert output.splitlines()[-1] == "1 linha, 0 bytes lidos"

    _, output, _ = run("composicao", "--index", "ibov", "--language", "en", capsys=capsys)
    assert "100.000" in output
    assert output.splitlines()[-1] == "1 row, 0 bytes scanned"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("composicao", "--index", "x'; DROP TABLE"), 1, "not a code of one of B3's indices"),
        (
            ("composicao", "--index", "ibov!"),
            1,
            "not a code of one of B3's indices, such as IBOV or SMLL: 'ibov!'",
        ),
        (("composicao", "--date", "01/09/2025"), 2, "does not match"),
        (("dias_ate_liquidacao", "--index", "SMLL"), 1, "dias_ate_liquidacao asks about no index"),
        (("bitcoin_ohlcv", "--date", "2025-09-01"), 1, "bitcoin_ohlcv is of the Bitcoin stream"),
        (("composicao", "--last", "15m"), 1, "composicao is not of the Bitcoin stream"),
        (("bitcoin_ohlcv", "--last", "15 minutes"), 1, "not a length of time, such as 15m"),
        (("bitcoin_ohlcv", "--last", "9999d"), 1, "9999d is more than 366 days"),
        (("bitcoin_ohlcv", "--last", "1h", "--since", "2026-01-01"), 1, "--last and --since say the same"),
        (("bitcoin_ohlcv", "--since", "2026-01-02", "--until", "2026-01-01"), 1, "nothing lies between"),
        (("bitcoin_ohlcv", "--exchange", "x' OR 1=1"), 1, "not the name of an exchange"),
        (("composicao", "--since", "2025-09-01"), 1, "composicao has no first session"),
        (("composicao", "--ticker", "PETR4"), 1, "composicao asks about no single share"),
        (("historico_de_peso", "--ticker", "x' OR"), 1, "not the ticker of a share, such as PETR4 or KLBN11"),
        (("--sql", "SELECT 1", "--index", "SMLL"), 2, "are for saved queries"),
        (("nenhuma", "--index", "SMLL"), 1, "no saved query named 'nenhuma'"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: tuple[str, ...], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, output, errors = run(*arguments, capsys=capsys)

    assert (found, output) == (status, "")
    assert said in errors
    assert "Traceback" not in errors
