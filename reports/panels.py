"""Small charts side by side, all of one scale: a panel for each of several weights over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from markupsafe import Markup

from reports.notation import Notation
from reports.plots import line_plot, spanning_axis
from reports.texts import Texts

_POINTS = 126  # in a panel; there is no room to see more
Path = Sequence[tuple[date, Decimal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panels:
    """The drawing, the days it is of, and what the height of each panel stands for, in percentage points."""

    drawn: Markup
    first: date
    last: date
    span: Decimal


def panels(paths: Sequence[tuple[str, Path]], texts: Texts, notation: Notation) -> Panels | None:
    """A panel for each name, its weight in percent by day; None unless one has two days.

    The height of every panel stands for as much, so that all slopes compare; each prints its own ends.
    """
    known = [(name, _thinned(path)) for name, path in paths if len(path) > 1]
    if not known:
        return None
    span = max(_high(path) - _low(path) for _, path in known) or Decimal(1)
    drawn = Markup("").join(_panel(name, path, span, texts, notation) for name, path in known)
    return Panels(
        drawn=Markup('<div class="panels">{}</div>').format(drawn),
        first=min(path[0][0] for _, path in known),
        last=max(path[-1][0] for _, path in known),
        span=span,
    )


def _panel(name: str, path: Path, span: Decimal, texts: Texts, notation: Notation) -> Markup:
    first, last = path[0][1], path[-1][1]
    change = notation.number(last - first, 2, sign=True)
    label = texts.panel_label.format(
        name=name,
        first=notation.percent(first),
        last=notation.percent(last),
        since=notation.short_date(path[0][0]),
        until=notation.short_date(path[-1][0]),
    )
    chart = line_plot(
        path,
        spanning_axis(_low(path), _high(path), span),
        write=lambda value: notation.number(value, 1 if span >= 1 else 2),
        notation=None,
        label=label,
    )
    return Markup('<div class="panel"><h3>{}</h3><p>{} <small>{} {}</small></p>{}</div>').format(
        name, notation.percent(last), change, texts.points_unit, chart
    )


def _thinned(path: Path) -> Path:
    """Every so many-th day, counted back from the last."""
    each = -(-len(path) // _POINTS)
    return path[::-each][::-1]


def _low(path: Path) -> Decimal:
    return min(value for _, value in path)


def _high(path: Path) -> Decimal:
    return max(value for _, value in path)
