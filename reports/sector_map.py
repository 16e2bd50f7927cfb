"""The index as a map: a rectangle a member, grouped by sector; area is weight, colour is the day's return.

Drawn once for each width of screen, because text in an SVG shrinks with its picture: the style sheet shows
the one that fits. Colours are classes of the style sheet, so that they follow the light and the dark scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from markupsafe import Markup

from reports.notation import MISSING, Notation
from reports.report import IndexReport, Share
from reports.sentences import sector
from reports.texts import Texts
from reports.treemap import Rectangle, squarify

# Percent, symmetric about zero; the classes run d3 d2 d1 z u1 u2 u3.
EDGES = (Decimal("0.25"), Decimal(1), Decimal("2.5"))

_GAP = 1.0
_STRIP = 20.0  # a sector's name, above its members
_STRIP_SIZE = 12.0
_SMALLEST, _LARGEST = 14.0, 34.0  # of a tile's label
# Widths in ems, taken a little wide: what fits by these fits in any of the page's fonts.
_EM_BOLD, _EM_PLAIN = 0.72, 0.64
_LINE = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One drawing: ``name`` is its class in the style sheet."""

    name: str
    width: int
    height: int
    strip_size: float = _STRIP_SIZE


LAYOUTS = (
    Layout(name="phone", width=328, height=820, strip_size=14.0),
    Layout(name="tablet", width=680, height=640),
    Layout(name="desk", width=1080, height=620),
)


def shade(value: Decimal | None) -> str:
    """The colour's class of a return in percent."""
    if value is None:
        return "na"
    step = sum(abs(value) >= edge for edge in EDGES)
    return "z" if not step else f"{'u' if value > 0 else 'd'}{step}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """A colour of the legend: its class, and the returns that have it."""

    shade: str
    label: str


def legend(texts: Texts, notation: Notation) -> list[Swatch]:
    """The colours from the largest fall to the largest rise, then members without a trade."""
    low, middle, high = EDGES
    decimals = {low: 2, middle: 0, high: 1}

    def at(edge: Decimal, sign: int) -> str:
        return notation.number(edge * sign, decimals[edge], sign=True)

    ranges = {
        "d3": f"≤ {at(high, -1)}%",
        "d2": f"{at(high, -1)} … {at(middle, -1)}",
        "d1": f"{at(middle, -1)} … {at(low, -1)}",
        "z": "≈ 0",
        "u1": f"{at(low, 1)} … {at(middle, 1)}",
        "u2": f"{at(middle, 1)} … {at(high, 1)}",
        "u3": f"≥ {at(high, 1)}%",
    }
    return [
        *(Swatch(shade=name, label=label) for name, label in ranges.items()),
        Swatch(shade="na", label=texts.map_untraded),
    ]


def sector_map(report: IndexReport, texts: Texts, notation: Notation) -> Markup:
    """Every layout, one after another."""
    return Markup("\n").join(_drawing(report, layout, texts, notation) for layout in LAYOUTS)


def _drawing(report: IndexReport, layout: Layout, texts: Texts, notation: Notation) -> Markup:
    groups = _groups(report.shares)
    weights = [float(sum(share.weight for share in members)) for _, members in groups]
    places = squarify(weights, Rectangle(0, 0, layout.width, layout.height))
    body = Markup("").join(
        _group(sector(name, texts), members, place, layout, notation, with_returns=bool(report.performance))
        for (name, members), place in zip(groups, places, strict=True)
    )
    return Markup('<svg class="map {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        layout.name, layout.width, layout.height, texts.map_alt, body
    )


def _groups(shares: Sequence[Share]) -> list[tuple[str, list[Share]]]:
    """The members of each sector, heaviest sector and heaviest member first; weightless ones have no place."""
    placed = sorted(
        (share for share in shares if share.weight > 0), key=lambda share: (share.group, -share.weight)
    )
    groups = [(name, list(members)) for name, members in groupby(placed, key=lambda share: share.group)]
    return sorted(groups, key=lambda group: (-sum(share.weight for share in group[1]), group[0]))


def _group(
    name: str,
    members: Sequence[Share],
    place: Rectangle,
    layout: Layout,
    notation: Notation,
    *,
    with_returns: bool,
) -> Markup:
    strip = layout.strip_size * 1.6
    named = len(name) * layout.strip_size * _EM_PLAIN <= place.width - 6 and place.height >= 3 * strip
    inside = place.inset(top=strip if named else 0.0, margin=_GAP)
    tiles = squarify([float(share.weight) for share in members], inside)
    drawn = Markup("").join(
        _tile(share, tile, notation, with_returns=with_returns)
        for share, tile in zip(members, tiles, strict=True)
    )
    if named:
        drawn = (
            Markup('<text class="group" x="{}" y="{}" font-size="{}">{}</text>').format(
                _px(place.x + 4), _px(place.y + strip - 5), _px(layout.strip_size), name
            )
            + drawn
        )
    return drawn


def _tile(share: Share, tile: Rectangle, notation: Notation, *, with_returns: bool) -> Markup:
    value = (
        notation.percent(share.daily_return, sign=True) if with_returns else notation.percent(share.weight)
    )
    colour = shade(share.daily_return) if with_returns else "z"
    box = tile.inset(margin=_GAP / 2)
    rectangle = Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(
        _px(box.x), _px(box.y), _px(box.width), _px(box.height)
    )
    title = Markup("<title>{}</title>").format(
        f"{share.code} · {share.company} · {notation.percent(share.weight, 3)} · {value}"
        if value != MISSING
        else f"{share.code} · {share.company} · {notation.percent(share.weight, 3)}"
    )
    return Markup('<g class="{}">{}{}{}</g>').format(colour, title, rectangle, _label(share.code, value, box))


def _label(code: str, value: str, box: Rectangle) -> Markup:
    """The ticker and its value as large as they fit; the ticker alone; or nothing."""
    room = box.width - 6
    size = min(_LARGEST, room / (len(code) * _EM_BOLD), (box.height - 4) / (2 * _LINE))
    value_size = max(_SMALLEST, size * 0.72)
    if size >= _SMALLEST and len(value) * value_size * _EM_PLAIN <= room:
        middle = box.y + box.height / 2
        return _text("code", code, box, middle - size * 0.12, size) + _text(
            "value", value, box, middle + value_size, value_size
        )
    size = min(_LARGEST, room / (len(code) * _EM_BOLD), (box.height - 4) / _LINE)
    if size >= _SMALLEST:
        return _text("code", code, box, box.y + box.height / 2 + size * 0.35, min(size, 18.0))
    return Markup("")


def _text(kind: str, text: str, box: Rectangle, y: float, size: float) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" font-size="{}">{}</text>').format(
        kind, _px(box.x + box.width / 2), _px(y), _px(size), text
    )


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
