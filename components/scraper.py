"""The scraper: a function that captures B3's portfolio, on a schedule."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.bucket import PrivateBucket
from components.capture import capture_function
from components.context import Context
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
        function = capture_function(
            "scraper",
            "carteira",
            context=args.context,
            settings=args.settings,
            lake=args.lake,
            description="Captures B3's portfolio of the day, checks it and writes it to raw.",
            timeout=300,
        )
        schedule = Time(
            expression=args.settings.scrape_schedule, description="Captures B3's portfolio of the day."
        )
        super().__init__("bovespa:index:Scraper", name, function, {"schedule": schedule}, opts)
