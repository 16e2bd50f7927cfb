"""The rebalancing: a function that captures theoretical portfolios and previews, and their raw table."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunctionArgs
from components.pandas_layer import pandas_layer_arn
from components.policy import Statement
from components.rebalancing_table import RebalancingTable, RebalancingTableArgs
from components.scheduled_function import ScheduledFunction, Time
from components.settings import Settings
from lake.tables.carteira_teorica import RAW


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancingArgs:
    """``lake`` is where payloads, quarantine and raw are written; the table is made in ``database``."""

    context: Context
    settings: Settings
    lake: PrivateBucket
    database: pulumi.Input[str]


class Rebalancing(ScheduledFunction):
    """Scheduler → Lambda → ``raw/carteira_teorica/`` of the lake, catalogued as ``carteira_teorica``."""

    table: RebalancingTable

    def __init__(self, name: str, args: RebalancingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings, lake = args.settings, args.lake
        function = PythonFunctionArgs(
            context=args.context,
            description="Captures B3's theoretical portfolios and previews, and writes what is new to raw.",
            handler="functions.rebalancing.handler.handler",
            lock="requirements/rebalancing.txt",
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
                    resources=[lake.under("payloads/carteira_teorica/")],
                ),
                Statement(
                    sid="QuarantinePayloads",
                    actions=["s3:PutObject"],
                    resources=[lake.under("quarantine/carteira_teorica/")],
                ),
                Statement(
                    sid="ReadAndWriteRaw",
                    actions=["s3:GetObject", "s3:PutObject"],
                    resources=[lake.under(RAW.prefix)],
                ),
                Statement(
                    sid="ListRaw",
                    actions=["s3:ListBucket"],
                    resources=[lake.arn],
                    conditions={"StringLike": {"s3:prefix": f"{RAW.prefix}*"}},
                ),
            ],
            log_retention_days=settings.log_retention_days,
            timeout=900,
            memory=512,
        )
        schedule = Time(
            expression=settings.rebalancing_schedule,
            description="Captures B3's theoretical portfolios and previews.",
        )
        super().__init__("bovespa:index:Rebalancing", name, function, {"schedule": schedule}, opts)
        self.table = RebalancingTable(
            f"{name}-table",
            RebalancingTableArgs(bucket=lake.name, database=args.database),
            pulumi.ResourceOptions(parent=self),
        )
