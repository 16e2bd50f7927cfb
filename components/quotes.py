"""The market data: a function that collects what was traded in a session, on two schedules."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunctionArgs
from components.pandas_layer import pandas_layer_arn
from components.policy import Statement
from components.scheduled_function import ScheduledFunction, Time
from components.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotesArgs:
    """``lake`` is where payloads, quarantine, raw and the finished batches are written."""

    context: Context
    settings: Settings
    lake: PrivateBucket


class Quotes(ScheduledFunction):
    """Scheduler → Lambda → ``payloads/``, ``quarantine/``, ``raw/`` and ``lotes/`` of the lake.

    B3 publishes a session's COTAHIST file in the evening, on some days after midnight. So the evening's
    run may find nothing, and the next morning's must find it: only then is a missing file an alarm.
    """

    def __init__(self, name: str, args: QuotesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings, lake = args.settings, args.lake
        function = PythonFunctionArgs(
            context=args.context,
            description="Collects what was traded in a session (COTAHIST), checks it and writes it to raw.",
            handler="functions.quotes.handler.handler",
            lock="requirements/quotes.txt",
            layers=[pandas_layer_arn(args.context.region, configured=settings.pandas_layer_arn)],
            environment={"LAKE_BUCKET": lake.name, "COTAHIST_URL": settings.cotahist_url},
            statements=_statements(lake),
            log_retention_days=settings.log_retention_days,
            # A session's file has some 10,000 records, 3 MB of text: Lambda's own 512 MB of disk hold it.
            timeout=300,
            memory=512,
        )
        times = {
            "evening": Time(
                expression=settings.quotes_schedule_evening,
                description="Collects what was traded in the latest session (evening).",
                event={"may_be_missing": True},
            ),
            "morning": Time(
                expression=settings.quotes_schedule_morning,
                description="Collects what was traded in the latest session (morning).",
            ),
        }
        super().__init__("bovespa:index:Quotes", name, function, times, opts)


def _statements(lake: PrivateBucket) -> list[Statement]:
    def under(prefix: str) -> pulumi.Output[str]:
        return lake.under(f"{prefix}/negociacao/")

    return [
        Statement(sid="ArchivePayloads", actions=["s3:PutObject"], resources=[under("payloads")]),
        Statement(sid="QuarantinePayloads", actions=["s3:PutObject"], resources=[under("quarantine")]),
        Statement(sid="ReadAndWriteRaw", actions=["s3:GetObject", "s3:PutObject"], resources=[under("raw")]),
        Statement(
            sid="AnnounceBatches", actions=["s3:GetObject", "s3:PutObject"], resources=[under("lotes")]
        ),
        Statement(
            sid="ListRawAndBatches",
            actions=["s3:ListBucket"],
            resources=[lake.arn],
            conditions={"StringLike": {"s3:prefix": ["raw/negociacao/*", "lotes/negociacao/*"]}},
        ),
    ]
