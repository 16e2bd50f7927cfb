"""The watch: in the evening, a function looks whether the day's session has data."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunctionArgs
from components.policy import Statement
from components.scheduled_function import ScheduledFunction, Time
from components.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchArgs:
    """``lake`` is where the data should be."""

    context: Context
    settings: Settings
    lake: PrivateBucket


class Watch(ScheduledFunction):
    """Scheduler → Lambda → the metric ``SessionWithoutData``."""

    def __init__(self, name: str, args: WatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        function = PythonFunctionArgs(
            context=args.context,
            description="Counts B3 sessions that have no data by the evening.",
            handler="functions.watch.handler.handler",
            lock="requirements/watch.txt",
            environment={"LAKE_BUCKET": args.lake.name},
            statements=[
                Statement(
                    sid="ListRaw",
                    actions=["s3:ListBucket"],
                    resources=[args.lake.arn],
                    conditions={"StringLike": {"s3:prefix": "raw/carteira/*"}},
                )
            ],
            log_retention_days=args.settings.log_retention_days,
            timeout=30,
            memory=256,
        )
        schedule = Time(
            expression=args.settings.watch_schedule, description="Looks whether the day's session has data."
        )
        super().__init__("bovespa:index:Watch", name, function, {"schedule": schedule}, opts)
