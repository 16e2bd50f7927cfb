"""The rebalancing: a function that captures theoretical portfolios and previews, and their raw table."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.capture import capture_function
from components.projected_table import ProjectedTable, ProjectedTableArgs
from components.schedule import Time
from components.scheduled_function import CollectorArgs, ScheduledFunction
from lake.tables.carteira_teorica import FIRST_DAY, RAW


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancingArgs(CollectorArgs):
    """The table is made in ``database``."""

    database: pulumi.Input[str]


class Rebalancing(ScheduledFunction):
    """Scheduler → Lambda → ``raw/carteira_teorica/`` of the lake, catalogued as ``carteira_teorica``.

    The table's partitions are the days of capture; most have no object, as only news is written.
    """

    table: ProjectedTable

    def __init__(self, name: str, args: RebalancingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        function = capture_function(
            "rebalancing",
            "carteira_teorica",
            args,
            description="Captures B3's theoretical portfolios and previews, and writes what is new to raw.",
            environment={
                "INDICES": ",".join(args.context.settings.indices),
                "B3_URL": args.context.settings.b3_url,
            },
            timeout=900,
        )
        schedule = Time(
            expression=args.context.settings.rebalancing_schedule,
            description="Captures B3's theoretical portfolios and previews.",
        )
        super().__init__("bovespa:index:Rebalancing", name, function, {"schedule": schedule}, opts)
        self.table = ProjectedTable(
            "bovespa:index:RebalancingTable",
            f"{name}-table",
            ProjectedTableArgs(
                bucket=args.lake.name, database=args.database, table=RAW, first_day=FIRST_DAY.isoformat()
            ),
            pulumi.ResourceOptions(parent=self),
        )
