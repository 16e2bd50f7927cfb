"""The rebalancing: a function that captures theoretical portfolios and previews, and their raw table."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.bucket import PrivateBucket
from components.capture import capture_function
from components.context import Context
from components.rebalancing_table import RebalancingTable, RebalancingTableArgs
from components.scheduled_function import ScheduledFunction, Time
from components.settings import Settings


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
        function = capture_function(
            "rebalancing",
            "carteira_teorica",
            context=args.context,
            settings=args.settings,
            lake=args.lake,
            description="Captures B3's theoretical portfolios and previews, and writes what is new to raw.",
            timeout=900,
        )
        schedule = Time(
            expression=args.settings.rebalancing_schedule,
            description="Captures B3's theoretical portfolios and previews.",
        )
        super().__init__("bovespa:index:Rebalancing", name, function, {"schedule": schedule}, opts)
        self.table = RebalancingTable(
            f"{name}-table",
            RebalancingTableArgs(bucket=args.lake.name, database=args.database),
            pulumi.ResourceOptions(parent=self),
        )
