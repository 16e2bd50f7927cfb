"""The watch's Lambda entry: counts what a session lacks in raw or REFINED, for an alarm.

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
from functions.watch.look import problems
from lake.calendar import is_session

logger = Logger(service="watch")
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Bovespa"), service="watch")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look for the session's data in raw and REFINED; see :func:`functions.watch.look.problems`.

    Returns:
        ``{"date": "2025-07-14", "session": true, "missing": true, "problems": ["carteira 2025-07-14: in
        raw, and not refined"]}``; ``date`` may be given in the event.
    """
    given = event.get("date")
    day = date.fromisoformat(given) if given else day_in_sao_paulo(datetime.now(UTC))
    session = is_session(day)
    found = problems(boto3.client("s3"), os.environ["LAKE_BUCKET"], day) if session else []
    metrics.add_metric("SessionWithoutData", MetricUnit.Count, len(found))
    for problem in found:
        logger.error("missing", problem=problem)
    return {"date": day.isoformat(), "session": session, "missing": bool(found), "problems": found}
