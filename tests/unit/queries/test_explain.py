"""What `query --explain` counts, on a small lake in the emulator, and from Athena's own answers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bovespa.athena.dialect import to_duckdb
from bovespa.athena.explain import Explanation, Measure, TableRead, explain_embedded, explain_on_aws
from bovespa.athena.parquet_tables import (
    ParquetTable,
    bytes_read,
    column_bytes,
    opened,
    run,
    without_metadata_tables,
)
from bovespa.commands.explanation import document, print_explanation
from bovespa.local.aws import Clients
from bovespa.local.emulator import REGION
from lake.athena import Athena, QueryFailed
from lake.saved_queries import saved_query
from tests.market_lake import TABLES, Market, catalogue_lake, weekday_sessions, write_lake

SESSIONS = weekday_sessions(date(2025, 8, 25), 8)
MARKET = Market(
    sessions=SESSIONS, tickers=("PETR4", "VALE3", "ITUB4", "ABEV3", "WEGE3", "ITSA4", "VIVT3"), members=5
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lake")
    write_lake(MARKET, made)
    return made


@pytest.fixture(scope="module")
def athena(aws: Clients, folder: Path) -> Iterator[Athena]:
    name = f"explain-{uuid.uuid4().hex[:8]}"
    aws["s3"].create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    aws["glue"].create_database(DatabaseInput={"Name": name})
    catalogue_lake(aws, name, folder, database=name)
    aws["athena"].create_work_group(
        Name=name, Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{name}/athena/"}}
    )
    yield Athena(client=aws["athena"], workgroup=name, database=name)
    aws["glue"].delete_database(Name=name)


@pytest.fixture
def explain(athena: Athena, aws: Clients) -> Any:
    return lambda sql: explain_embedded(athena, sql, glue=aws["glue"], s3=aws["s3"])


def size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern))


def test_constants_leave_only_the_partitions_they_name(explain: Any, folder: Path) -> None:
    answer: Explanation = explain(
        "SELECT codigo, preco_fechamento FROM negociacao "
        "WHERE data_pregao BETWEEN DATE '2025-08-27' AND DATE '2025-08-29' AND inicial IN ('P', 'V')"
    )

    (read,) = answer.tables
    assert (read.table, read.columns) == ("negociacao", ("codigo", "preco_fechamento"))
    assert (read.files, read.files_planned, read.files_total) == (6, 6, 8 * 5)
    assert (read.partitions, read.partitions_total) == (6, 40)
    expected = sum(
        size(folder, f"negociacao/data_pregao=2025-08-{day}/inicial={letter}/*")
        for day in (27, 28, 29)
        for letter in "PV"
    )
    assert answer.scanned_bytes == read.bytes == expected
    assert 0 < (read.column_bytes or 0) < expected
    assert answer.measure is Measure.FILES


def test_what_a_join_leaves_is_told_apart_from_what_is_planned(explain: Any, folder: Path) -> None:
    answer: Explanation = explain(
        "WITH dia AS (SELECT max(data_pregao) AS d FROM carteira_setor) "
        "SELECT codigo, participacao FROM carteira INNER JOIN dia ON data_pregao = dia.d"
    )

    reads = {read.table: read for read in answer.tables}
    assert (reads["carteira"].files, reads["carteira"].files_planned) == (5, 8 * 5)
    assert reads["carteira"].bytes == size(folder, f"carteira/data_pregao={SESSIONS[-1]}/*/*")
    assert reads["carteira"].bytes_planned == size(folder, "carteira/*/*/*")
    assert reads["carteira_setor"].files == 8


def test_a_table_that_is_read_twice_counts_twice(explain: Any, folder: Path) -> None:
    answer: Explanation = explain(
        "WITH tudo AS (SELECT codigo, participacao FROM carteira) "
        "SELECT a.codigo, b.participacao FROM tudo AS a INNER JOIN tudo AS b ON a.codigo = b.codigo"
    )

    assert answer.scanned_bytes == 2 * size(folder, "carteira/*/*/*")


def test_the_catalogue_s_partitions_are_no_data(explain: Any) -> None:
    answer: Explanation = explain('SELECT max(data_pregao) AS d FROM "negociacao$partitions"')

    assert (answer.scanned_bytes, answer.tables) == (0, ())


def test_every_query_of_the_index_can_be_explained(explain: Any) -> None:
    answer: Explanation = explain(saved_query("setores").until(SESSIONS[3]).sql)

    assert {read.table for read in answer.tables} == {"indice_membro", "indice_diario"}
    assert answer.scanned_bytes > 0
    assert "indice_membro" in answer.plan or "PARQUET" in answer.plan


def test_a_statement_that_can_t_run_says_why(explain: Any) -> None:
    with pytest.raises(QueryFailed, match=r"nowhere.*does not exist"):
        explain("SELECT * FROM nowhere")


def test_large_files_are_read_by_column(tmp_path: Path) -> None:
    numbers = pa.array(range(600_000), pa.int64())
    table = pa.table({"a": numbers, "b": pa.array(numbers.to_pylist()[::-1], pa.int64())})
    pq.write_table(table, tmp_path / "large.parquet", compression="none", use_dictionary=False)
    large = ParquetTable(name="large", root=tmp_path, keys={})

    with opened([large]) as connection:
        (scan,), fetched = run(connection, "SELECT sum(a) FROM large", [large])

    assert scan.columns == ("a",)
    assert 600_000 * 8 <= bytes_read(scan.read, scan.columns) < 600_000 * 8 * 1.1
    assert 600_000 * 8 <= fetched < 600_000 * 8 * 1.1
    assert column_bytes(scan.read, ("a", "b")) > 600_000 * 16


class FakeAthena:
    """Athena's API with the answers given, each a list of rows; keeps what it was asked."""

    def __init__(self, answers: dict[str, list[str]], scanned: int) -> None:
        self.answers, self.scanned, self.asked = answers, scanned, list[str]()

    def start_query_execution(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request["QueryString"])
        return {"QueryExecutionId": str(len(self.asked) - 1)}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803
        sql = self.asked[int(QueryExecutionId)]
        scanned = 0 if sql.startswith("EXPLAIN") else self.scanned
        return {
            "QueryExecution": {
                "Status": {"State": "SUCCEEDED"},
                "Statistics": {"DataScannedInBytes": scanned},
            }
        }

    def get_paginator(self, _name: str) -> FakeAthena:
        return self

    def paginate(self, QueryExecutionId: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        sql = self.asked[int(QueryExecutionId)]
        rows = next((rows for start, rows in self.answers.items() if sql.startswith(start)), ["x"])
        yield {
            "ResultSet": {
                "Rows": [{"Data": [{"VarCharValue": row}]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": [{"Name": "Query Plan", "Type": "varchar"}]},
            }
        }


def io_plan(constraints: dict[str, Any]) -> str:
    table = {"catalog": "awsdatacatalog", "schemaTable": {"schema": "default", "table": "negociacao"}}
    return json.dumps({"inputTableColumnInfos": [{"table": table, **constraints}]}, indent=1)


def limit(value: str, bound: str = "EXACTLY") -> dict[str, str]:
    return {"value": value, "bound": bound}


@pytest.mark.parametrize("nested", [False, True])
def test_on_aws_athena_s_own_count_and_plans_are_shown(nested: bool) -> None:
    constraints: dict[str, Any] = {
        "columnConstraints": [
            {
                "columnName": "data_pregao",
                "domain": {"ranges": [{"low": limit("2025-08-01"), "high": limit("2025-09-01", "BELOW")}]},
            },
            {
                "columnName": "inicial",
                "domain": {"ranges": [{"low": limit(c), "high": limit(c)} for c in "PV"]},
            },
        ]
    }
    text = io_plan({"constraint": constraints} if nested else constraints)
    fake = FakeAthena(
        {
            "EXPLAIN (TYPE IO": ["Query Plan", *text.splitlines()],
            "EXPLAIN ": ["Fragment 0", " - Output"],
        },
        scanned=23_456_789,
    )

    answer = explain_on_aws(Athena(client=fake, workgroup="w", database="default"), "SELECT 1")

    assert answer.scanned_bytes == 23_456_789
    assert answer.measure is Measure.ATHENA
    assert answer.plan == "Fragment 0\n - Output"
    assert answer.tables == (
        TableRead(
            table="negociacao",
            conditions=(
                "data_pregao >= 2025-08-01 and data_pregao < 2025-09-01",
                "inicial = P or inicial = V",
            ),
        ),
    )
    assert document(answer)["usd"] == Decimal("0.00012")  # 24 MB at 5 dollars a TB


def test_an_unknown_form_of_athena_s_plan_is_said() -> None:
    fake = FakeAthena({"EXPLAIN (TYPE IO": ["Query Plan", "nothing"], "EXPLAIN ": ["x"]}, scanned=1)
    with pytest.raises(QueryFailed, match="IO plan has another form"):
        explain_on_aws(Athena(client=fake, workgroup="w", database="default"), "SELECT 1")


def test_the_least_that_athena_bills_is_ten_megabytes(
    explain: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    answer: Explanation = explain("SELECT codigo FROM carteira")

    print_explanation(answer, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["measure"], printed["billed_bytes"], printed["usd"]) == ("files", 10_000_000, "0.00005")
    assert printed["tables"][0]["files"] == 40
    assert Decimal(printed["s3_requests_usd"]) == Decimal("0.000016")

    print_explanation(answer, as_json=False)
    text = click.unstyle(capsys.readouterr().out)
    assert "estimated from the files" in text
    assert "USD 0.000050 for 10 MB" in text
    assert "40 of 40" in text


@pytest.mark.parametrize(
    "name",
    [
        "composicao",
        "contribuicao",
        "maiores_pesos",
        "maiores_variacoes",
        "mapa_setorial",
        "rebalanceamento",
        "resumo_do_indice",
        "setores",
        "setores_no_tempo",
        "variacao_de_pesos",
    ],
)
def test_a_query_of_the_gold_tables_reads_a_file_a_year(name: str, folder: Path) -> None:
    tables = [
        ParquetTable(name=table, root=folder / table, keys=dict(keys)) for table, (_, keys) in TABLES.items()
    ]
    with opened(tables) as connection:
        found, _ = run(connection, to_duckdb(without_metadata_tables(saved_query(name).sql)), tables)
    assert {scan.table.name for scan in found} <= {"indice_membro", "indice_diario"}
    assert all(len(scan.planned) == len({day.year for day in SESSIONS}) for scan in found)
