"""The views: what the catalogue must hold for Athena to take a table for a view."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from bovespa.local.program import Registration
from lake.views import views
from tests.stack.plan import Plan


def registered(plan: Plan) -> list[Registration]:
    return [table for table in plan.of(":CatalogTable") if table.inputs["tableType"] == "VIRTUAL_VIEW"]


def definition(table: Registration) -> dict[str, Any]:
    match = re.fullmatch(r"/\* Presto View: (\S+) \*/", table.inputs["viewOriginalText"])
    assert match is not None
    found: dict[str, Any] = json.loads(base64.b64decode(match[1], validate=True))
    return found


def test_every_view_is_a_table_without_files(plan: Plan) -> None:
    assert {table.inputs["name"] for table in registered(plan)} == {view.name for view in views()}
    for table in registered(plan):
        assert table.inputs["parameters"] == {"presto_view": "true", "comment": "Presto View"}
        # Trino takes it for the comment above.
        assert table.inputs["description"] == "Presto View"
        assert table.inputs["viewExpandedText"] == "/* Presto View */"
        assert table.inputs["databaseName"] == "default"
        assert "location" not in table.inputs["storageDescriptor"]
        assert not table.inputs.get("partitionKeys")


def test_the_definition_is_the_file_with_trinos_types_beside_hives(plan: Plan) -> None:
    for table, view in zip(sorted(registered(plan), key=lambda t: t.name), views(), strict=True):
        found = definition(table)

        assert found["originalSql"] == view.sql
        assert (found["catalog"], found["schema"]) == ("awsdatacatalog", "default")
        hive = [(column["name"], column["type"]) for column in table.inputs["storageDescriptor"]["columns"]]
        trino = [(column["name"], column["type"]) for column in found["columns"]]
        assert [name for name, _ in hive] == [name for name, _ in trino]
        names = {"string": "varchar", "int": "integer"}
        assert [names.get(type_, type_) for _, type_ in hive] == [type_ for _, type_ in trino]
        assert dict(trino)["codigo_atual"] == "varchar"


def test_the_view_comes_after_the_database(dev: Plan) -> None:
    for table in registered(dev):
        assert ("aws:glue/catalogDatabase:CatalogDatabase", "catalogue-database") in dev.depends_on(table)
