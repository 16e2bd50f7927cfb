"""Traded prices through the deployed pipeline: a session by the schedule's own wiring, the past as `bovespa backfill`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from functions.cotahist.errors import MarketDataError
from functions.cotahist.history import Span, backfill_file
from functions.cotahist.lake import Lake, Stored
from functions.cotahist.objects import S3Objects
from functions.cotahist.period import of_day
from local.pipeline import invoke, schedule_target
from local.stack import Stack

EVENING, MORNING = "cotahist-evening", "cotahist-morning"
Status = Literal["stored", "unchanged", "refused", "no_session", "not_published"]


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


def collect_session(stack: Stack, day: date, *, schedule: str = MORNING) -> Quotes:
    """Invoke the market data's function as its schedule would, for a session that is named.

    Raises:
        LocalError: the function could not be invoked at all.
    """
    target = schedule_target(stack, schedule)
    event = json.loads(target["Input"]) | {"date": day.isoformat()}
    answer = invoke(stack, target["Arn"], event, role=target["RoleArn"])
    return _outcome(answer, of_day(day).zip_name)


def back_fill(stack: Stack, path: Path) -> Quotes:
    """Take a file by hand, by the code of `bovespa backfill --file`."""
    lake = Lake(S3Objects(stack.aws["s3"], stack.exports["lakeBucket"]))
    span = Span(first=date.min, last=date.max, captured_at=datetime.now(UTC))
    try:
        taken = backfill_file(path, lake, span, _Silent())
    except (MarketDataError, ValueError) as error:
        return Quotes(name=path.name, sessions=0, quotes=0, status="refused", reason=str(error))
    status: Status = "stored" if taken.status == "stored" else "unchanged"
    return Quotes(name=path.name, sessions=taken.sessions, quotes=taken.quotes, status=status)


def _outcome(answer: Mapping[str, Any], name: str) -> Quotes:
    if "errorMessage" in answer:
        reason = str(answer["errorMessage"])
        return Quotes(name=name, sessions=0, quotes=0, status="refused", reason=reason)
    return Quotes(
        name=name, sessions=int(answer["key"] is not None), quotes=answer["rows"], status=answer["status"]
    )


class _Silent:
    """Watches a back-fill of files so small that there is nothing to tell on the way."""

    def downloading(self, name: str, done: int, total: int | None) -> None:
        pass

    def checking(self, name: str) -> None:
        pass

    def storing(self, name: str, stored: Stored) -> None:
        pass
