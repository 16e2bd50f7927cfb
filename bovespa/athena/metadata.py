"""SHOW and DESCRIBE as Athena prints them (Amazon Athena User Guide, "DDL statements").

Athena gives such an answer as lines of text. DESCRIBE's are Hive's: name, type and comment padded to twenty
characters, with tabs between them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from bovespa.athena.catalogue import VIEW, Catalogue, GlueTable, columns, keys
from lake.athena import QueryFailed

_WIDTH = 20
_NAME = r"""(?:`[^`]+`|"[^"]+"|\w+)"""
_TABLE = rf"(?:(?P<db>{_NAME})\s*\.\s*)?(?P<table>{_NAME})"
_IN = rf"(?:\s+(?:IN|FROM)\s+(?P<db>{_NAME}))?"
_LIKE = r"(?:\s+(?:LIKE\s+)?'(?P<like>[^']*)')?"
_TYPES = {"varchar": "string", "integer": "int"}  # Hive's names, which DDL has


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """An answer: its columns, all of text, and its lines."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def is_metadata(sql: str) -> bool:
    """Whether a statement begins as one of these."""
    return re.match(r"\s*(SHOW|DESCRIBE|DESC)\b", sql, re.IGNORECASE) is not None


def answer(sql: str, catalogue: Catalogue, database: str) -> Lines:
    """The lines that Athena answers with.

    Args:
        sql: one statement for which :func:`is_metadata` holds.
        catalogue: what there is.
        database: where names without one are looked for.

    Raises:
        QueryFailed: there is no such thing, or the statement is none that is known here.
    """
    text = sql.strip().removesuffix(";").rstrip()
    for pattern, make in _STATEMENTS:
        match = re.fullmatch(pattern, text, re.IGNORECASE)
        if match is not None:
            named = {k: v.strip('`"') if k != "like" else v for k, v in match.groupdict().items() if v}
            return make(catalogue, {"db": database, **named})
    raise QueryFailed(
        "the embedded Athena knows SHOW DATABASES, TABLES [IN db] ['pattern'], VIEWS, COLUMNS IN t, PARTITIONS t, "
        f"CREATE TABLE t, CREATE VIEW v, and DESCRIBE [EXTENDED] t, not {' '.join(text.split())[:60]}"
    )


def _databases(catalogue: Catalogue, named: Mapping[str, str]) -> Lines:
    return _list("database_name", catalogue.tables, named)


def _tables(catalogue: Catalogue, named: Mapping[str, str]) -> Lines:
    catalogue.require(named["db"])
    return _list("tab_name", catalogue.tables[named["db"].lower()], named)


def _views(catalogue: Catalogue, named: Mapping[str, str]) -> Lines:
    catalogue.require(named["db"])
    found = catalogue.tables[named["db"].lower()]
    return _list("views", [name for name, table in found.items() if table.get("TableType") == VIEW], named)


def _columns(catalogue: Catalogue, named: Mapping[str, str]) -> Lines:
    table = catalogue.table(named["db"], named["table"])
    names = [f"{column['Name']:{_WIDTH}}" for column in (*columns(table), *keys(table))]
    return Lines(columns=("field",), rows=tuple((name,) for name in names))


def _partitions(catalogue: Catalogue, named: Mapping[str, str]) -> Lines:
    table = catalogue.table(named["db"], named["table"])
    name = f"{named['db'].lower()}.{named['table'].lower()}"
    if not keys(table):
        raise QueryFailed(f"FAILED: SemanticException [Error 10001]: Table {name} is not a partitioned table")
    found = sorted(
        "/".join(
            f"{key['Name']}={quote(value, safe='')}" for key, value in zip(keys(table), values, strict=True)
        )
        for values in catalogue.partitions.get(name.replace(".", "/", 1), ())
    )
    return Lines(columns=("partition",), rows=tuple((line,) for line in found))


def _describe(catalogue: Catalogue, named: Mapping[str, str]) -> Lines:
    table = catalogue.table(named["db"], named["table"])
    every = [*columns(table), *keys(table)]
    if only := named.get("column"):
        every = [column for column in every if column["Name"] == only.lower()]
        if not every:
            raise QueryFailed(
                f"FAILED: Execution Error, return code 1: cannot find field {only} from {named['table']}"
            )
    lines = [_described(column["Name"], column["Type"], column.get("Comment", "")) for column in every]
    if keys(table) and not only:
        lines += [
            "\t \t ",
            "# Partition Information\t \t ",
            _described("# col_name", "data_type", "comment"),
            "\t \t ",
            *(_described(key["Name"], key["Type"], key.get("Comment", "")) for key in keys(table)),
        ]
    if named.get("more"):
        lines += ["\t \t ", f"Detailed Table Information\t{_detail(table, named['db'].lower())}\t"]
    return Lines(columns=("col_name", "data_type", "comment"), rows=tuple((line,) for line in lines))


def _described(name: str, kind: str, comment: str) -> str:
    return f"{name:{_WIDTH}}\t{_TYPES.get(kind, kind):{_WIDTH}}\t{comment:{_WIDTH}}"


