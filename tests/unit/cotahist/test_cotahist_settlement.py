"""Settlement by B3's sessions."""

from __future__ import annotations

from datetime import date

import pytest

from tests.settlement import settlement_date


@pytest.mark.parametrize(
    ("session", "settled"),
    [
        (date(2025, 7, 8), date(2025, 7, 10)),
        (date(2025, 7, 10), date(2025, 7, 14)),  # over a weekend
        (date(2020, 2, 21), date(2020, 2, 27)),  # over Carnival
        (date(2019, 5, 24), date(2019, 5, 29)),  # the last day of D+3
        (date(2019, 5, 27), date(2019, 5, 29)),  # the first of D+2
        (date(2016, 1, 4), date(2016, 1, 7)),
        (date(2024, 12, 23), date(2024, 12, 27)),  # over Christmas Eve and Christmas
        (date(2024, 12, 30), date(2025, 1, 3)),  # over New Year's Eve and Day
    ],
)
def test_settlement_is_two_or_three_sessions_later(session: date, settled: date) -> None:
    assert settlement_date(session) == settled
