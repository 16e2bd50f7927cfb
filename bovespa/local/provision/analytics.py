"""The Glue Data Catalog and Athena."""

from __future__ import annotations

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import arguments


def catalog_database(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["name"]
    existing = [found["Name"] for found in aws["glue"].get_databases()["DatabaseList"]]
    if name not in existing:  # the emulator comes with a `default`, as older accounts do
        aws["glue"].create_database(DatabaseInput={"Name": name, "Description": wanted.inputs["description"]})
    return Answer(id=name, outputs={})


def catalog_table(aws: Clients, wanted: Registration) -> Answer:
    """A table, or a view: the emulator's Athena takes no notice of a table without a location."""
    table = {**wanted.inputs}
    database, indices = table.pop("databaseName"), table.pop("partitionIndices", None) or []
    inputs = {"databaseName": database, "partitionIndexes": indices, "tableInput": table}
    aws["glue"].create_table(**arguments(aws["glue"], "create_table", inputs))
    return Answer(id=f"{database}:{table['name']}", outputs={})


def workgroup(aws: Clients, wanted: Registration) -> Answer:
    athena = aws["athena"]
    athena.create_work_group(
        **arguments(athena, "create_work_group", wanted.inputs, without=("forceDestroy", "kmsKeyArn"))
    )
    return Answer(id=wanted.inputs["name"], outputs={})


def named_query(aws: Clients, wanted: Registration) -> Answer:
    athena = aws["athena"]
    made = athena.create_named_query(
        **arguments(athena, "create_named_query", wanted.inputs, QueryString="query")
    )
    return Answer(id=made["NamedQueryId"], outputs={})
