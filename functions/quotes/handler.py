"""The market data's Lambda entry: one invocation, one session's COTAHIST file.

Source of the event: EventBridge Scheduler. In the evening it is ``{"may_be_missing": true}``, since B3
publishes some files after midnight; in the morning it is empty, and the file must be there. ``date``
(``2025-07-08``) may be given by hand, for a session that was missed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.b3.clock import SAO_PAULO
from functions.b3.cotahist.client import COTAHIST_URL, CotahistClient
from functions.b3.cotahist.errors import NotPublished, SessionMissing
from functions.b3.cotahist.period import of_day
from functions.b3.errors import B3Error
from functions.b3.lake import Lake
from functions.quotes.collect import Span, take
from lake.calendar import is_session

PUBLISHED_FROM = time(19, 0)  # São Paulo; before that the day's file can't be there yet

logger = Logger(service="quotes")
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Bovespa"), service="quotes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one invocation is to do: the session, and the moment of the capture (UTC).

    With ``may_be_missing``, a file that isn't published yet is no failure: a later run will ask again.
    """

    day: date
    captured_at: datetime
    may_be_missing: bool = False


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Download, check and store; see :func:`collect` for the answer and the errors."""
    request = read_request(event, now=datetime.now(UTC))
    client = CotahistClient(os.environ.get("COTAHIST_URL") or COTAHIST_URL)
    lake = Lake(boto3.client("s3"), os.environ["LAKE_BUCKET"])
    return collect(request, client, lake)


def read_request(event: Mapping[str, Any], *, now: datetime) -> Request:
    """The request in an event: the given ``date``, or the latest session whose file may be out.

    Raises:
        ValueError: ``date`` isn't one, or is in the future.
    """
    may_be_missing = event.get("may_be_missing") is True
    there = now.astimezone(SAO_PAULO)
    if "date" in event:
        day = date.fromisoformat(event["date"])
        if day > there.date():
            raise ValueError(f"{day} is in the future: it is {there.date()} in São Paulo")
        return Request(day=day, captured_at=now, may_be_missing=may_be_missing)
    return Request(day=latest_session(there), captured_at=now, may_be_missing=may_be_missing)


def latest_session(now: datetime) -> date:
    """The session whose file a run at ``now`` (São Paulo's time) is to get.

    B3 publishes in the evening, some days after midnight: a run in the morning is for the session
    before.
    """
    day = now.date() if now.time() >= PUBLISHED_FROM else now.date() - timedelta(days=1)
    while not is_session(day):
        day -= timedelta(days=1)
    return day


def collect(request: Request, client: CotahistClient, lake: Lake) -> dict[str, Any]:
    """Get a session's file and store what is new.

    Returns:
        ``{"status": "stored" | "unchanged" | "no_session" | "not_published", "date": "2025-07-08",
        "key": raw object or None, "rows": quotes}``; where B3 has no file, ``no_session`` if its calendar
        has none either, ``not_published`` if the file may come later.

    Raises:
        SessionMissing: there was a session, and B3 has no file of it (yet).
        B3Error: the file can't be had, or was refused and is in quarantine.
    """
    day = request.day
    answer = {"status": "no_session", "date": day.isoformat(), "key": None, "rows": 0}
    with tempfile.TemporaryDirectory(prefix="cotahist-") as folder:
        try:
            payload = client.download(of_day(day), Path(folder))
        except NotPublished as error:
            if is_session(day) and request.may_be_missing:
                answer["status"] = "not_published"
                logger.info("not published yet", result=answer)
                return answer
            if is_session(day):
                metrics.add_metric("SessionMissing", MetricUnit.Count, 1)
                raise SessionMissing(day, error.url, error.answer) from None
            logger.info("no session", result=answer)
            return answer
        try:
            taken = take(payload, of_day(day), lake, Span(captured_at=request.captured_at))
        except B3Error as error:
            metrics.add_metric("PayloadRefused", MetricUnit.Count, 1)
            logger.warning("refused", date=day.isoformat(), reason=str(error))
            raise
    answer |= {
        "status": "stored" if taken.changed else "unchanged",
        "key": taken.sessions[0].key,
        "rows": taken.quotes,
    }
    if taken.sessions[0].healed:
        logger.warning("raw could not be read, and was replaced", key=answer["key"])
        answer["healed"] = True
    metrics.add_metric("SessionsStored", MetricUnit.Count, int(taken.changed))
    logger.info("collected", result=answer)
    return answer
