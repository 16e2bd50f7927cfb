"""B3's clock."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def day_in_sao_paulo(moment: datetime) -> date:
    """The date there at an aware moment: in the evening UTC's is tomorrow's already."""
    return moment.astimezone(SAO_PAULO).date()
