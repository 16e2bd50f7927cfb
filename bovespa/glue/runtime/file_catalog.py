"""The catalogue in one JSON file: `{"databases": {DATABASE: {"tables": {TABLE: {… "Partitions": […]}}}}}`.

A table is written as GetTable answers it. To declare a source by hand, `{"StorageDescriptor": {"Location":
"s3://…"}}` is enough: format and columns then come from the files.
"""

from __future__ import annotations

import copy
import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bovespa.glue.runtime.catalog import Partition, Table
from bovespa.glue.runtime.errors import CatalogError
from bovespa.glue.runtime.location import parse


@dataclass(frozen=True, slots=True)
class FileCatalog:
    """A Catalog over a JSON file that is read and replaced as a whole. Databases come into being with their
    tables.

    A table of years has tens of thousands of partitions, so the file is parsed only when it has changed, and
    partitions are written without an indent, which json does fast.
    """

    path: Path
    _parsed: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict, repr=False, compare=False)

    def table(self, database: str, name: str) -> Table | None:
        found = self._tables(self._load(), database).get(name)
        if found is None:
            return None
        own = {key: copy.deepcopy(value) for key, value in found.items() if key != "Partitions"}
        return {"Name": name, "DatabaseName": database, **own}

    def create_table(self, database: str, table_input: Table) -> None:
        document = self._load()
        tables = self._tables(document, database)
        if table_input["Name"] in tables:
            raise CatalogError(f"cannot create table {database}.{table_input['Name']}: it exists")
        tables[table_input["Name"]] = {**table_input, "DatabaseName": database, "Partitions": []}
        self._save(document)

    def update_table(self, database: str, table_input: Table) -> None:
        document = self._load()
        table = self._existing(document, database, table_input["Name"])
        table.update(table_input)
        self._save(document)

    def partitions(self, database: str, name: str) -> Iterator[Partition]:
        yield from self._existing(self._load(), database, name).get("Partitions", [])

    def create_partitions(self, database: str, name: str, inputs: Sequence[Partition]) -> int:
        document = self._load()
        partitions = self._existing(document, database, name).setdefault("Partitions", [])
        known = {tuple(entry["Values"]) for entry in partitions}
        new = [entry for entry in inputs if tuple(entry["Values"]) not in known]
        partitions.extend(new)
        self._save(document)
        return len(new)

    def delete_partitions(self, database: str, name: str, values: Iterable[Sequence[str]]) -> None:
        document = self._load()
        table = self._existing(document, database, name)
        gone = {tuple(each) for each in values}
        table["Partitions"] = [
            each for each in table.get("Partitions", []) if tuple(each["Values"]) not in gone
        ]
        self._save(document)

    def _existing(self, document: dict[str, Any], database: str, name: str) -> dict[str, Any]:
        try:
            table: dict[str, Any] = self._tables(document, database)[name]
        except KeyError:
            raise CatalogError(f"there is no table {database}.{name} in {self.path}") from None
        return table

    def _tables(self, document: dict[str, Any], database: str) -> dict[str, Any]:
        try:
            tables = document["databases"].setdefault(database, {}).setdefault("tables", {})
            if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
                raise TypeError("tables")
        except (KeyError, TypeError, AttributeError) as error:
            raise CatalogError(
                f"{self.path} is not a catalogue: "
                f'{{"databases": {{"{database}": {{"tables": {{…}}}}}}}} is expected'
            ) from error
        return tables

    def _load(self) -> dict[str, Any]:
        try:
            version = _version(self.path)
            if version in self._parsed:
                return self._parsed[version]
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {"databases": {}}
        except OSError as error:
            raise CatalogError(f"cannot read the catalogue {self.path}: {error}") from error
        try:
            document = json.loads(text)
        except ValueError as error:
            raise CatalogError(f"the catalogue {self.path} is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise CatalogError(f"the catalogue {self.path} is not a JSON object")
        self._keep(version, document)
        return document

    def _keep(self, version: tuple[int, int], document: dict[str, Any]) -> None:
        self._parsed.clear()
        self._parsed[version] = document

    def _save(self, document: dict[str, Any]) -> None:
        text = _text(document)
        self._parsed.clear()  # what is kept in memory must be what the file says
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(prefix=".catalog-", dir=self.path.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as out:
                    out.write(text)
                Path(partial).replace(self.path)
                self._keep(_version(self.path), document)
            finally:
                Path(partial).unlink(missing_ok=True)
        except OSError as error:
            raise CatalogError(f"cannot write the catalogue {self.path}: {error}") from error


def _version(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _text(document: dict[str, Any]) -> str:
    """The document: indented, but for its partitions."""
    mark = secrets.token_hex(8)
    lists: list[list[Any]] = []

    def without(table: Any) -> Any:
        if not isinstance(table, dict) or not isinstance(table.get("Partitions"), list):
            return table
        lists.append(table["Partitions"])
        return {**table, "Partitions": f"{mark} {len(lists) - 1}"}

    databases = {
        name: {**database, "tables": {key: without(table) for key, table in database["tables"].items()}}
        if isinstance(database, dict) and isinstance(database.get("tables"), dict)
        else database
        for name, database in document["databases"].items()
    }
    text = json.dumps(
        {**document, "databases": databases}, indent=1, ensure_ascii=False, sort_keys=True, default=str
    )
    for number, partitions in enumerate(lists):
        # One call without an indent is C's; thousands, or an indent, are Python's.
        lines = json.dumps(
            partitions, ensure_ascii=False, sort_keys=True, default=str, separators=(",\n", ": ")
        )
        text = text.replace(f'"{mark} {number}"', lines)
    return text + "\n"


def declare(path: Path, name: str, location: str) -> None:
    """Add a source table `database.table` whose format and columns are those of the files at `location`,
    unless the catalogue has it."""
    database, dot, table = name.partition(".")
    if not dot or not table or not database:
        raise CatalogError(f"{name!r} is not a table: DATABASE.TABLE is expected")
    catalog = FileCatalog(path)
    if catalog.table(database, table) is None:
        catalog.create_table(
            database, {"Name": table, "StorageDescriptor": {"Location": str(parse(location))}}
        )
