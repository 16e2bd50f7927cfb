"""The watch: in the evening, a function looks whether the day's session has data."""

from __future__ import annotations

import pulumi

from components.function import PythonFunctionArgs
from components.policy import Statement
from components.schedule import Time
from components.scheduled_function import CollectorArgs, ScheduledFunction


class Watch(ScheduledFunction):
    """Scheduler → Lambda → the metric ``SessionWithoutData``."""

    def __init__(self, name: str, args: CollectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        function = PythonFunctionArgs(
            context=args.context,
            description="Counts what B3 sessions lack in raw or REFINED by the evening.",
            handler="functions.watch.handler.handler",
            lock="requirements/watch.txt",
            environment={"LAKE_BUCKET": args.lake.name},
            statements=[
                Statement(
                    sid="ReadRaw",
                    actions=["s3:GetObject"],
                    resources=[args.lake.under("raw/carteira/"), args.lake.under("raw/negociacao/")],
                ),
                Statement(
                    sid="ListRawAndRefined",
                    actions=["s3:ListBucket"],
                    resources=[args.lake.arn],
                    conditions={
                        "StringLike": {
                            "s3:prefix": [
                                "raw/carteira/*",
                                "raw/negociacao/*",
                                "REFINED/carteira/*",
                                "REFINED/negociacao/*",
                            ]
                        }
                    },
                ),
            ],
            layers=[args.context.settings.pandas_layer_arn],
            timeout=60,
            memory=512,
        )
        schedule = Time(
            expression=args.context.settings.watch_schedule,
            description="Looks whether the day's session has data.",
        )
        super().__init__("bovespa:index:Watch", name, function, {"schedule": schedule}, opts)
