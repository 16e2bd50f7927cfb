"""When a preview is one of the next portfolio."""

from __future__ import annotations

from datetime import date

import pytest

from lake.calendar import in_preview_season, preview_days


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2025, 7, 31), False),
        (date(2025, 8, 1), True),
        (date(2025, 8, 29), True),
        (date(2025, 9, 1), False),  # the rebalancing
        (date(2025, 12, 1), True),
        (date(2026, 1, 2), True),  # Monday the 5th is the rebalancing
        (date(2026, 1, 5), False),
        (date(2026, 4, 30), True),
        (date(2026, 5, 1), True),  # a holiday; the 4th is the rebalancing
        (date(2026, 9, 4), True),  # the first Monday, the 7th, is a holiday
        (date(2026, 9, 7), True),
        (date(2026, 9, 8), False),
    ],
)
def test_previews_are_of_the_last_month_until_the_rebalancing(day: date, season: bool) -> None:
    assert in_preview_season(day) is season


def first_preview(day: date) -> date:
    return preview_days(day)[0]


def test_the_season_starts_with_its_month() -> None:
    assert first_preview(date(2025, 9, 1)) == date(2025, 12, 1)
    assert first_preview(date(2025, 8, 31)) == date(2025, 8, 1)
    assert first_preview(date(2026, 2, 1)) == date(2026, 4, 1)


def test_the_season_starts_with_a_session() -> None:
    assert first_preview(date(2026, 7, 1)) == date(2026, 8, 3)  # 1 August is a Saturday
    assert first_preview(date(2021, 3, 1)) == date(2021, 4, 1)  # Good Friday is the day after
    assert first_preview(date(2029, 2, 1)) == date(2029, 4, 2)  # 1 April is Easter Sunday