def _detail(table: GlueTable, database: str) -> str:
    storage = table.get("StorageDescriptor") or {}
    properties = ", ".join(f"{k}={v}" for k, v in sorted((table.get("Parameters") or {}).items()))
    return (
        f"Table(tableName:{table['Name']}, dbName:{database}, location:{storage.get('Location', '')}, "
        f"inputFormat:{storage.get('InputFormat', '')}, outputFormat:{storage.get('OutputFormat', '')}, "
        f"parameters:{{{properties}}}, tableType:{table.get('TableType', '')})"
    )


def _create_table(catalogue: Catalogue, named: Mapping[str, str]) -> Lines:
    table = catalogue.table(named["db"], named["table"])
    if table.get("TableType") == VIEW:
        raise QueryFailed(f"{table['Name']} is a view: SHOW CREATE VIEW {table['Name']} shows it")
    return Lines(columns=("createtab_stmt",), rows=tuple((line,) for line in _ddl(table)))


def _ddl(table: GlueTable) -> Iterator[str]:
    storage = table.get("StorageDescriptor") or {}
    yield f"CREATE EXTERNAL TABLE `{table['Name']}`("
    yield from _column_lines(columns(table))
    if table.get("Description"):
        yield f"COMMENT {_literal(table['Description'])}"
    if keys(table):
        yield "PARTITIONED BY ( "
        yield from _column_lines(keys(table))
    yield "ROW FORMAT SERDE "
    yield f"  {_literal((storage.get('SerdeInfo') or {}).get('SerializationLibrary', ''))} "
    yield "STORED AS INPUTFORMAT "
    yield f"  {_literal(storage.get('InputFormat', ''))} "
    yield "OUTPUTFORMAT "
    yield f"  {_literal(storage.get('OutputFormat', ''))}"
    yield "LOCATION"
    yield f"  {_literal(storage.get('Location', ''))}"
    properties = sorted((table.get("Parameters") or {}).items())
    if properties:
        yield "TBLPROPERTIES ("
        for place, (name, value) in enumerate(properties, start=1):
            end = ", " if place < len(properties) else ")"
            yield f"  {_literal(name)}={_literal(str(value))}{end}"


def _column_lines(found: list[Mapping[str, str]]) -> Iterator[str]:
    for place, column in enumerate(found, start=1):
        comment = f" COMMENT {_literal(column['Comment'])}" if column.get("Comment") else ""
        end = ", " if place < len(found) else ")"
        yield f"  `{column['Name']}` {_TYPES.get(column['Type'], column['Type'])}{comment}{end}"


def _create_view(catalogue: Catalogue, named: Mapping[str, str]) -> Lines:
    table = catalogue.table(named["db"], named["table"])
    text = re.fullmatch(r"/\* Presto View: (\S+) \*/", str(table.get("ViewOriginalText", "")))
    if text is None:
        raise QueryFailed(f"{table['Name']} is a table: SHOW CREATE TABLE {table['Name']} shows it")
    definition = json.loads(base64.b64decode(text[1]))
    name = f"{named['db'].lower()}.{table['Name']}"
    lines = [f"CREATE VIEW {name} AS ", *str(definition["originalSql"]).splitlines()]
    return Lines(columns=("Create View",), rows=tuple((line,) for line in lines))


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _list(heading: str, names: Mapping[str, object] | list[str], named: Mapping[str, str]) -> Lines:
    """Names in order; of a pattern only ``*`` (anything) and ``|`` (or) mean something."""
    found = sorted(names)
    if "like" in named:
        parts = [".*".join(map(re.escape, part.strip().split("*"))) for part in named["like"].split("|")]
        found = [name for name in found if any(re.fullmatch(part, name, re.IGNORECASE) for part in parts)]
    return Lines(columns=(heading,), rows=tuple((name,) for name in found))


_STATEMENTS: tuple[tuple[str, Callable[[Catalogue, Mapping[str, str]], Lines]], ...] = (
    (rf"SHOW\s+(?:DATABASES|SCHEMAS){_LIKE}", _databases),
    (rf"SHOW\s+TABLES{_IN}{_LIKE}", _tables),
    (rf"SHOW\s+VIEWS{_IN}{_LIKE}", _views),
    (rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_TABLE}", _columns),
    (rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+(?P<table>{_NAME})\s+(?:IN|FROM)\s+(?P<db>{_NAME})", _columns),
    (rf"SHOW\s+PARTITIONS\s+{_TABLE}", _partitions),
    (rf"SHOW\s+CREATE\s+TABLE\s+{_TABLE}", _create_table),
    (rf"SHOW\s+CREATE\s+VIEW\s+{_TABLE}", _create_view),
    (
        rf"DESC(?:RIBE)?(?:\s+(?P<more>EXTENDED|FORMATTED))?\s+{_TABLE}(?:\s+(?P<column>{_NAME}))?",
        _describe,
    ),
)  # fmt: skip
