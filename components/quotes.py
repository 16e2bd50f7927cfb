"""The market data: a function that collects what was traded in a session, on two schedules."""

from __future__ import annotations

import pulumi

from components.capture import capture_function
from components.schedule import Time
from components.scheduled_function import CollectorArgs, ScheduledFunction


class Quotes(ScheduledFunction):
    """Scheduler → Lambda → ``payloads/``, ``quarantine/``, ``raw/`` and ``lotes/`` of the lake.

    B3 publishes a session's COTAHIST file in the evening, on some days after midnight. So the evening's
    run may find nothing, and the next morning's must find it: only then is a missing file an alarm.
    """

    def __init__(self, name: str, args: CollectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings = args.context.settings
        # A session's file has some 10,000 records, 3 MB of text: Lambda's own 512 MB of disk hold it.
        function = capture_function(
            "quotes",
            "negociacao",
            args,
            description="Collects what was traded in a session (COTAHIST), checks it and writes it to raw.",
            environment={"COTAHIST_URL": settings.cotahist_url},
            batches=True,
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
