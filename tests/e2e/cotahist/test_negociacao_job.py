"""glue/jobs/negociacao.json on real Spark, fed by the real reading path; checked with DuckDB."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bovespa.directory_s3 import DirectoryS3
from bovespa.glue.folder_run import run_definition
from bovespa.glue.local_run import RunResult
from bovespa.glue.runtime.gateway import Gateway
from functions.b3.cotahist.client import Payload
from functions.b3.cotahist.period import of_day, of_year
from functions.b3.lake import Lake
from functions.quotes.collect import Span, take
from glue.definition import fill, load
from glue.validation import validate
from lake.renames import continuity_sql
from lake.tables import negociacao
from tests.cotahist_files import quote, sessions_of, text, write
from tests.settlement import settlement_date

pytestmark = pytest.mark.slow

JOB = Path(__file__).resolve().parents[3] / "glue" / "jobs" / "negociacao.json"
FILES = "lake/REFINED/negociacao/*/*/*.parquet"


def run(root: Path, jvm: Gateway) -> RunResult:
    return run_definition(
        fill(load(JOB), {"lake_bucket": "lake"}),
        root,
        gateway=jvm,
    )


def put_day(root: Path, day: date, *quotes: bytes) -> None:
    """The day's file, through all of its checks, into the lake's raw."""
    body = text(*quotes, year=day.year, generated_on=day)
    path = root / of_day(day).zip_name
    path.write_bytes(body)
    file = Payload(name=path.name, url="", path=path, sha256=hashlib.sha256(body).hexdigest())
    take(file, of_day(day), Lake(DirectoryS3(root), "lake"), Span(captured_at=datetime.now(UTC)))


def rows(root: Path, where: str = "true") -> list[dict[str, Any]]:
    query = f"SELECT * FROM read_parquet('{root}/{FILES}', hive_partitioning = true) WHERE {where}"
    result = duckdb.connect().execute(f"{query} ORDER BY data_pregao, codigo")
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def test_the_definition_is_valid() -> None:
    assert validate(load(JOB)) == []


def test_totals_prices_and_settlement_of_a_session(tmp_path: Path, warm_jvm: Gateway) -> None:
    day = date(2020, 2, 21)
    session = {"data": "20200221"}
    put_day(
        tmp_path,
        day,
        quote(**session, preabe=2_900, premax=3_000, premin=2_800, preult=2_950, totneg=10, quatot=1_000, voltot=2_930_051),
        quote(**session, codneg="PETR4F", codbdi="96", tpmerc="020", preabe=1, premax=99_999, premin=1, preult=2,
              totneg=3, quatot=7, voltot=20_549),
        quote(**session, codneg="ODDF3F", codbdi="96", tpmerc="020", totneg=1, quatot=2, voltot=900, codisi="BRODDFACNOR0"),
        quote(**session, codneg="CBEE3", fatcot=1000, premax=88, premin=87, preabe=88, preult=87, totneg=2,
              quatot=900_000, voltot=78_400),
        # the share changes its ISIN: the new one is the session's, both are traded
        quote(**session, codneg="VALE3", codisi="BRVALEACNOR0", dismes=215, premax=5_000, premin=4_100, preabe=4_200,
              preult=4_300, totneg=5, quatot=100, voltot=430_000),
        quote(**session, codneg="VALE3", codisi="BRVALEACNOR9", dismes=216, premax=4_900, premin=4_000, preabe=4_400,
              preult=4_500, totneg=7, quatot=200, voltot=900_000),
        quote(**session, codneg="PETRC30", codbdi="78", tpmerc="070", datven="20200316", preexe=3_000, voltot=10**12),
        quote(**session, codneg="PETR4T", codbdi="62", tpmerc="030", prazot="030", voltot=10**12),
    )  # fmt: skip
    result = run(tmp_path, warm_jvm)
    found = {row["codigo"]: row for row in rows(tmp_path)}

    assert sorted(found) == ["CBEE3", "ODDF3", "PETR4", "VALE3"]
    assert [(target.rows, target.table) for target in result.report.targets] == [(4, "default.negociacao")]
    petr4 = found["PETR4"]
    assert petr4 == {
        "codigo": "PETR4",
        "isin": "BRPETRACNPR6",
        "nome_resumido": "PETROBRAS",
        "especificacao": "PN",
        "moeda": "R$",
        "valor_total": Decimal("29506.00"),
        "quantidade": 13,
        "quantidade_duvidosa": False,
        "quantidade_provavel": 13,
        "qtd_titulos": 1_007,
        "preco_abertura": Decimal("29.00000000"),
        "preco_maximo": Decimal("30.00000000"),
        "preco_minimo": Decimal("28.00000000"),
        "preco_fechamento": Decimal("29.50000000"),
        "preco_medio": Decimal("29.30089374"),
        "data_liquidacao": date(2020, 2, 27),
        "dias_ate_liquidacao": 6,
        "data_pregao": day,
        "inicial": "P",
    }
    odd = found["ODDF3"]
    assert (odd["preco_abertura"], odd["preco_maximo"], odd["isin"]) == (None, None, "BRODDFACNOR0")
    assert (odd["valor_total"], odd["preco_medio"]) == (Decimal("9.00"), Decimal("4.50000000"))
    cheap = found["CBEE3"]
    assert (cheap["preco_maximo"], cheap["preco_medio"]) == (Decimal("0.00088000"), Decimal("0.00087111"))
    vale = found["VALE3"]
    assert (vale["isin"], vale["valor_total"], vale["quantidade"]) == (
        "BRVALEACNOR9",
        Decimal("13300.00"),
        12,
    )
    assert [vale[f"preco_{name}"] for name in ("abertura", "maximo", "minimo", "fechamento")] == [
        Decimal(44), Decimal(50), Decimal(40), Decimal(45)
    ]  # fmt: skip


def test_a_session_is_replaced_by_its_correction(tmp_path: Path, warm_jvm: Gateway) -> None:
    """In a folder no run is known to have succeeded, so each takes all; see test_set_aside.py for what is new."""
    first, second = date(2019, 5, 24), date(2019, 5, 27)
    put_day(tmp_path, first, quote(data="20190524"), quote(data="20190524", codneg="VALE3"))
    put_day(tmp_path, second, quote(data="20190527"))
    assert "2 sessions to refine, 0 objects to set aside" in run(tmp_path, warm_jvm).output
    assert [(row["data_pregao"], row["dias_ate_liquidacao"]) for row in rows(tmp_path)] == [
        (first, 5),
        (first, 5),
        (second, 2),
    ]

    put_day(tmp_path, first, quote(data="20190524", voltot=1))  # corrected: VALE3 is gone
    again = run(tmp_path, warm_jvm)
    assert {purged.path for purged in again.report.purged} == {
        f"s3://lake/REFINED/negociacao/data_pregao={day}/" for day in (first, second)
    }
    assert [(row["data_pregao"], row["valor_total"]) for row in rows(tmp_path)] == [
        (first, Decimal("0.01")),
        (second, Decimal("267200000.00")),
    ]


def test_many_sessions_in_one_run(tmp_path: Path, warm_jvm: Gateway) -> None:
    """Settlement agrees with the calendar on each, and the sums with raw; one file a partition."""
    days = [day for year in (2000, 2018, 2019, 2024, 2039) for day in sessions_of(of_year(year))[::12]]
    lake = Lake(DirectoryS3(tmp_path), "lake")
    for year in {day.year for day in days}:
        path = tmp_path / f"COTAHIST_A{year}.TXT"
        write(path, of_year(year), quotes_per_session=60, days=[day for day in days if day.year == year])
        file = Payload(
            name=path.name, url="", path=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest()
        )
        take(file, of_year(year), lake, Span(captured_at=datetime.now(UTC)))
    report = run(tmp_path, warm_jvm).report
    assert report.targets[0].files == report.targets[0].partitions
    found = rows(tmp_path)
    assert {row["data_pregao"]: row["data_liquidacao"] for row in found} == {
        day: settlement_date(day) for day in days
    }
    raw = f"read_parquet('{tmp_path}/lake/raw/negociacao/*/*.parquet')"
    sums = "SELECT sum({0}), sum({1}), sum(qtd_titulos) FROM {2}"
    refined = f"read_parquet('{tmp_path}/{FILES}')"
    expected = f"{raw} WHERE tipo_mercado IN ('010', '020')"
    database = duckdb.connect()
    totals = database.execute(sums.format("valor_total", "quantidade", refined)).fetchall()
    assert totals == database.execute(sums.format("vl_negociado", "qtd_negocios", expected)).fetchall()


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory, warm_jvm: Gateway) -> Path:
    """A session before the calendar, and the two between which a share is renamed, refined in one run."""
    root = tmp_path_factory.mktemp("edges")
    put_day(root, date(1999, 12, 30), quote(data="19991230"))
    put_day(root, date(2025, 10, 31), quote(data="20251031", codneg="EMBR3", codisi="BREMBRACNOR4"))
    put_day(root, date(2025, 11, 3), quote(data="20251103", codneg="EMBJ3", codisi="BREMBJACNOR1"))
    run(root, warm_jvm)
    return root


def test_before_the_calendar_the_settlement_is_unknown(edges: Path) -> None:
    found = rows(edges, "data_pregao = DATE '1999-12-30'")
    assert [(row["data_liquidacao"], row["dias_ate_liquidacao"]) for row in found] == [(None, None)]


def test_the_catalogue_has_the_types_that_the_view_declares(edges: Path) -> None:
    """Else Athena would call negociacao_continua stale."""
    catalogue = json.loads((edges / "catalog.json").read_text(encoding="utf-8"))
    table = catalogue["databases"]["default"]["tables"]["negociacao"]
    found = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
    keys = [(key["Name"], key["Type"]) for key in table["PartitionKeys"]]
    assert (tuple(found), tuple(keys)) == (negociacao.REFINED.types(), negociacao.REFINED.key_types())


def test_renamed_shares_go_on_in_the_query(edges: Path) -> None:
    database = duckdb.connect()
    renamed = "WHERE codigo LIKE 'EMB%'"
    database.execute(f"CREATE VIEW negociacao AS SELECT * FROM read_parquet('{edges}/{FILES}') {renamed}")
    continued = f"SELECT codigo, codigo_atual FROM ({continuity_sql()}) ORDER BY data_pregao"
    assert database.execute(continued).fetchall() == [("EMBR3", "EMBJ3"), ("EMBJ3", "EMBJ3")]
