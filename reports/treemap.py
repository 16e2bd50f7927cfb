"""Squarified treemaps: rectangles whose areas are in proportion, as near to squares as they come.

The layout is the one of Bruls, Huizing and van Wijk, "Squarified Treemaps" (2000): rows along the shorter
side, each taking values as long as that improves its worst aspect ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rectangle:
    """``x`` and ``y`` of the upper left corner, in the units of the drawing."""

    x: float
    y: float
    width: float
    height: float

    def inset(self, *, top: float = 0.0, margin: float = 0.0) -> Rectangle:
        """What is left inside a margin, and below a strip; never negative."""
        return Rectangle(
            self.x + margin,
            self.y + margin + top,
            max(0.0, self.width - 2 * margin),
            max(0.0, self.height - 2 * margin - top),
        )


def squarify(values: Sequence[float], within: Rectangle) -> list[Rectangle]:
    """One rectangle for each value, in the same order; they fill ``within`` and don't overlap.

    Args:
        values: positive, in descending order for the best shapes.

    Raises:
        ValueError: a value is not positive.
    """
    if any(not value > 0 for value in values):
        raise ValueError("a treemap has no place for values that are not positive")
    if not values:
        return []
    scale = within.width * within.height / sum(values)
    areas = [value * scale for value in values]
    placed: list[Rectangle] = []
    left = within
    start = 0
    while start < len(areas):
        side = min(left.width, left.height)
        end = start + 1
        while end < len(areas) and _worst(areas[start : end + 1], side) <= _worst(areas[start:end], side):
            end += 1
        row, left = _lay(areas[start:end], left)
        placed += row
        start = end
    return placed


def _worst(row: Sequence[float], side: float) -> float:
    """The worst aspect ratio in a row laid along ``side``."""
    total = sum(row)
    if not total or not side:
        return float("inf")
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))


def _lay(row: Sequence[float], within: Rectangle) -> tuple[list[Rectangle], Rectangle]:
    total = sum(row)
    placed = []
    if within.width >= within.height:  # a column at the left
        thickness = min(within.width, total / within.height) if within.height else 0.0
        y = within.y
        for area in row:
            height = within.height * area / total
            placed.append(Rectangle(within.x, y, thickness, height))
            y += height
        rest = Rectangle(within.x + thickness, within.y, within.width - thickness, within.height)
    else:
        thickness = min(within.height, total / within.width) if within.width else 0.0
        x = within.x
        for area in row:
            width = within.width * area / total
            placed.append(Rectangle(x, within.y, width, thickness))
            x += width
        rest = Rectangle(within.x, within.y + thickness, within.width, within.height - thickness)
    return placed, rest
