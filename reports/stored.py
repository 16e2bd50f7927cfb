"""A report as JSON: what its queries answered, to be read again, here or by another program, without asking Athena."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from lake.athena import Result, Value
from reports.report import IndexReport, Missing, Part

# What JSON has no word for is text, and ``types`` says of which columns.
_READ: Mapping[str, Callable[[str], Value]] = {"decimal": Decimal, "date": date.fromisoformat}


def dump(report: IndexReport) -> str:
    """The report as a JSON object; the same report gives the same text."""
    told = {
        "index": report.index,
        "session": report.session.isoformat(),
        "missing": [
            {
                "part": lack.part.value,
                "table": lack.table,
                "latest": lack.latest.isoformat() if lack.latest else None,
            }
            for lack in report.missing
        ],
        "results": {name: _answer(result) for name, result in sorted(report.results.items())},
    }
    return json.dumps(told, ensure_ascii=False, default=str)


def load(text: str) -> IndexReport:
    """The report of :func:`dump`; what Athena read for it is no longer known."""
    told = json.loads(text)
    return IndexReport(
        index=told["index"],
        session=date.fromisoformat(told["session"]),
        results={name: _result(answer) for name, answer in told["results"].items()},
        missing=tuple(
            Missing(
                part=Part(lack["part"]),
                table=lack["table"],
                latest=date.fromisoformat(lack["latest"]) if lack["latest"] else None,
            )
            for lack in told["missing"]
        ),
    )


def _answer(result: Result) -> dict[str, Any]:
    types = {}
    for place, column in enumerate(result.columns):
        values = [row[place] for row in result.rows]
        if any(isinstance(value, Decimal) for value in values):
            types[column] = "decimal"
        elif any(isinstance(value, date) for value in values):
            types[column] = "date"
    return {"columns": result.columns, "types": types, "rows": result.rows}


def _result(answer: Mapping[str, Any]) -> Result:
    reads = [_READ.get(answer["types"].get(column, "")) for column in answer["columns"]]
    return Result(
        columns=tuple(answer["columns"]),
        rows=tuple(
            tuple(
                value if read is None or value is None else read(str(value))
                for value, read in zip(row, reads, strict=True)
            )
            for row in answer["rows"]
        ),
        scanned_bytes=None,
    )
