"""The market's queries through the embedded Athena's API, which finds its tables in the catalogue and in S3."""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from bovespa.local.aws import Clients
from lake.athena import Athena
from lake.saved_queries import saved_query
from lake.views import views
from tests.index_sessions import SCHEMAS, Member, Sessions, Trade

pytestmark = pytest.mark.slow

FRIDAY, MONDAY = date(2025, 10, 31), date(2025, 11, 3)
KEYS = {
    "carteira": ("data_pregao", "codigo"),
    "carteira_setor": ("data_pregao",),
    "negociacao": ("data_pregao", "inicial"),
    "indice_membro": ("ano",),
    "indice_diario": ("ano",),
}
_HIVE = {"int64": "bigint", "int32": "int", "date32[day]": "date"}


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    lake = Sessions(folder=tmp_path)
    for day, code, close in ((FRIDAY, "EMBR3", "64.00"), (MONDAY, "EMBJ3", "64.07")):
        isin = "BREMBRACNOR4" if code == "EMBR3" else "BREMBJACNOR1"
        members = [
            Member(codigo=code, weight="40.000"),
            Member(codigo="PETR4", weight="60.000", setor="Petróleo"),
        ]
        lake.portfolio(day, members, redutor="99.12345678")
        lake.market(
            day,
            [
                Trade(codigo=code, close=close, isin=isin),
                Trade(codigo="PETR4", close=str(day.day)),
                Trade(codigo="BOVA11", close="140.00", value="0.07"),
            ],
        )
    return lake


def declare(aws: Clients, database: str, bucket: str, table: str) -> None:
    """The table in the catalogue."""
    schema, keys = SCHEMAS[table], KEYS[table]

    def column(field: pa.Field) -> dict[str, str]:
        kind = str(field.type).replace("decimal128", "decimal").replace(" ", "")
        return {"Name": field.name, "Type": _HIVE.get(kind, kind)}

    aws["glue"].create_table(
        DatabaseName=database,
        TableInput={
            "Name": table,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "PartitionKeys": [column(schema.field(key)) for key in keys],
            "StorageDescriptor": {
                "Columns": [column(field) for field in schema if field.name not in keys],
                "Location": f"s3://{bucket}/REFINED/{table}/",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                },
            },
        },
    )


def test_the_answers_are_those_of_the_files(sessions: Sessions, aws: Clients, bucket: str) -> None:
    database = f"market_{uuid.uuid4().hex}"
    aws["glue"].create_database(DatabaseInput={"Name": database})
    aws["athena"].create_work_group(
        Name=database,
        Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/results/"}},
    )
    for view in views():
        aws["glue"].create_table(
            DatabaseName=database, TableInput={"Name": view.name, "TableType": "VIRTUAL_VIEW"}
        )
    for table in KEYS:
        declare(aws, database, bucket, table)
    for key, body in sessions.objects():
        aws["s3"].put_object(Bucket=bucket, Key=key, Body=body)
    athena = Athena(client=aws["athena"], workgroup=database, database=database)

    for name in (
        "maiores_variacoes",
        "contribuicao",
        "resumo_do_indice",
        "mapa_setorial",
        "mais_negociados",
        "dias_ate_liquidacao",
    ):
        assert athena.run(saved_query(name).sql).records() == sessions.ask(name), name
    (summary,) = athena.run(saved_query("resumo_do_indice").sql).records()
    assert (summary["data_pregao"], summary["pregao_anterior"], summary["sem_negocio"]) == (MONDAY, FRIDAY, 0)
    assert summary["residuo"] is not None
