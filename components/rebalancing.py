"""The rebalancing: a function that captures theoretical portfolios and previews, and their raw table."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunction, PythonFunctionArgs
from components.pandas_layer import pandas_layer_arn
from components.policy import Statement
from components.rebalancing_table import RebalancingTable, RebalancingTableArgs
from components.schedule import FunctionSchedule, FunctionScheduleArgs
from components.settings import Settings
from lake.tables.carteira_teorica import RAW


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancingArgs:
    """``lake`` is where payloads, quarantine and raw are written; the table is made in ``database``."""

    context: Context
    settings: Settings
    lake: PrivateBucket
    database: pulumi.Input[str]


class Rebalancing(pulumi.ComponentResource):
    """Scheduler → Lambda → ``raw/carteira_teorica/`` of the lake, catalogued as ``carteira_teorica``."""

    function: PythonFunction

    def __init__(self, name: str, args: RebalancingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Rebalancing", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, lake = args.settings, args.lake
        self.function = PythonFunction(
            name,
            PythonFunctionArgs(
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
                        resources=[lake.arn.apply(lambda arn: f"{arn}/payloads/carteira_teorica/*")],
                    ),
                    Statement(
                        sid="QuarantinePayloads",
                        actions=["s3:PutObject"],
                        resources=[lake.arn.apply(lambda arn: f"{arn}/quarantine/carteira_teorica/*")],
                    ),
                    Statement(
                        sid="ReadAndWriteRaw",
                        actions=["s3:GetObject", "s3:PutObject"],
                        resources=[lake.arn.apply(lambda arn: f"{arn}/{RAW.prefix}*")],
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
            ),
            child,
        )
        FunctionSchedule(
            f"{name}-schedule",
            FunctionScheduleArgs(
                context=args.context,
                target=self.function,
                expression=settings.rebalancing_schedule,
                event={},
                description="Captures B3's theoretical portfolios and previews.",
            ),
            child,
        )
        RebalancingTable(
            f"{name}-table", RebalancingTableArgs(bucket=lake.name, database=args.database), child
        )
        self.register_outputs({"function": self.function.function.name})
