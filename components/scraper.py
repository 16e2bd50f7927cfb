"""The scraper: a function that captures B3's portfolio, on a schedule."""

from __future__ import annotations

import pulumi

from components.capture import capture_function
from components.schedule import Time
from components.scheduled_function import CollectorArgs, ScheduledFunction


class Scraper(ScheduledFunction):
    """Scheduler → Lambda → ``payloads/``, ``quarantine/`` and ``raw/`` of the lake."""

    def __init__(self, name: str, args: CollectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        function = capture_function(
            "scraper",
            "carteira",
            args,
            description="Captures B3's portfolio of the day, checks it and writes it to raw.",
            environment={
                "INDICES": ",".join(args.context.settings.indices),
                "B3_URL": args.context.settings.b3_url,
            },
        )
        schedule = Time(
            expression=args.context.settings.scrape_schedule,
            description="Captures B3's portfolio of the day.",
        )
        super().__init__("bovespa:index:Scraper", name, function, {"schedule": schedule}, opts)
