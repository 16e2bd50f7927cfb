"""The rebalancing's Lambda entry: one invocation asks for every index's theoretical portfolio and preview.

Source of the event: EventBridge Scheduler sends the input that components/rebalancing.py declares, an
empty object. The scraper's ``indices``, ``language`` and ``captured_at`` may be given by hand.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.b3.client import B3_URL, B3Client, Payload
from functions.b3.clock import day_in_sao_paulo
from functions.b3.errors import B3Error
from functions.b3.lake import Lake, Stored
from functions.b3.request import Request, read_request
from functions.rebalancing.collect import Attempt, collect
from functions.rebalancing.raw import rows_of
from functions.rebalancing.store import DATASET, store
from lake.calendar import in_preview_season
from lake.tables.carteira_teorica import Kind

logger = Logger(service="rebalancing")
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Bovespa"), service="rebalancing")


class RebalancingRefused(B3Error):
    """One or more answers could not be had or trusted; whatever else came was stored.

    The message has one reason per refusal, each with the index and the kind of portfolio.
    """


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Capture, check and store; see :func:`capture` for the answer and the errors."""
    request = read_request(event, default_indices=os.environ["INDICES"], now=datetime.now(UTC))
    client = B3Client(os.environ.get("B3_URL") or B3_URL, language=request.language)
    return capture(request, client, Lake(boto3.client("s3"), os.environ["LAKE_BUCKET"]))


def capture(request: Request, client: B3Client, lake: Lake) -> dict[str, Any]:
    """Ask for both portfolios of every index and store what is new.

    Returns:
        ``{"status": "stored" | "unchanged", "date": day of the capture, "key": raw object,
        "portfolios": [{"kind": "teorica" | "previa", "index", "members",
        "status": "stored" | "unchanged" | "not_published" | "out_of_season"}]}``; with
        ``healed``, the reason, where raw that was there could not be read.

    Raises:
        RebalancingRefused: an answer can't be had or trusted; it is in quarantine, and whatever else
            came is stored.
    """
    day = day_in_sao_paulo(request.captured_at)

    def archive(payload: Payload) -> None:
        lake.archive(DATASET, payload, captured_at=request.captured_at)

    attempts = [
        collect(client, kind, indice, captured_on=day, archive=archive)
        for indice in request.indices
        for kind in Kind
    ]
    shown = [attempt for attempt in attempts if attempt.kind is Kind.TEORICA or in_preview_season(day)]
    stored = store(
        lake,
        day,
        {
            (attempt.kind, attempt.indice): rows_of(attempt, captured_at=request.captured_at)
            for attempt in shown
            if attempt.portfolio is not None
        },
    )
    if stored.healed:
        logger.warning("raw could not be read, and counted as not there", reason=stored.healed)
    _refuse([attempt for attempt in attempts if attempt.error is not None], lake, request.captured_at)
    answer = {
        "status": "stored" if stored.changed else "unchanged",
        "date": day.isoformat(),
        "key": stored.key,
        **({"healed": stored.healed} if stored.healed else {}),
        "portfolios": [_outcome(attempt, attempt in shown, stored) for attempt in attempts],
    }
    metrics.add_metric("PortfoliosStored", MetricUnit.Count, len(stored.changed))
    logger.info("captured", result=answer)
    return answer


def _refuse(refused: Sequence[Attempt], lake: Lake, captured_at: datetime) -> None:
    reasons = []
    for attempt in refused:
        reason = f"{attempt.indice} {attempt.kind}: {attempt.error}"
        keys = [
            lake.quarantine(DATASET, payload, reason, captured_at=captured_at) for payload in attempt.payloads
        ]
        logger.warning("refused", indice=attempt.indice, kind=attempt.kind, reason=reason, quarantined=keys)
        metrics.add_metric("PayloadRefused", MetricUnit.Count, 1)
        reasons.append(reason)
    if reasons:
        raise RebalancingRefused("; ".join(reasons))


def _outcome(attempt: Attempt, shown: bool, stored: Stored) -> dict[str, Any]:
    if attempt.portfolio is None:
        status = "not_published"
    elif not shown:
        status = "out_of_season"
    else:
        status = "stored" if f"{attempt.kind} {attempt.indice}" in stored.changed else "unchanged"
    return {
        "kind": attempt.kind.value,
        "index": attempt.indice,
        "status": status,
        "members": len(attempt.portfolio.members) if attempt.portfolio else 0,
    }
