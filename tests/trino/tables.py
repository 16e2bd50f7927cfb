"""The lake's rows as they lie in S3, read without any SQL: what the independent computations start from."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote, urlparse

import pyarrow.parquet as pq

from bovespa.local.aws import Clients

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Each table's rows, with the columns that its partition's path states."""

    carteira: Sequence[Row]
    carteira_setor: Sequence[Row]
    negociacao: Sequence[Row]
    carteira_teorica: Sequence[Row]
    bitcoin_trades: Sequence[Row]


def read_tables(aws: Clients, database: str) -> Tables:
    return Tables(**{name: _rows(aws, database, name) for name in Tables.__dataclass_fields__})


def _rows(aws: Clients, database: str, name: str) -> list[Row]:
    table = aws["glue"].get_table(DatabaseName=database, Name=name)["Table"]
    types = {key["Name"]: key["Type"] for key in table["PartitionKeys"]}
    location = urlparse(table["StorageDescriptor"]["Location"])
    prefix = f"{location.path.strip('/')}/"
    pages = aws["s3"].get_paginator("list_objects_v2").paginate(Bucket=location.netloc, Prefix=prefix)
    rows: list[Row] = []
    for key in (found["Key"] for page in pages for found in page.get("Contents", []) if found["Size"]):
        inside = key.removeprefix(prefix).split("/")
        if any(part.startswith(("_", ".")) for part in inside):
            continue
        values = {}
        for part in inside[:-1]:
            column, _, value = unquote(part).partition("=")
            values[column] = date.fromisoformat(value) if types[column] == "date" else value
        body = aws["s3"].get_object(Bucket=location.netloc, Key=key)["Body"].read()
        rows += [{**row, **values} for row in pq.read_table(io.BytesIO(body)).to_pylist()]
    return rows
