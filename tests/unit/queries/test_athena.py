"""Running SQL through the Athena API of the emulator."""

from __future__ import annotations

import threading
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bovespa.local.aws import Clients
from lake.athena import Athena, QueryFailed


@pytest.fixture
def athena(aws: Clients, bucket: str) -> Athena:
    name = f"test-{uuid.uuid4().hex[:8]}"
    aws["athena"].create_work_group(
        Name=name, Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/athena/"}}
    )
    return Athena(client=aws["athena"], workgroup=name, database="default")


def test_values_come_back_with_their_types(athena: Athena) -> None:
    result = athena.run(
        "SELECT 1 AS um, CAST(92233720368547758 AS bigint) AS muitos, CAST('12.345' AS decimal(9,3)) AS peso, "
        "DATE '2025-07-14' AS dia, 'ação' AS texto, CAST(NULL AS varchar) AS nada, true AS sim, CAST(0.5 AS double) AS meio"
    )

    assert result.columns == ("um", "muitos", "peso", "dia", "texto", "nada", "sim", "meio")
    assert result.rows == (
        (1, 92233720368547758, Decimal("12.345"), date(2025, 7, 14), "ação", None, True, 0.5),
    )
    assert result.records()[0]["peso"] == Decimal("12.345")


def test_no_rows_are_no_rows(athena: Athena) -> None:
    result = athena.run("SELECT 1 AS n WHERE 1 = 0")

    assert (result.columns, result.rows) == (("n",), ())


def test_more_rows_than_a_page_holds_all_come(athena: Athena) -> None:
    result = athena.run("SELECT n FROM UNNEST(SEQUENCE(1, 2500)) AS t(n) ORDER BY n")

    assert [row[0] for row in result.rows] == list(range(1, 2501))


def test_a_query_that_athena_refuses_says_why(athena: Athena) -> None:
    with pytest.raises(QueryFailed, match=r"(?i)nowhere"):
        athena.run("SELECT * FROM nowhere.t")


def test_columns_of_a_description_come_apart(athena: Athena, aws: Clients) -> None:
    database = f"d{uuid.uuid4().hex[:8]}"
    aws["glue"].create_database(DatabaseInput={"Name": database})
    columns = [
        {"Name": "codigo", "Type": "string", "Comment": "B3's"},
        {"Name": "peso", "Type": "decimal(9,3)"},
    ]
    aws["glue"].create_table(
        DatabaseName=database, TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}}
    )

    assert ("t",) in athena.run(f"SHOW TABLES IN {database}").rows
    found = athena.run(f"DESCRIBE {database}.t")
    assert (found.columns, found.rows) == (
        ("col_name", "data_type", "comment"),
        (("codigo", "string", "B3's"), ("peso", "decimal(9,3)", "")),
    )
    with pytest.raises(QueryFailed, match="only reads: DROP is refused, and nothing was changed"):
        athena.run(f"DROP TABLE {database}.t")
    assert aws["glue"].get_table(DatabaseName=database, Name="t")["Table"]["Name"] == "t"
    assert athena.run("EXPLAIN SELECT 1").columns == ("Query Plan",)


class Endless:
    """An Athena whose query never ends."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def start_query_execution(self, **_: object) -> dict[str, Any]:
        return {"QueryExecutionId": "q"}

    def get_query_execution(self, **_: object) -> dict[str, Any]:
        return {"QueryExecution": {"Status": {"State": "RUNNING"}}}

    def stop_query_execution(self, **_: object) -> None:
        self.stopped.set()


def test_a_query_that_never_ends_is_cancelled() -> None:
    client = Endless()

    with pytest.raises(QueryFailed, match="no answer within 0 s; the query was cancelled"):
        Athena(client=client, workgroup="w", database="d").run("SELECT 1", timeout=0.1)

    assert client.stopped.is_set()
