"""Small charts that stand inside tables: bars and sparklines as SVG that stretches with its cell.

Positions are in percent of the cell, so that text never shrinks with a picture: the numbers stay in the
table, as text. Colours are classes of the style sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def common_span(paths: Iterable[Sequence[Decimal]]) -> Decimal:
    """How far the path that goes furthest goes, lowest to highest: what the height of each stands for."""
    shown = [path[-_SPARK_POINTS:] for path in paths]
    return max((max(path) - min(path) for path in shown if path), default=Decimal(0))


def sparkline(values: Sequence[Decimal], span: Decimal) -> Markup:
    """A line through the values, about its own middle; the height is ``span``, so that all slopes compare.

    Nothing with fewer than two values.
    """
    last = [float(value) for value in values[-_SPARK_POINTS:]]
    if len(last) < 2:
        return Markup("")
    middle, reach = (min(last) + max(last)) / 2, _SPARK_HEIGHT - 2 * _SPARK_MARGIN
    scale = reach / float(span) if span else 0.0
    points = " ".join(
        f"{place * _SPARK_WIDTH / (len(last) - 1):.1f},{_SPARK_HEIGHT / 2 + scale * (middle - value):.1f}"
        for place, value in enumerate(last)
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 {:g} {:g}" preserveAspectRatio="none" aria-hidden="true">'
        '<polyline points="{}"/></svg>'
    ).format(_SPARK_WIDTH, _SPARK_HEIGHT, points)


def _percent(value: Decimal) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
