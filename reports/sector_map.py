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
_STRIP = 1.6  # of a sector's name, above its members, in heights of its letters
_LARGEST = 32.0  # of a tile's label
_PADDING = 3.0
# In ems, as the widest of the page's fonts has them (DejaVu Sans): what fits by these fits in all of them.
_EM_BOLD, _EM_PLAIN, _CAPITAL = 0.78, 0.66, 0.73
_VALUE = 0.72  # the second line beside the first
_LEADING = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One drawing, in CSS pixels: ``name`` is its class in the style sheet, ``smallest`` its smallest letters."""

    name: str
    width: int
    height: int
    smallest: float


LAYOUTS = (
    Layout(name="phone", width=320, height=1000, smallest=14.0),
    Layout(name="tablet", width=680, height=660, smallest=12.0),
    Layout(name="desk", width=1070, height=640, smallest=11.0),
    Layout(name="paper", width=680, height=440, smallest=9.0),  # with the header it fills a sheet of A4
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
        _group(
            sector(name, texts) if report.has_sectors else "",
            members,
            place,
            layout,
            notation,
            with_returns=bool(report.performance),
        )
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
    size = max(layout.smallest, 12.0)
    strip = size * _STRIP
    name = _shortened(name, int((place.width - 2 * _PADDING) / (size * _EM_PLAIN)))
    named = bool(name) and place.height >= 3 * strip
    inside = place.inset(top=strip if named else 0.0, margin=_GAP)
    tiles = squarify([float(share.weight) for share in members], inside)
    drawn = Markup("").join(
        _tile(share, tile, layout.smallest, notation, with_returns=with_returns)
        for share, tile in zip(members, tiles, strict=True)
    )
    if named:
        drawn = (
            Markup('<text class="group" x="{}" y="{}" font-size="{}">{}</text>').format(
                _px(place.x + _GAP + 1), _px(place.y + strip - 0.35 * size), _px(size), name
            )
            + drawn
        )
    return drawn


def _shortened(name: str, letters: int) -> str:
    """As many of the name's words as fit into so many letters, with an ellipsis where some don't; or nothing."""
    if len(name) <= letters:
        return name
    words = name.split()
    while words and len(" ".join(words)) + 1 > letters:
        words.pop()
    return f"{' '.join(words).rstrip(',/')}…" if words else ""


def _tile(
    share: Share, tile: Rectangle, smallest: float, notation: Notation, *, with_returns: bool
) -> Markup:
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
    return Markup('<g class="{}">{}{}{}</g>').format(
        colour, title, rectangle, _label(share.code, value, box, smallest)
    )


def _label(code: str, value: str, box: Rectangle, smallest: float) -> Markup:
    """The ticker and its value as large as they fit; the ticker alone; or nothing."""
    room, middle = box.width - 2 * _PADDING, box.y + box.height / 2
    heights = _CAPITAL + _LEADING * _VALUE + _CAPITAL * _VALUE
    size = min(
        _LARGEST,
        room / (len(code) * _EM_BOLD),
        room / (len(value) * _EM_PLAIN * _VALUE),
        (box.height - 2 * _PADDING) / heights,
    )
    if size * _VALUE >= smallest:
        top = middle - size * heights / 2
        return _text("code", code, box, top + size * _CAPITAL, size) + _text(
            "value", value, box, top + size * heights, size * _VALUE
        )
    # Too narrow for both at their proportions: both at the smallest, if they fit so.
    if (
        room >= smallest * max(len(code) * _EM_BOLD, len(value) * _EM_PLAIN)
        and box.height >= smallest * (2 * _CAPITAL + _LEADING) + _PADDING
    ):
        gap = smallest * _LEADING / 2
        return _text("code", code, box, middle - gap, smallest) + _text(
            "value", value, box, middle + gap + smallest * _CAPITAL, smallest
        )
    if room + _PADDING >= smallest * len(code) * _EM_BOLD and box.height >= smallest * _CAPITAL + _PADDING:
        return _text("code", code, box, middle + smallest * _CAPITAL / 2, smallest)
    return Markup("")


def _text(kind: str, text: str, box: Rectangle, y: float, size: float) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" font-size="{}">{}</text>').format(
        kind, _px(box.x + box.width / 2), _px(y), _px(size), text
    )


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
