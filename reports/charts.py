"""Small charts that stand inside tables: bars and sparklines as SVG that stretches with its cell.

Positions are in percent of the cell, so that text never shrinks with a picture: the numbers stay in the
table, as text. Colours are classes of the style sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from reports.tables import Tone

_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_MARGIN = 100.0, 24.0, 2.0
_SPARK_POINTS = 250  # the last year of sessions


def bar(value: Decimal, largest: Decimal, tone: Tone = Tone.PLAIN) -> Markup:
    """A bar from the left: ``largest`` fills the cell."""
    part = min(max(value / largest, Decimal(0)), Decimal(1)) if largest > 0 else Decimal(0)
    return Markup(
        '<svg class="bar" aria-hidden="true"><rect class="{}" width="{}%" height="100%" rx="1.5"/></svg>'
    ).format(tone or "plain", _percent(part * 100))


def diverging_bar(value: Decimal | None, largest: Decimal) -> Markup:
    """A bar from the middle, to the right where positive; ``largest`` (absolute) fills its half."""
    if value is None:
        return Markup("")
    part = min(abs(value) / largest, Decimal(1)) * 50 if largest > 0 else Decimal(0)
    return Markup(
        '<svg class="bar" aria-hidden="true"><rect class="{}" x="{}%" width="{}%" height="100%" rx="1.5"/>'
        '<line x1="50%" x2="50%" y1="0" y2="100%"/></svg>'
    ).format("up" if value > 0 else "down", _percent(Decimal(50) if value > 0 else 50 - part), _percent(part))


def sparkline(values: Sequence[Decimal]) -> Markup:
    """A line through the values, its own lowest to its own highest; nothing with fewer than two."""
    last = [float(value) for value in values[-_SPARK_POINTS:]]
    if len(last) < 2:
        return Markup("")
    low, high = min(last), max(last)
    reach = _SPARK_HEIGHT - 2 * _SPARK_MARGIN
    points = " ".join(
        f"{place * _SPARK_WIDTH / (len(last) - 1):.1f},"
        f"{_SPARK_MARGIN + (reach * (high - value) / (high - low) if high > low else reach / 2):.1f}"
        for place, value in enumerate(last)
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 {:g} {:g}" preserveAspectRatio="none" aria-hidden="true">'
        '<polyline points="{}"/></svg>'
    ).format(_SPARK_WIDTH, _SPARK_HEIGHT, points)


def _percent(value: Decimal) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
