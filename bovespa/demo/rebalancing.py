"""The rebalancing on this machine: captures of theoretical portfolios and previews, replayed as scheduled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bovespa.demo.captures import SAMPLE
from bovespa.local.errors import LocalError
from bovespa.local.pipeline import invoke, schedule_target
from bovespa.local.stack import Stack
from lake.athena import Result
from lake.saved_queries import saved_query

_SAMPLE = SAMPLE / "rebalancing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancingCapture:
    """What B3 showed at one moment for an index: response bodies, ``previa`` None where none was published."""

    indice: str
    captured_at: datetime
    teorica: bytes
    previa: bytes | None
    language: str = "pt-br"


def read_rebalancing_sample() -> list[RebalancingCapture]:
    """The captures that ship with the project: before and after the rebalancing of 1 September 2025.

    They are of the project's own making, from the sample's members.
    """
    entries = json.loads((_SAMPLE / "captures.json").read_text(encoding="utf-8"))
    return [
        RebalancingCapture(
            indice=entry["indice"],
            captured_at=datetime.fromisoformat(entry["captured_at"]),
            teorica=(_SAMPLE / entry["teorica"]).read_bytes(),
            previa=(_SAMPLE / entry["previa"]).read_bytes(),
        )
        for entry in entries
    ]


def capture_rebalancing(stack: Stack, replay: RebalancingCapture | None) -> dict[str, Any]:
    """Invoke the rebalancing as its schedule would; the answer is the function's own.

    A replay is shown on the stand-in of B3's host, and adds the index, the language and the moment of
    the capture to the schedule's input; None asks whatever host the stack was deployed with.

    Raises:
        LocalError: the function failed or could not be invoked.
    """
    target = schedule_target(stack, "rebalancing-schedule")
    event = json.loads(target["Input"])
    if replay is not None:
        if stack.site is not None:
            stack.site.clear()
            stack.site.show_theoretical(replay.indice, replay.teorica)
            stack.site.show_preview(replay.indice, replay.previa or NOT_PUBLISHED)
        event |= {
            "indices": [replay.indice],
            "language": replay.language,
            "captured_at": replay.captured_at.isoformat(),
        }
    answer = invoke(stack, target["Arn"], event, role=target["RoleArn"])
    if "errorMessage" in answer:
        raise LocalError(f"the rebalancing failed: {answer['errorMessage']}")
    return answer


def next_rebalancing(stack: Stack, *, until: date | None = None) -> Result:
    """Who enters, leaves and stays, as the saved query answers; as on ``until`` where given."""
    query = saved_query("proximo_rebalanceamento")
    return stack.athena.run((query.until(until) if until else query).sql)


def known_before(stack: Stack, captures: Sequence[RebalancingCapture]) -> str:
    """What was known of the rebalancing on the eve of the last capture, in a line.

    Raises:
        QueryFailed: Athena could not answer.
    """
    eve = captures[-1].captured_at.date() - timedelta(days=1)
    return f"known on {eve}: {told(next_rebalancing(stack, until=eve).records())}"


def told(rows: Sequence[dict[str, Any]]) -> str:
    """The answer of :func:`next_rebalancing` in one line."""
    if not rows:
        return "no preview and no theoretical portfolio of this season"
    moved = [
        ", ".join(row["codigo"] for row in rows if row["movimento"] == movement) or "nobody"
        for movement in ("entra", "sai")
    ]
    return f"{rows[0]['fonte']}: {moved[0]} enters, {moved[1]} leaves"


NOT_PUBLISHED = json.dumps(
    {
        "page": {"pageNumber": 1, "pageSize": 120, "totalRecords": 0, "totalPages": 0},
        "header": {"part": None, "theoricalQty": None, "reductor": None},
        "results": [],
    }
).encode()
