"""COTAHIST files through the deployed pipeline: a session as its schedule gets it, longer ones as a back-fill."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from bovespa.demo.captures import SAMPLE
from bovespa.local.errors import LocalError
from bovespa.local.pipeline import invoke, schedule_target
from bovespa.local.stack import Stack
from functions.b3.cotahist.period import Period, of_name
from functions.b3.errors import B3Error
from functions.b3.lake import Lake
from functions.quotes.collect import Span
from functions.quotes.history import backfill_file
from lake.athena import Result

EVENING, MORNING = "quotes-evening", "quotes-morning"
_SAMPLE_FROM = date(2025, 8, 18)  # the sample's file goes further back than a demo has time for
_ZIP = b"PK"
Status = Literal["stored", "unchanged", "refused", "no_session", "not_published"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteFile:
    """A COTAHIST file to replay, from its session ``first`` on."""

    path: Path
    period: Period
    first: date = date.min

    @property
    def one_session(self) -> bool:
        return self.period.first == self.period.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotes:
    """What became of one COTAHIST file: its sessions and records, or the ``reason`` of its refusal.

    ``announced`` tells whether a batch was announced, whose event starts the Glue job.
    """

    name: str
    sessions: int
    quotes: int
    status: Status
    reason: str | None = None

    @property
    def announced(self) -> bool:
        return self.status == "stored"


def read_sample_quotes() -> list[QuoteFile]:
    """The quotes that ship with the project, at made-up prices (``bovespa/demo/sample_quotes.py``)."""
    files = [_file(path) for path in SAMPLE.glob("COTAHIST_*.ZIP")]
    return _in_order([file if file.one_session else replace(file, first=_SAMPLE_FROM) for file in files])


def find_quotes(folder: Path) -> list[QuoteFile]:
    """The COTAHIST files of a folder (ZIP or TXT, named as B3 names them), longer ones first, then by date.

    Raises:
        LocalError: one is named like them, but of no date.
    """
    named = [p for p in folder.glob("*") if p.is_file() and p.name.upper().startswith("COTAHIST")]
    return _in_order([_file(p) for p in named if p.suffix.upper() in (".ZIP", ".TXT")])


def replay(stack: Stack, file: QuoteFile) -> Quotes:
    """A session's file is published on the stand-in and collected; a longer one is back-filled.

    Raises:
        LocalError: the function could not be invoked at all.
    """
    if not file.one_session or stack.quotes is None:
        return back_fill(stack, file)
    body = file.path.read_bytes()
    stack.quotes.publish(file.period.zip_name, body if body.startswith(_ZIP) else _zipped(file.period, body))
    return replace(collect_session(stack, file.period.first), name=file.path.name)


def collect_session(stack: Stack, day: date | None = None, *, schedule: str = MORNING) -> Quotes:
    """Invoke the market data's function as its schedule would; ``day`` names another session than the latest.

    Raises:
        LocalError: the function could not be invoked at all.
    """
    target = schedule_target(stack, schedule)
    event = json.loads(target["Input"]) | ({"date": day.isoformat()} if day else {})
    return _outcome(invoke(stack, target["Arn"], event, role=target["RoleArn"]), day)


def back_fill(stack: Stack, file: QuoteFile) -> Quotes:
    """Take a file by hand, by the code of `bovespa backfill --file`."""
    path = file.path
    lake = Lake(stack.aws["s3"], stack.exports["lakeBucket"])
    span = Span(first=file.first, captured_at=datetime.now(UTC))
    try:
        taken = backfill_file(path, lake, span)
    except (B3Error, ValueError) as error:
        return Quotes(name=path.name, sessions=0, quotes=0, status="refused", reason=str(error))
    status: Status = "stored" if taken.status == "stored" else "unchanged"
    return Quotes(name=path.name, sessions=taken.sessions, quotes=taken.quotes, status=status)


def traded(stack: Stack) -> Result:
    """Each session in ``default.negociacao`` by Athena: shares that traded, reais, trades, quantity."""
    return stack.athena.run(
        "SELECT data_pregao, count(*) AS codigos, sum(valor_total) AS valor_total, "
        "CAST(sum(quantidade) AS bigint) AS quantidade, CAST(sum(qtd_titulos) AS bigint) AS qtd_titulos "
        "FROM negociacao GROUP BY data_pregao ORDER BY data_pregao"
    )


def _outcome(answer: Mapping[str, Any], day: date | None) -> Quotes:
    if "errorMessage" in answer:
        name = f"session of {day}" if day else "latest session"
        return Quotes(name=name, sessions=0, quotes=0, status="refused", reason=str(answer["errorMessage"]))
    return Quotes(
        name=f"session of {answer['date']}",
        sessions=int(answer["key"] is not None),
        quotes=answer["rows"],
        status=answer["status"],
    )


def _file(path: Path) -> QuoteFile:
    try:
        return QuoteFile(path=path, period=of_name(path.name))
    except ValueError as error:
        raise LocalError(f"{path}: {error}") from None


def _in_order(files: list[QuoteFile]) -> list[QuoteFile]:
    return sorted(files, key=lambda file: (file.one_session, file.period.first, file.path.name))


def _zipped(period: Period, text: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{period.stem}.TXT", text)
    return sink.getvalue()
