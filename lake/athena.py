"""Runs SQL through the Athena API, and gives the rows back with their types."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

TIMEOUT_SECONDS = 120.0
_POLL_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)  # then every second

Value = str | int | float | bool | Decimal | date | None


class QueryFailed(Exception):
    """Athena refused or gave up on a query; the message is Athena's reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A query's answer: column names, rows, and the bytes that Athena read for it (None: not counted)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    scanned_bytes: int | None

    def records(self) -> list[dict[str, Value]]:
        """The rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Athena:
    """Where queries run.

    ``client`` is a boto3 Athena client; ``counts_scans`` says whether the engine's DataScannedInBytes is what
    was read.
    """

    client: Any
    workgroup: str
    database: str
    counts_scans: bool = True

    def run(self, sql: str, *, timeout: float = TIMEOUT_SECONDS) -> Result:
        """Run one statement and wait for its rows.

        Raises:
            QueryFailed: Athena says FAILED or CANCELLED, or doesn't end within ``timeout`` seconds.
        """
        execution = self.execute(sql, timeout=timeout)
        columns, rows = self._fetch(execution["QueryExecutionId"])
        scanned = execution.get("Statistics", {}).get("DataScannedInBytes", 0) if self.counts_scans else None
        return Result(columns=columns, rows=rows, scanned_bytes=scanned)

    def execute(self, sql: str, *, timeout: float = TIMEOUT_SECONDS) -> dict[str, Any]:
        """Run one statement and wait for its end; returns GetQueryExecution's answer and the query's id.

        Raises:
            QueryFailed: as of :meth:`run`.
        """
        query_id = self.client.start_query_execution(
            QueryString=sql,
            WorkGroup=self.workgroup,
            QueryExecutionContext={"Database": self.database},
        )["QueryExecutionId"]
        deadline = time.monotonic() + timeout
        for pause in _pauses():
            execution = self.client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                return {**execution, "QueryExecutionId": query_id}
            if status["State"] in ("FAILED", "CANCELLED"):
                raise QueryFailed(status.get("StateChangeReason") or status["State"].lower())
            if time.monotonic() > deadline:
                self.client.stop_query_execution(QueryExecutionId=query_id)
                raise QueryFailed(f"no answer within {timeout:.0f} s; the query was cancelled")
            time.sleep(pause)
        raise AssertionError("unreachable")

    def _fetch(self, query_id: str) -> tuple[tuple[str, ...], tuple[tuple[Value, ...], ...]]:
        columns: tuple[str, ...] = ()
        types: list[str] = []
        rows: list[tuple[Value, ...]] = []
        for number, page in enumerate(
            self.client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        ):
            result = page["ResultSet"]
            found = result["Rows"]
            if number == 0:
                info = result["ResultSetMetadata"]["ColumnInfo"]
                columns = tuple(column["Name"] for column in info)
                types = [column["Type"].lower() for column in info]
                # The first row of a SELECT repeats the names; other statements have no such row.
                found = found[1:] if found and _texts(found[0]) == columns else found
            rows += [
                tuple(_value(text, kind) for text, kind in zip(_cells(row, len(types)), types, strict=True))
                for row in found
            ]
        return columns, tuple(rows)


def _cells(row: dict[str, Any], count: int) -> tuple[str | None, ...]:
    """A row's values; DESCRIBE has several columns and gives each row as one text, padded, with tabs between them."""
    found = _texts(row)
    if len(found) == 1 < count:
        parts = [part.strip() for part in (found[0] or "").split("\t", count - 1)]
        return (*parts, *[""] * (count - len(parts)))
    return found


def _texts(row: dict[str, Any]) -> tuple[str | None, ...]:
    return tuple(cell.get("VarCharValue") for cell in row["Data"])


def _pauses() -> Iterator[float]:
    yield from _POLL_SECONDS
    while True:
        yield _POLL_SECONDS[-1]


def _value(text: str | None, kind: str) -> Value:
    if text is None:
        return None
    if kind in ("tinyint", "smallint", "integer", "int", "bigint", "hugeint"):
        return int(text)
    if kind.startswith("decimal"):
        return Decimal(text)
    if kind == "date":
        return date.fromisoformat(text[:10])
    if kind in ("double", "float", "real"):
        return float(text)
    if kind == "boolean":
        return text.lower() == "true"
    return text
