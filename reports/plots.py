"""Charts with axes: lines and bars over days, as SVG that stretches while its letters stay.

The drawing fills its place whatever the width; ticks and days are text beside it, placed in percent, so that no
letter shrinks with the picture and none needs a second drawing. Colours are classes of the style sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from markupsafe import Markup

from reports.notation import Notation

_WIDTH, _HEIGHT = 1000, 300
_EM = 0.62  # of a digit, in the widest of the page's fonts
_WIDEST = 60  # bar
_FEW = 8  # bars or fewer have their days right below them
_DOTTED = 12  # points or fewer are dots too: a line alone would hide how few they are
_MONTHS_FROM = 200  # days: over more of them, an axis names months
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
Write = Callable[[Decimal], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From ``low`` to ``high``, with the values that are printed and ruled."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]

    def height(self, value: Decimal) -> float:
        """How far from the top a value is, 0 to 1."""
        return float((self.high - value) / (self.high - self.low))


def round_axis(low: Decimal, high: Decimal, *, most: int = 5) -> Axis:
    """An axis over both that begins and ends at round numbers, with at most ``most`` ticks (3 or more)."""
    if low == high:
        low, high = low - 1, high + 1
    step = _round_step((high - low) / (most - 1))
    while True:
        first = (low / step).to_integral_value(ROUND_FLOOR)
        last = (high / step).to_integral_value(ROUND_CEILING)
        if last - first < most:
            break
        step = _round_step(step * Decimal("1.01"))
    ticks = tuple((first + n) * step for n in range(int(last - first) + 1))
    return Axis(low=ticks[0], high=ticks[-1], ticks=ticks)


def spanning_axis(low: Decimal, high: Decimal, span: Decimal) -> Axis:
    """An axis as long as ``span`` with both in its middle, its ends printed: for charts that are to compare."""
    middle = (low + high) / 2
    reach = max(span, high - low) / 2 or Decimal("0.5")
    ends = (middle - reach, middle + reach)
    return Axis(low=ends[0], high=ends[1], ticks=ends)


def line_plot(
    points: Sequence[tuple[date, Decimal]], axis: Axis, *, write: Write, notation: Notation | None, label: str
) -> Markup:
    """A line over days, each as far along as it is in the calendar.

    Args:
        points: two or more, by day.
        axis: of the values.
        write: a tick's text.
        notation: how days are written; without one there are none under the chart.
        label: what it shows, for those who can't see it.
    """
    first, last = points[0][0], points[-1][0]
    places = [
        (round((when - first).days * _WIDTH / (last - first).days), round(axis.height(value) * _HEIGHT))
        for when, value in points
    ]
    line = Markup('<polyline points="{}"/>').format(" ".join(f"{x},{y}" for x, y in places))
    dots = places if len(places) <= _DOTTED else places[-1:]
    line += Markup('<path d="{}"/>').format("".join(f"M{x} {y}h0" for x, y in dots))
    shown = [points[(len(points) - 1) * n // 4][0] for n in range(5)] if len(points) > 4 else [first, last]
    days = [((when - first).days / (last - first).days, when) for when in dict.fromkeys(shown)]
    return _framed(line, axis, write, _days(days, notation) if notation else Markup(), label)


def bars_plot(
    pairs: Sequence[tuple[date, int, int]], axis: Axis, *, write: Write, notation: Notation, label: str
) -> Markup:
    """Two bars a day from zero, one up and one down; ``pairs`` are by day, their counts both positive."""
    step = _WIDTH / len(pairs)
    width = max(1, min(round(step * 0.76), _WIDEST))
    zero = round(axis.height(Decimal(0)) * _HEIGHT)
    bars = Markup("")
    for kind, sign, column in (("up", 1, 1), ("down", -1, 2)):
        path = ""
        for place, pair in enumerate(pairs):
            left, end = (
                round(step * (place + 0.5) - width / 2),
                round(axis.height(Decimal(sign * pair[column])) * _HEIGHT),
            )
            path += f"M{left} {zero}V{end}h{width}V{zero}z"
        bars += Markup('<path class="{}" d="{}"/>').format(kind, path)
    chosen = sorted({(len(pairs) - 1) * n // 4 for n in range(5)})
    days = [((place + 0.5) / len(pairs), pairs[place][0]) for place in chosen]
    return _framed(bars, axis, write, _days(days, notation, edges=len(pairs) > _FEW), label, bars=True)


def _framed(
    drawn: Markup, axis: Axis, write: Write, days: Markup, label: str, *, bars: bool = False
) -> Markup:
    heights = [(axis.height(tick), write(tick)) for tick in axis.ticks]
    rules = Markup("").join(
        Markup('<line x2="{}" y1="{}" y2="{}"/>').format(
            _WIDTH, round(place * _HEIGHT), round(place * _HEIGHT)
        )
        for place, _ in heights
    )
    numbers = Markup("").join(
        Markup('<text x="100%" y="{}%" dy=".35em">{}</text>').format(_percent(place), text)
        for place, text in heights
    )
    return Markup(
        '<div class="plot" role="img" aria-label="{}"><svg class="ticks" width="{}em" aria-hidden="true">{}</svg>'
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>{}</div>'
    ).format(
        label,
        round(_EM * max(len(text) for _, text in heights), 1),
        numbers,
        "drawing bars" if bars else "drawing",
        _WIDTH,
        _HEIGHT,
        rules + drawn if not bars else drawn + rules,
        days,
    )


def _days(days: Sequence[tuple[float, date]], notation: Notation, *, edges: bool = True) -> Markup:
    """The days under a chart: the first, the last, the middle one, and on wide screens those between."""
    months = (days[-1][1] - days[0][1]).days > _MONTHS_FROM
    texts = [(place, notation.axis_day(when, months=months)) for place, when in days]
    drawn = Markup("")
    for number, (place, text) in enumerate(texts):
        anchor = "start" if number == 0 else "end" if number == len(texts) - 1 else "middle"
        if not edges:
            anchor = "middle"
        more = edges and len(texts) > 3 and number not in (0, len(texts) // 2, len(texts) - 1)
        x = {"start": 0.0, "end": 1.0}.get(anchor, place)
        drawn += Markup('<text class="{}{}" x="{}%" y="1em">{}</text>').format(
            anchor, " more" if more else "", _percent(x), text
        )
    return Markup('<svg class="days" aria-hidden="true">{}</svg>').format(drawn)


def _round_step(value: Decimal) -> Decimal:
    """The least of 1, 2, 2.5, 5, 10 and their tens that is no smaller."""
    scale = Decimal(1).scaleb(value.adjusted())
    return next(step * scale for step in _STEPS if step * scale >= value)


def _percent(part: float) -> str:
    return f"{part * 100:.1f}".removesuffix(".0")
