"""The scraper: a function that captures B3's portfolio, on a schedule."""

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
class ScraperArgs:
    """``lake`` is where payloads, quarantine and raw are written."""

    context: Context
    settings: Settings
    lake: PrivateBucket


class Scraper(ScheduledFunction):
    """Scheduler → Lambda → ``payloads/``, ``quarantine/`` and ``raw/`` of the lake."""

    def __init__(self, name: str, args: ScraperArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings, lake = args.settings, args.lake
        function = PythonFunctionArgs(
            context=args.context,
            description="Captures B3's portfolio of the day, checks it and writes it to raw.",
            handler="functions.scraper.handler.handler",
            lock="requirements/scraper.txt",
            layers=[pandas_layer_arn(args.context.region, configured=settings.pandas_layer_arn)],
            environment={
                "LAKE_BUCKET": lake.name,
                "INDICES": ",".join(settings.indices),
                "B3_URL": settings.b3_url,
            },
            statements=[
                Statement(
                    sid="ArchivePayloads",
                    actions=["s3:PutObject"],
                    resources=[lake.under("payloads/carteira/")],
                ),
                Statement(
                    sid="QuarantinePayloads",
                    actions=["s3:PutObject"],
                    resources=[lake.under("quarantine/carteira/")],
                ),
                Statement(
                    sid="ReadAndWriteRaw",
                    actions=["s3:GetObject", "s3:PutObject"],
                    resources=[lake.under("raw/carteira/")],
                ),
                Statement(
                    sid="ListRaw",
                    actions=["s3:ListBucket"],
                    resources=[lake.arn],
                    conditions={"StringLike": {"s3:prefix": "raw/carteira/*"}},
                ),
            ],
            log_retention_days=settings.log_retention_days,
            timeout=300,
            memory=512,
        )
        schedule = Time(
            expression=settings.scrape_schedule, description="Captures B3's portfolio of the day."
        )
        super().__init__("bovespa:index:Scraper", name, function, {"schedule": schedule}, opts)
