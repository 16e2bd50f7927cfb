from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.treemap import Rectangle, squarify

weights = st.lists(st.floats(min_value=0.001, max_value=100), min_size=1, max_size=120)
sides = st.floats(min_value=10, max_value=2000)


@given(values=weights, width=sides, height=sides)
def test_areas_are_in_proportion_and_fill_the_whole(values: list[float], width: float, height: float) -> None:
    placed = squarify(values, Rectangle(3, 5, width, height))
    area = width * height
    for value, tile in zip(values, placed, strict=True):
        assert tile.width * tile.height == pytest.approx(
            value / sum(values) * area, rel=1e-6, abs=1e-6 * area
        )
        assert tile.x >= 3 - 1e-6
        assert tile.y >= 5 - 1e-6
        assert tile.x + tile.width <= 3 + width + 1e-6 * width
        assert tile.y + tile.height <= 5 + height + 1e-6 * height


@given(values=weights)
def test_no_two_overlap(values: list[float]) -> None:
    placed = squarify(sorted(values, reverse=True), Rectangle(0, 0, 320, 1000))
    for place, one in enumerate(placed):
        for other in placed[place + 1 :]:
            wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
            high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
            assert wide <= 1e-6 or high <= 1e-6


def test_the_example_of_the_paper() -> None:
    """Bruls, Huizing and van Wijk, figure 4: areas 6, 6, 4, 3, 2, 2, 1 in 6 by 4."""
    placed = squarify([6, 6, 4, 3, 2, 2, 1], Rectangle(0, 0, 6, 4))
    assert [(round(tile.width, 2), round(tile.height, 2)) for tile in placed[:4]] == [
        (3, 2), (3, 2), (1.71, 2.33), (1.29, 2.33),
    ]  # fmt: skip


def test_nothing_in_nothing_out() -> None:
    assert squarify([], Rectangle(0, 0, 1, 1)) == []


@pytest.mark.parametrize("values", [[1.0, 0.0], [-1.0], [float("nan")]])
def test_what_has_no_area_has_no_place(values: list[float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        squarify(values, Rectangle(0, 0, 1, 1))
