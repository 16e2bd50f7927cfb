"""The watch's Lambda entry: counts sessions without data, for an alarm.

Runs at 20:00 in São Paulo. On a day without a session there is nothing to miss.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.b3.clock import day_in_sao_paulo
from lake.calendar import is_session

logger = Logger(service="watch")
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Bovespa"), service="watch")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look for the day's raw object.

    Returns:
        ``{"date": "2025-07-14", "session": true, "missing": false}``; ``date`` may be given in the event.
    """
    given = event.get("date")
    day = date.fromisoformat(given) if given else day_in_sao_paulo(datetime.now(UTC))
    session = is_session(day)
    missing = session and not _has_raw(boto3.client("s3"), os.environ["LAKE_BUCKET"], day)
    metrics.add_metric("SessionWithoutData", MetricUnit.Count, int(missing))
    if missing:
        logger.error("no data for the session", date=day.isoformat())
    return {"date": day.isoformat(), "session": session, "missing": missing}


def _has_raw(s3: Any, bucket: str, day: date) -> bool:
    prefix = f"raw/carteira/dt={day.isoformat()}/"
    return bool(s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount"))
