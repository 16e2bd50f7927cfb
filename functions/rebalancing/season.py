"""When B3 shows previews of the next portfolio.

Three in the last month of each quadrimester (April, August, December): on its first session, on the one
after the 15th, and on the last but one before the new portfolio takes effect. Source: B3's "Manual de
Definições e Procedimentos dos Índices da B3".
"""

from __future__ import annotations

from datetime import date

from lake.calendar import preview_days


def previews_from(day: date) -> date:
    """The session from which a preview is one of the portfolio after that in force on ``day``."""
    return preview_days(day)[0]


def in_season(day: date) -> bool:
    """Whether a preview that B3 shows on that day is of the next portfolio.

    Outside of the season the call may answer with the last season's preview, whose portfolio has taken
    effect since (so others who collect it report).
    """
    return day >= previews_from(day)
