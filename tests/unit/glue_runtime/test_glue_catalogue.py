from __future__ import annotations

import json
from pathlib import Path

import pytest

from bovespa.glue.runtime.errors import CatalogError
from bovespa.glue.runtime.file_catalog import FileCatalog, declare
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.table_input import (
    LOG,
    UPDATE_IN_DATABASE,
    TableShape,
    partition_input,
    table_input,
    updated,
)

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


@pytest.fixture
def catalog(tmp_path: Path) -> FileCatalog:
    return FileCatalog(tmp_path / "catalog.json")


def test_a_table_is_described_as_glue_describes_it() -> None:
    made = table_input("carteira", shape())
    storage = made["StorageDescriptor"]
    assert made["PartitionKeys"] == [{"Name": "data_pregao", "Type": "date"}]
    assert storage["Columns"] == [
        {"Name": "codigo", "Type": "string"},
        {"Name": "peso", "Type": "decimal(9,3)"},
    ]
    assert storage["SerdeInfo"]["SerializationLibrary"] == PARQUET
    assert storage["Location"] == "s3://lake/REFINED/carteira/"
    assert made["Parameters"]["classification"] == "parquet"


def test_a_partition_is_at_its_escaped_folder() -> None:
    made = partition_input(shape(keys=(("data_pregao", "date"), ("codigo", "string"))), ("2025-07-31", "A/B"))
    assert made["Values"] == ["2025-07-31", "A/B"]
    assert (
        made["StorageDescriptor"]["Location"]
        == "s3://lake/REFINED/carteira/data_pregao=2025-07-31/codigo=A%2FB/"
    )


def test_an_update_adds_columns_and_keeps_those_that_old_files_have() -> None:
    existing = table_input("carteira", shape(("codigo", "string"), ("old", "int")))
    newer = updated(existing, shape(("codigo", "varchar(5)"), ("new", "date")), UPDATE_IN_DATABASE)
    assert newer is not None
    columns = {column["Name"]: column["Type"] for column in newer["StorageDescriptor"]["Columns"]}
    assert columns == {"codigo": "varchar(5)", "old": "int", "new": "date"}


def test_nothing_changes_with_log_or_without_a_difference() -> None:
    existing = table_input("carteira", shape())
    assert updated(existing, shape(("codigo", "int")), LOG) is None
    assert updated(existing, shape(), UPDATE_IN_DATABASE) is None


@pytest.mark.parametrize("behavior", [LOG, UPDATE_IN_DATABASE])
def test_other_partition_keys_are_an_error(behavior: str) -> None:
    existing = table_input("carteira", shape(keys=(("codigo", "string"), ("data_pregao", "date"))))
    with pytest.raises(CatalogError, match=r"\['codigo', 'data_pregao'\].*\['data_pregao'\]"):
        updated(existing, shape(), behavior)


def test_the_file_keeps_tables_and_partitions(catalog: FileCatalog) -> None:
    assert catalog.table("default", "carteira") is None
    catalog.create_table("default", table_input("carteira", shape()))
    one, two = (partition_input(shape(), (day,)) for day in ("2025-07-30", "2025-07-31"))
    assert catalog.create_partitions("default", "carteira", [one]) == 1
    assert catalog.create_partitions("default", "carteira", [one, two]) == 1
    again = FileCatalog(catalog.path)
    assert [each["Values"] for each in again.partitions("default", "carteira")] == [
        ["2025-07-30"],
        ["2025-07-31"],
    ]
    again.delete_partitions("default", "carteira", [["2025-07-30"]])
    assert [each["Values"] for each in again.partitions("default", "carteira")] == [["2025-07-31"]]
    assert [path.name for path in catalog.path.parent.iterdir()] == ["catalog.json"]


def test_creating_twice_and_changing_what_is_absent_are_errors(catalog: FileCatalog) -> None:
    catalog.create_table("default", table_input("carteira", shape()))
    with pytest.raises(CatalogError, match=r"default\.carteira: it exists"):
        catalog.create_table("default", table_input("carteira", shape()))
    with pytest.raises(CatalogError, match=r"no table default\.other"):
        catalog.update_table("default", table_input("other", shape()))


@pytest.mark.parametrize(
    "text", ["no json", "[]", '{"tables": {}}', '{"databases": {"default": {"tables": []}}}']
)
def test_a_file_that_is_no_catalogue_is_refused_and_left_alone(catalog: FileCatalog, text: str) -> None:
    catalog.path.write_text(text)
    with pytest.raises(CatalogError, match=r"catalog\.json"):
        catalog.create_table("default", table_input("carteira", shape()))
    assert catalog.path.read_text() == text


def test_a_source_can_be_declared_by_its_place(catalog: FileCatalog) -> None:
    declare(catalog.path, "db.t", "s3://lake/t/")
    declare(catalog.path, "db.t", "s3://lake/other/")
    document = json.loads(catalog.path.read_text())
    assert document["databases"]["db"]["tables"]["t"]["StorageDescriptor"]["Location"] == "s3://lake/t/"
    with pytest.raises(CatalogError, match=r"DATABASE\.TABLE"):
        declare(catalog.path, "t", "s3://lake/t/")
