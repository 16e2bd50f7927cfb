"""The scraper's Lambda entry: one invocation, one capture of every configured index.

Source of the event: EventBridge Scheduler sends the input that components/scraper.py declares, an
empty object. ``indices``, ``language`` and ``captured_at`` (ISO 8601, for replays of captured pages)
may be given by hand.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.b3.client import B3_URL, B3Client, Payload
from functions.b3.errors import ScrapeFailed
from functions.b3.lake import Lake, Stored
from functions.b3.parquet import Row
from functions.b3.request import Request, read_request
from functions.scraper.collect import Attempt, collect
from functions.scraper.raw import rows_of
from functions.scraper.store import DATASET, store

REQUIRED_INDEX = "IBOV"

logger = Logger(service="scraper")
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Bovespa"), service="scraper")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Capture, check and store; see :func:`scrape` for the answer and the errors."""
    request = read_request(event, default_indices=os.environ["INDICES"], now=datetime.now(UTC))
    client = B3Client(os.environ.get("B3_URL") or B3_URL, language=request.language)
    lake = Lake(boto3.client("s3"), os.environ["LAKE_BUCKET"])
    return scrape(request, client, lake)


def scrape(request: Request, client: B3Client, lake: Lake) -> dict[str, Any]:
    """Capture every index and store what is new.

    Returns:
        ``{"status": "stored" | "unchanged", "sessions": [{"date", "key", "status", "indices":
        {index: members}}], "missing": [index…]}``. A session whose raw could not be read and was replaced
        also has ``healed``, the reason.

    Raises:
        ScrapeFailed: the required index (IBOV where it is asked for, else the first) has no
            trustworthy portfolio; nothing was written to raw.
    """

    def archive(payload: Payload) -> None:
        lake.archive(DATASET, payload, captured_at=request.captured_at)

    attempts = [
        collect(client, indice, captured_at=request.captured_at, archive=archive)
        for indice in request.indices
    ]
    for attempt in attempts:
        _report_refusals(attempt, lake, request.captured_at)
    required = REQUIRED_INDEX if REQUIRED_INDEX in request.indices else request.indices[0]
    for attempt in attempts:
        if attempt.indice == required and attempt.collected is None:
            raise ScrapeFailed(
                f"{required}: " + "; ".join(str(refusal.error) for refusal in attempt.refusals)
            )
    return _store(attempts, lake, request.captured_at)


def _report_refusals(attempt: Attempt, lake: Lake, captured_at: datetime) -> None:
    for refusal in attempt.refusals:
        keys = [
            lake.quarantine(DATASET, payload, str(refusal.error), captured_at=captured_at)
            for payload in refusal.payloads
        ]
        logger.warning("refused", indice=attempt.indice, reason=str(refusal.error), quarantined=keys)
        metrics.add_metric("PayloadRefused", MetricUnit.Count, 1)
    if attempt.collected is None:
        metrics.add_metric("IndexMissing", MetricUnit.Count, 1)


def _store(attempts: Sequence[Attempt], lake: Lake, captured_at: datetime) -> dict[str, Any]:
    days: dict[date, dict[str, list[Row]]] = defaultdict(dict)
    for attempt in attempts:
        if attempt.collected is not None:
            day = attempt.collected.portfolio.data_pregao
            assert day is not None  # check_date refused a portfolio without one  # noqa: S101
            days[day][attempt.indice] = rows_of(attempt.collected, captured_at=captured_at)
    stored = {day: store(lake, day, rows) for day, rows in sorted(days.items())}
    for session in stored.values():
        if session.healed:
            logger.warning("raw could not be read, and was replaced", key=session.key, reason=session.healed)
    answer = {
        "status": "stored" if any(s.changed for s in stored.values()) else "unchanged",
        "sessions": [_session(day, s, days[day]) for day, s in stored.items()],
        "missing": [attempt.indice for attempt in attempts if attempt.collected is None],
    }
    metrics.add_metric("SessionsStored", MetricUnit.Count, sum(bool(s.changed) for s in stored.values()))
    logger.info("captured", result=answer)
    return answer


def _session(day: date, stored: Stored, rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "key": stored.key,
        "status": "stored" if stored.changed else "unchanged",
        "indices": {indice: len(members) for indice, members in rows.items()},
        **({"healed": stored.healed} if stored.healed else {}),
    }
