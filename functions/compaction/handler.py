"""The compaction's Lambda entry: cleans up after earlier days, then compacts those that have something new."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.compaction.athena import Athena
from functions.compaction.compact import clean, compact
from functions.compaction.objects import Bucket

LOOK_BACK_DAYS = 7  # a day that failed is tried again on each of these

logger = Logger(service="compaction")
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Bovespa"), service="compaction")


class CompactionFailed(Exception):
    """Some days could not be compacted; the message names them and the reasons."""


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Compact the days before today (UTC), or the one that the event names.

    Returns:
        ``{"removed": 96, "days": [{"date": "2026-11-21", "sources": 96, "targets": 2}]}``

    Raises:
        CompactionFailed: after every day was tried.
    """
    now = datetime.now(UTC)
    given = event.get("date")
    days = [date.fromisoformat(given)] if given else _days_before(now.date())
    bucket = Bucket(client=boto3.client("s3"), name=os.environ["STREAM_BUCKET"])
    athena = Athena(
        client=boto3.client("athena"),
        workgroup=os.environ["WORKGROUP"],
        database=os.environ["DATABASE"],
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    removed = clean(bucket, now)
    done, failed = [], []
    for day in days:
        try:
            result = compact(bucket, athena, day, now)
        except Exception as error:
            logger.exception("a day was not compacted", date=day.isoformat())
            failed.append(f"{day.isoformat()}: {error}")
            continue
        if result:
            done.append({"date": day.isoformat(), "sources": result.sources, "targets": result.targets})
    metrics.add_metric("RemovedFiles", MetricUnit.Count, removed)
    metrics.add_metric("CompactedDays", MetricUnit.Count, len(done))
    if failed:
        raise CompactionFailed("; ".join(failed))
    return {"removed": removed, "days": done}


def _days_before(today: date) -> list[date]:
    return [today - timedelta(days=back) for back in range(1, LOOK_BACK_DAYS + 1)]
