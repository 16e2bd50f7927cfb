from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.notation import Language, Notation
from reports.panels import panels
from reports.plots import Axis, bars_plot, line_plot, round_axis, spanning_axis
from reports.texts import EN

MONDAY = date(2025, 9, 1)
ENGLISH = Notation(language=Language.EN)
numbers = st.decimals(Decimal(-1_000_000), Decimal(1_000_000), places=3)


@given(st.lists(numbers, min_size=2, max_size=2), st.integers(3, 9))
def test_an_axis_begins_and_ends_at_round_numbers_around_all_values(values: list[Decimal], most: int) -> None:
    axis = round_axis(min(values), max(values), most=most)
    assert axis.low == axis.ticks[0] <= min(values)
    assert axis.high == axis.ticks[-1] >= max(values)
    assert 2 <= len(axis.ticks) <= most
    (step,) = {after - before for before, after in pairwise(axis.ticks)}
    assert step.normalize().as_tuple().digits in ((1,), (2,), (2, 5), (5,))
    assert all(tick % step == 0 for tick in axis.ticks)


def test_an_axis_of_an_index() -> None:
    axis = round_axis(Decimal("135861.20"), Decimal("139205.81"))
    assert axis.ticks == (134_000, 136_000, 138_000, 140_000)


def test_axes_of_one_span_have_their_values_in_the_middle() -> None:
    axis = spanning_axis(Decimal("9.5"), Decimal("10.5"), Decimal(3))
    assert (axis.low, axis.high, axis.ticks) == (Decimal("8.5"), Decimal("11.5"), (axis.low, axis.high))
    assert axis.height(Decimal(10)) == 0.5


def points_of(drawn: str) -> list[tuple[int, int]]:
    (found,) = re.findall(r'<polyline points="([^"]+)"', drawn)
    return [(int(x), int(y)) for x, y in (point.split(",") for point in found.split())]


def test_a_line_goes_by_the_calendar_from_edge_to_edge() -> None:
    axis = Axis(low=Decimal(0), high=Decimal(100), ticks=(Decimal(0), Decimal(100)))
    values = [
        (MONDAY, Decimal(0)),
        (MONDAY + timedelta(days=1), Decimal(50)),
        (MONDAY + timedelta(days=4), Decimal(100)),
    ]
    drawn = line_plot(values, axis, write=str, notation=ENGLISH, label="a <label>")
    assert points_of(drawn) == [(0, 300), (250, 150), (1000, 0)]
    assert 'aria-label="a &lt;label&gt;"' in drawn
    assert re.findall(r"<text[^>]*>([^<]+)</text>", drawn) == ["0", "100", "1 Sep", "5 Sep"]


def test_few_points_are_dots_and_many_are_not() -> None:
    axis = round_axis(Decimal(0), Decimal(10))
    for count, dots in ((3, 3), (200, 1)):
        values = [(MONDAY + timedelta(days=n), Decimal(n % 10)) for n in range(count)]
        drawn = line_plot(values, axis, write=str, notation=None, label="")
        assert drawn.count("h0") == dots
        assert "days" not in drawn


def test_over_a_year_the_axis_names_months() -> None:
    values = [(MONDAY + timedelta(days=n), Decimal(n)) for n in range(366)]
    drawn = line_plot(values, round_axis(Decimal(0), Decimal(365)), write=str, notation=ENGLISH, label="")
    assert re.findall(r'<text class="[^"]*"[^>]*>([^<]+)</text>', drawn) == [
        "Sep 2025", "Dec 2025", "Mar 2026", "Jun 2026", "Sep 2026",
    ]  # fmt: skip


def test_bars_go_up_and_down_from_zero() -> None:
    axis = round_axis(Decimal(-50), Decimal(50))
    drawn = bars_plot([(MONDAY, 50, 25)], axis, write=str, notation=ENGLISH, label="")
    assert re.findall(r'<path class="(\w+)" d="M\d+ (\d+)V(\d+)h\d+V(\d+)z"', drawn) == [
        ("up", "150", "0", "150"),
        ("down", "150", "225", "150"),
    ]


def test_panels_are_of_one_scale() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(3)]
    steep, flat = ([Decimal(n) for n in path] for path in ((5, 9, 7), (2, 3, 2)))
    made = panels(
        [(name, list(zip(days, path, strict=True))) for name, path in (("STEEP", steep), ("<FLAT>", flat))],
        EN,
        ENGLISH,
    )
    assert made
    assert (made.first, made.last, made.span) == (days[0], days[2], 4)
    heights = []
    for panel in str(made.drawn).split('class="panel"')[1:]:
        found = [y for _, y in points_of(panel)]
        heights.append(max(found) - min(found))
    assert heights == [300, pytest.approx(75, abs=1)]
    assert "<FLAT>" not in made.drawn
    assert "<p>7.00% <small>+2.00 pp</small></p>" in made.drawn


@pytest.mark.parametrize("paths", [[], [("ONE", [(MONDAY, Decimal(1))])]])
def test_of_one_day_there_are_no_panels(paths: list[tuple[str, list[tuple[date, Decimal]]]]) -> None:
    assert panels(paths, EN, ENGLISH) is None
