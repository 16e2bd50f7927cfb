"""The saved queries as files: each one documented statement, found by its name, asked of an index that may be one."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot

from bovespa.athena.dialect import to_duckdb
from lake import saved_queries as catalogue
from lake.athena import QueryFailed
from lake.saved_queries import NoSuchIndex, SavedQuery, UnknownQuery, saved_queries, saved_query
from tests import duck


@pytest.mark.parametrize("query", saved_queries(), ids=lambda query: query.name)
def test_every_query_is_one_documented_statement_of_trino(query: SavedQuery) -> None:
    (statement,) = sqlglot.parse(query.sql, read="trino")

    assert isinstance(statement, sqlglot.exp.Query)
    assert query.title[0].isupper()
    assert query.description.endswith(".")
    assert ";" not in query.sql


@pytest.mark.parametrize("page", ["lake.md", "lake.pt-BR.md"])
def test_every_query_is_in_the_tables_of_the_docs(page: str) -> None:
    text = (catalogue.FOLDER.parents[1] / "docs" / page).read_text(encoding="utf-8")

    assert [q.name for q in saved_queries() if f"| `{q.name}` | {q.title} |" not in text] == []


@pytest.mark.parametrize("code", ["", "ibov!", "IBOV'", "IBOV' OR '1'='1", "IBO", "TOOLONGX", "IBOV\n"])
def test_what_is_no_index_is_refused(code: str) -> None:
    with pytest.raises(NoSuchIndex, match="not a code of one of B3's indices, such as IBOV or SMLL"):
        saved_query("composicao").of_index(code)


def test_titles_are_unique() -> None:
    titles = [query.title for query in saved_queries()]

    assert len(set(titles)) == len(titles) >= 6


def test_an_unknown_query_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        UnknownQuery,
        match=r"no saved query named 'top'; there are altas_e_baixas_no_periodo, amplitude, atributos, .*variacao_de_pesos",
    ):
        saved_query("top")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "-- title: A\nSELECT 1",
        "-- title: A\n-- What it does.\nSELECT 1; SELECT 2",
        "-- What it does.\n-- title: A\nSELECT 1",
    ],
)
def test_a_file_without_title_description_and_one_statement_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "odd.sql").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)

    with pytest.raises(
        ValueError, match=r"odd\.sql: expected '-- title: …', description lines, and one statement"
    ):
        saved_queries()


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELEC 1", "not a statement that Athena understands"),
        ("SELECT (1", "not a statement that Athena understands"),
        ("SELECT 1; SELECT 2", "expected one statement, found 2"),
    ],
)
def test_what_is_no_single_statement_is_refused_in_one_line(sql: str, reason: str) -> None:
    with pytest.raises(QueryFailed, match=reason) as refusal:
        to_duckdb(sql)

    assert "\n" not in str(refusal.value)


def test_trinos_own_functions_are_translated() -> None:
    with duck.connection() as connection:
        sql = to_duckdb(
            "SELECT date_format(DATE '2025-07-14', '%d/%m/%Y'), date_diff('day', DATE '2025-07-01', DATE '2025-07-14')"
        )

        assert connection.execute(sql).fetchall() == [("14/07/2025", 13)]
