"""The scraper: a function that captures B3's portfolio, on a schedule."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunction, PythonFunctionArgs
from components.pandas_layer import pandas_layer_arn
from components.policy import Statement
from components.schedule import FunctionSchedule, FunctionScheduleArgs
from components.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ScraperArgs:
    """``lake`` is where payloads, quarantine and raw are written."""

    context: Context
    settings: Settings
    lake: PrivateBucket


class Scraper(pulumi.ComponentResource):
    """Scheduler → Lambda → ``payloads/``, ``quarantine/`` and ``raw/`` of the lake."""

    function: PythonFunction

    def __init__(self, name: str, args: ScraperArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Scraper", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, lake = args.settings, args.lake
        self.function = PythonFunction(
            name,
            PythonFunctionArgs(
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
                        resources=[lake.arn.apply(lambda arn: f"{arn}/payloads/*")],
                    ),
                    Statement(
                        sid="QuarantinePayloads",
                        actions=["s3:PutObject"],
                        resources=[lake.arn.apply(lambda arn: f"{arn}/quarantine/*")],
                    ),
                    Statement(
                        sid="ReadAndWriteRaw",
                        actions=["s3:GetObject", "s3:PutObject"],
                        resources=[lake.arn.apply(lambda arn: f"{arn}/raw/carteira/*")],
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
            ),
            child,
        )
        FunctionSchedule(
            f"{name}-schedule",
            FunctionScheduleArgs(
                context=args.context,
                target=self.function,
                expression=settings.scrape_schedule,
                event={},
                description="Captures B3's portfolio of the day.",
            ),
            child,
        )
        self.register_outputs({"function": self.function.function.name})
