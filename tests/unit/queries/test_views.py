"""The views: their files, their columns' types, and how the embedded Athena comes by them."""

from __future__ import annotations

import json
import re
import uuid
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bovespa.athena.dialect import to_duckdb
from bovespa.local.aws import Clients
from lake.athena import Athena
from lake.renames import continuity_sql
from lake.tables.negociacao import REFINED
from lake.views import VIEW_FOLDER, views
from tests.index_sessions import Sessions, Trade

JOB = Path(__file__).resolve().parents[3] / "glue" / "jobs" / "negociacao.json"
FRIDAY, MONDAY = date(2025, 10, 31), date(2025, 11, 3)


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    lake = Sessions(folder=tmp_path)
    lake.market(
        FRIDAY,
        [Trade(codigo="EMBR3", isin="BREMBRACNOR4", close="64"), Trade(codigo="PETR4", close="33")],
    )
    lake.market(MONDAY, [Trade(codigo="EMBJ3", isin="BREMBJACNOR1", close="65")])
    return lake


# --- the files ---


def test_every_view_has_a_file_and_every_file_a_view() -> None:
    assert {path.stem for path in VIEW_FOLDER.glob("*.sql")} == {view.name for view in views()}


def test_the_view_of_continuity_is_the_table_of_renames() -> None:
    (view,) = (view for view in views() if view.name == "negociacao_continua")

    assert view.sql == continuity_sql()


def test_the_columns_are_those_that_the_job_writes() -> None:
    job = json.loads(JOB.read_text(encoding="utf-8"))
    nodes = [node for wrapper in job["CodeGenConfigurationNodes"].values() for node in wrapper.values()]
    (last,) = (node["SqlQuery"] for node in nodes if node["Name"] == "Columns of negociacao")
    (target,) = (node for node in nodes if node["Name"] == "REFINED negociacao")

    selected = re.findall(r"^  CAST\((?:\w+) AS .+\) AS (\w+),?$", last, flags=re.MULTILINE)

    assert tuple(selected) == tuple(name for name, _ in (*REFINED.types(), *REFINED.key_types()))
    assert [key for (key,) in target["PartitionKeys"]] == [name for name, _ in REFINED.key_types()]
    assert target["SchemaChangePolicy"]["Table"] == REFINED.name


def test_the_views_sql_gives_its_declared_columns(sessions: Sessions) -> None:
    for view in views():
        (first, *_) = sessions.run(f"SELECT * FROM {view.name}")
        assert list(first) == [column.name for column in view.columns]


# --- in the place of their names ---


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT codigo_atual FROM negociacao_continua",
        "SELECT negociacao_continua.codigo_atual FROM negociacao_continua",
        "SELECT NEGOCIACAO_CONTINUA.codigo_atual FROM Negociacao_Continua",
        "SELECT n.codigo_atual FROM default.negociacao_continua AS n",
        "WITH x AS (SELECT * FROM negociacao_continua n) SELECT codigo_atual FROM x",
        "SELECT codigo_atual FROM (SELECT * FROM negociacao_continua) AS x",
        "SELECT a.codigo_atual FROM negociacao AS n INNER JOIN negociacao_continua AS a ON n.codigo = a.codigo"
        " AND n.data_pregao = a.data_pregao",
        "SELECT codigo_atual FROM negociacao_continua WHERE codigo IN (SELECT codigo FROM negociacao_continua)",
    ],
)
def test_a_view_is_found_wherever_a_table_may_stand(sessions: Sessions, sql: str) -> None:
    found = sorted(row["codigo_atual"] for row in sessions.run(sql))

    assert found == ["EMBJ3", "EMBJ3", "PETR4"]


def test_a_common_table_expression_hides_the_view(sessions: Sessions) -> None:
    sql = "WITH negociacao_continua AS (SELECT 'mine' AS codigo_atual) SELECT * FROM negociacao_continua"

    assert sessions.run(sql) == [{"codigo_atual": "mine"}]


def test_a_text_with_the_views_name_stays(sessions: Sessions) -> None:
    assert sessions.run("SELECT 'negociacao_continua' AS nome") == [{"nome": "negociacao_continua"}]


def test_the_partitions_of_a_table(sessions: Sessions) -> None:
    found = sessions.run('SELECT data_pregao, p.inicial FROM "negociacao$partitions" AS p ORDER BY 1, 2')

    assert [tuple(row.values()) for row in found] == [(FRIDAY, "E"), (FRIDAY, "P"), (MONDAY, "E")]


def test_of_other_tables_the_partitions_are_not_known() -> None:
    assert '"other$partitions"' in to_duckdb('SELECT * FROM "other$partitions"')


# --- in the embedded Athena ---


def test_the_embedded_athena_answers_for_a_view_that_the_catalogue_has(aws: Clients, bucket: str) -> None:
    database = f"views_{uuid.uuid4().hex}"
    aws["glue"].create_database(DatabaseInput={"Name": database})
    aws["athena"].create_work_group(
        Name=database,
        Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/results/"}},
    )
    (view,) = views()
    aws["glue"].create_table(
        DatabaseName=database,
        TableInput={
            "Name": view.name,
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": "/* Presto View: … */",
            "StorageDescriptor": {"Columns": [{"Name": c.name, "Type": c.type} for c in view.columns]},
        },
    )
    aws["glue"].create_table(
        DatabaseName=database,
        TableInput={
            "Name": REFINED.name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "PartitionKeys": [{"Name": name, "Type": type_} for name, type_ in REFINED.key_types()],
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": type_} for name, type_ in REFINED.types()],
                "Location": f"s3://{bucket}/REFINED/negociacao/",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                },
            },
        },
    )
    for day, codigo, isin, close in (
        (FRIDAY, "EMBR3", "BREMBRACNOR4", "64.00000000"),
        (MONDAY, "EMBJ3", "BREMBJACNOR1", "65.00000000"),
    ):
        row = dict.fromkeys((name for name, _ in REFINED.types()), None) | {"codigo": codigo, "isin": isin}
        body = BytesIO()
        pq.write_table(pa.Table.from_pylist([row | {"preco_fechamento": Decimal(close)}]), body)
        aws["s3"].put_object(
            Bucket=bucket,
            Key=f"REFINED/negociacao/data_pregao={day}/inicial=E/part.parquet",
            Body=body.getvalue(),
        )
    athena = Athena(client=aws["athena"], workgroup=database, database=database)

    result = athena.run(
        "SELECT n.codigo_atual, n.codigo, n.data_pregao, n.preco_fechamento FROM negociacao_continua AS n "
        'INNER JOIN "negociacao$partitions" AS p ON n.data_pregao = p.data_pregao ORDER BY n.data_pregao'
    )

    assert result.rows == (("EMBJ3", "EMBR3", FRIDAY, Decimal(64)), ("EMBJ3", "EMBJ3", MONDAY, Decimal(65)))
