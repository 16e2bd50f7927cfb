"""The catalogue as a file: `{"databases": {DATABASE: {"tables": {TABLE: {… "Partitions": […]}}}}}`.

A table is written as CreateTable takes it, with its partitions beside. To declare a source by hand,
`{"StorageDescriptor": {"Location": "s3://…"}}` is enough: format and columns then come from the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bovespa.glue.runtime.errors import CatalogError
from bovespa.glue.runtime.location import parse
from glue import files
from glue.nodes import service_model

_AT_ONCE = 100
Tables = dict[str, dict[str, dict[str, Any]]]  # by database, by name


def read(path: Path) -> Tables:
    """The tables of a file; none where there is no file.

    Raises:
        CatalogError: the file cannot be read, or is something else.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = {database: dict(each.get("tables") or {}) for database, each in document["databases"].items()}
        if not all(isinstance(table, dict) for tables in found.values() for table in tables.values()):
            raise TypeError("a table is not an object")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CatalogError(f"cannot read the catalogue {path}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        expected = '{"databases": {"default": {"tables": {…}}}}'
        raise CatalogError(f"{path} is not a catalogue, {expected} is expected: {error}") from error
    return found


def declare(tables: Tables, name: str, place: str) -> None:
    """Add a source table `database.table` by its place in S3, unless it is there.

    Raises:
        RuntimeFailure: the name or the place is none.
    """
    database, dot, table = name.partition(".")
    if not dot or not table or not database:
        raise CatalogError(f"{name!r} is not a table: DATABASE.TABLE is expected")
    made = {"StorageDescriptor": {"Location": str(parse(place))}}
    tables.setdefault(database, {}).setdefault(table, made)


def put(glue: Any, tables: Tables, databases: Iterable[str]) -> None:
    """Create the tables, and all databases, in an empty catalogue.

    Raises:
        CatalogError: the catalogue refuses one.
    """
    try:
        for database in sorted({*databases, *tables}):
            glue.create_database(DatabaseInput={"Name": database})
        for database, named in tables.items():
            for name, table in named.items():
                glue.create_table(
                    DatabaseName=database, TableInput={**_only(table, "TableInput"), "Name": name}
                )
                inputs = [_only(each, "PartitionInput") for each in table.get("Partitions") or ()]
                for start in range(0, len(inputs), _AT_ONCE):
                    batch = inputs[start : start + _AT_ONCE]
                    glue.batch_create_partition(
                        DatabaseName=database, TableName=name, PartitionInputList=batch
                    )
    except (BotoCoreError, ClientError) as error:
        raise CatalogError(f"the catalogue cannot be taken over: {error}") from error


def get(glue: Any) -> Tables:
    """All tables of a catalogue, with their partitions.

    Raises:
        CatalogError: the catalogue does not answer.
    """
    found: Tables = {}
    try:
        for databases in glue.get_paginator("get_databases").paginate():
            for database in (each["Name"] for each in databases["DatabaseList"]):
                for tables in glue.get_paginator("get_tables").paginate(DatabaseName=database):
                    for table in tables["TableList"]:
                        name = table["Name"]
                        pages = glue.get_paginator("get_partitions").paginate(
                            DatabaseName=database, TableName=name
                        )
                        partitions = [
                            _only(each, "PartitionInput") for page in pages for each in page["Partitions"]
                        ]
                        described = {**_only(table, "TableInput"), "Partitions": partitions}
                        found.setdefault(database, {})[name] = described
    except (BotoCoreError, ClientError) as error:
        raise CatalogError(f"the catalogue cannot be read: {error}") from error
    return found


def write(path: Path, tables: Tables) -> None:
    """Replace the file, where there is a table or was a file.

    Raises:
        CatalogError: it cannot be written.
    """
    if not tables and not path.exists():
        return
    document = {"databases": {database: {"tables": named} for database, named in tables.items()}}
    try:
        files.write(path, json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    except OSError as error:
        raise CatalogError(f"cannot write the catalogue {path}: {error}") from error


@cache
def _members(shape: str) -> frozenset[str]:
    return frozenset(service_model().shape_for(shape).members)


def _only(described: dict[str, Any], shape: str) -> dict[str, Any]:
    """What the input shape has of it, without the times and the empty texts that an answer adds."""
    wanted = _members(shape) - {"LastAccessTime", "LastAnalyzedTime"}
    return {key: value for key, value in described.items() if key in wanted and value not in ("", None)}
