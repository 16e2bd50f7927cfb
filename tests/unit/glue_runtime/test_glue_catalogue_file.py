from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bovespa.glue import catalogue_file
from bovespa.glue.runtime.errors import CatalogError
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.table_input import TableShape, partition_input, table_input

SHAPE = TableShape(
    columns=(("codigo", "string"),),
    keys=(("data_pregao", "date"),),
    location=Location("lake", "t/"),
    file_format="parquet",
)


def test_the_file_keeps_tables_and_partitions(aws: Any, tmp_path: Path) -> None:
    days = [f"2025-{1 + number // 28:02d}-{1 + number % 28:02d}" for number in range(120)]
    table = {**table_input("t", SHAPE), "Partitions": [partition_input(SHAPE, (day,)) for day in days]}
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps({"databases": {"b3": {"tables": {"t": table}}}}))

    catalogue_file.put(aws["glue"], catalogue_file.read(path), ["other"])
    found = catalogue_file.get(aws["glue"])
    catalogue_file.write(path, found)

    assert catalogue_file.read(path) == found
    assert list(found) == ["b3"]
    assert found["b3"]["t"]["PartitionKeys"] == table["PartitionKeys"]
    assert sorted(each["Values"] for each in found["b3"]["t"]["Partitions"]) == sorted([day] for day in days)
    assert not [key for key in found["b3"]["t"] if "Time" in key]
    assert [each.name for each in tmp_path.iterdir()] == ["catalog.json"]


def test_nothing_is_written_where_there_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    assert catalogue_file.read(path) == {}
    catalogue_file.write(path, {})
    assert not path.exists()


@pytest.mark.parametrize(
    "text", ["no json", "[]", '{"tables": {}}', '{"databases": {"default": {"tables": {"t": []}}}}']
)
def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalog.json"
    path.write_text(text)
    with pytest.raises(CatalogError, match=r"catalog\.json is not a catalogue"):
        catalogue_file.read(path)


def test_a_source_can_be_declared_by_its_place() -> None:
    tables: catalogue_file.Tables = {}
    catalogue_file.declare(tables, "db.t", "s3://lake/t/")
    catalogue_file.declare(tables, "db.t", "s3://lake/other/")
    assert tables["db"]["t"]["StorageDescriptor"]["Location"] == "s3://lake/t/"
    with pytest.raises(CatalogError, match=r"DATABASE\.TABLE"):
        catalogue_file.declare(tables, "t", "s3://lake/t/")
