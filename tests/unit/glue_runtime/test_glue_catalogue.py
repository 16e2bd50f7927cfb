from __future__ import annotations

from typing import Any

import pytest

from bovespa.glue.runtime import target
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import CatalogError
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.table_input import LOG, UPDATE_IN_DATABASE, TableShape, partition_input, table_input

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


def shape(
    *columns: tuple[str, str], keys: tuple[tuple[str, str], ...] = (("data_pregao", "date"),)
) -> TableShape:
    return TableShape(
        columns=columns or (("codigo", "string"), ("peso", "decimal(9,3)")),
        keys=keys,
        location=Location("lake", "REFINED/carteira/"),
        file_format="parquet",
        compression="snappy",
    )


def test_a_table_is_described_as_glue_describes_it() -> None:
    made = table_input("carteira", shape(), job="carteira", run_id="jr_1")
    storage = made["StorageDescriptor"]
    assert made["PartitionKeys"] == [{"Name": "data_pregao", "Type": "date"}]
    assert storage["Columns"] == [
        {"Name": "codigo", "Type": "string"},
        {"Name": "peso", "Type": "decimal(9,3)"},
    ]
    assert storage["SerdeInfo"]["SerializationLibrary"] == PARQUET
    assert storage["Location"] == "s3://lake/REFINED/carteira/"
    assert made["Parameters"] == {
        "CreatedByJob": "carteira",
        "CreatedByJobRun": "jr_1",
        "classification": "parquet",
        "useGlueParquetWriter": "true",
    }


def test_a_partition_is_at_its_escaped_folder() -> None:
    made = partition_input(shape(keys=(("data_pregao", "date"), ("codigo", "string"))), ("2025-07-31", "A/B"))
    assert made["Values"] == ["2025-07-31", "A/B"]
    assert (
        made["StorageDescriptor"]["Location"]
        == "s3://lake/REFINED/carteira/data_pregao=2025-07-31/codigo=A%2FB/"
    )


def columns_of(engine: Engine) -> dict[str, str]:
    table = engine.catalog.table("default", "carteira") or {}
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


def register(engine: Engine, made: TableShape, *days: str, behavior: str = UPDATE_IN_DATABASE) -> Any:
    target.check_table(engine, "default", "carteira", made)
    partitions = [(day,) for day in days]
    return target.register(engine, "default", "carteira", made, partitions, behavior)


def partitions_of(engine: Engine) -> list[list[str]]:
    return [each["Values"] for each in engine.catalog.partitions("default", "carteira")]


def test_a_job_makes_its_table_and_adds_partitions_once(engine: Engine) -> None:
    engine.job, engine.run_id = "j", "jr_1"
    assert register(engine, shape(), "2025-07-30").change == "created"
    again = register(engine, shape(), "2025-07-30", "2025-07-31")
    assert (again.change, again.partitions) == ("unchanged", 1)
    assert partitions_of(engine) == [["2025-07-30"], ["2025-07-31"]]
    assert (engine.catalog.table("default", "carteira") or {})["Parameters"]["CreatedByJobRun"] == "jr_1"


def declared(engine: Engine) -> None:
    table = table_input("carteira", shape())
    table["Description"] = "declared"
    table["StorageDescriptor"]["Columns"][0]["Comment"] = "the ticker"
    table["PartitionKeys"][0]["Comment"] = "the session"
    engine.catalog.create_table("default", table)


@pytest.mark.parametrize("behavior", [LOG, UPDATE_IN_DATABASE])
def test_a_declared_table_is_filled(engine: Engine, behavior: str) -> None:
    declared(engine)
    textual = shape(keys=(("data_pregao", "string"),))
    touched = register(engine, textual, "2025-07-31", behavior=behavior)
    assert (touched.change, touched.partitions) == ("unchanged", 1)
    table = engine.catalog.table("default", "carteira") or {}
    assert table["PartitionKeys"] == [{"Name": "data_pregao", "Type": "date", "Comment": "the session"}]
    assert table["StorageDescriptor"]["Columns"][0]["Comment"] == "the ticker"


def test_an_update_overwrites_the_schema(engine: Engine) -> None:
    declared(engine)
    assert register(engine, shape(("codigo", "string"), ("new", "date")), "2025-07-31").change == "updated"
    assert columns_of(engine) == {"codigo": "string", "new": "date"}
    table = engine.catalog.table("default", "carteira") or {}
    assert table["Description"] == "declared"
    assert "Comment" not in table["StorageDescriptor"]["Columns"][0]


def test_with_log_a_new_column_keeps_its_partitions_out(engine: Engine) -> None:
    declared(engine)
    fewer = register(engine, shape(("codigo", "string")), "2025-07-30", behavior=LOG)
    more = register(engine, shape(("codigo", "string"), ("new", "date")), "2025-07-31", behavior=LOG)
    assert (fewer.partitions, more.partitions) == (1, 0)
    assert partitions_of(engine) == [["2025-07-30"]]
    assert columns_of(engine) == {"codigo": "string", "peso": "decimal(9,3)"}
    assert engine.report.notes == ["default.carteira: no partition added, as the table has no new (LOG)"]


def test_a_table_without_partitions_keeps_its_schema(engine: Engine) -> None:
    register(engine, shape(keys=()))
    assert register(engine, shape(("codigo", "string"), ("new", "date"), keys=())).change == "unchanged"
    assert columns_of(engine) == {"codigo": "string", "peso": "decimal(9,3)"}


@pytest.mark.parametrize("kind", ["struct<a:int>", "array<string>", "map<string,int>"])
def test_nested_schemas_are_refused(engine: Engine, kind: str) -> None:
    with pytest.raises(
        CatalogError, match=rf"default\.carteira: .*nested schemas, and column deep is {kind}"
    ):
        register(engine, shape(("codigo", "string"), ("deep", kind)), "2025-07-31")
    assert engine.catalog.table("default", "carteira") is None


@pytest.mark.parametrize("behavior", [LOG, UPDATE_IN_DATABASE])
def test_other_partition_keys_are_an_error(engine: Engine, behavior: str) -> None:
    register(engine, shape(keys=(("codigo", "string"), ("data_pregao", "date"))))
    with pytest.raises(CatalogError, match=r"\['codigo', 'data_pregao'\].*\['data_pregao'\]"):
        register(engine, shape(), "2025-07-31", behavior=behavior)


def test_a_missing_database_is_an_error_that_says_what_to_do(engine: Engine) -> None:
    with pytest.raises(CatalogError, match="create the database other first"):
        engine.catalog.create_table("other", table_input("t", shape()))
