"""The Bitcoin stream's last minutes as one HTML file that opens offline: candles, volume by taker side, gaps.

Drawn from the saved queries `bitcoin_ohlcv`, `bitcoin_agressor` and `bitcoin_lacunas`: no script, nothing loaded.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_FOLDER = Path(__file__).resolve().parent
_WIDTH, _CANDLES, _VOLUME, _GAP = 720, 220, 80, 16
_MOST = 240  # candles that a screen can show; longer spans are joined
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One or several minutes of one market; ``at`` is the first's text."""

    at: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    bought: Decimal
    sold: Decimal
    trades: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPage:
    """A market's chart with the figures beside it."""

    exchange: str
    symbol: str
    candles: Sequence[Candle]
    minutes: int
    chart: Markup
    last: Decimal
    change: Decimal
    volume: Decimal
    share_bought: Decimal | None
    trades: int
    quality: Row | None


def candles_of(ohlcv: Sequence[Row], taken: Sequence[Row]) -> dict[tuple[str, str], list[Candle]]:
    """By market, ascending, a candle a minute; minutes without a trade have none."""
    sides = {(r["exchange"], r["symbol"], str(r["minute"])): r for r in taken}
    found: dict[tuple[str, str], list[Candle]] = defaultdict(list)
    for row in sorted(ohlcv, key=lambda r: (r["exchange"], r["symbol"], str(r["minute"]))):
        side = sides.get((row["exchange"], row["symbol"], str(row["minute"])), {})
        found[row["exchange"], row["symbol"]].append(
            Candle(
                at=str(row["minute"])[:16],
                open=row["open"],
                high=row["high"],
                low=row["low"],
                close=row["close"],
                bought=side.get("bought", Decimal(0)),
                sold=side.get("sold", Decimal(0)),
                trades=row["trades"],
            )
        )
    return dict(found)


def joined(candles: Sequence[Candle], most: int = _MOST) -> tuple[list[Candle], int]:
    """No more than ``most`` candles, each of so many of the given ones."""
    each = -(-len(candles) // most) or 1
    parts = [candles[start : start + each] for start in range(0, len(candles), each)]
    return [
        Candle(
            at=part[0].at,
            open=part[0].open,
            high=max(c.high for c in part),
            low=min(c.low for c in part),
            close=part[-1].close,
            bought=sum((c.bought for c in part), Decimal(0)),
            sold=sum((c.sold for c in part), Decimal(0)),
            trades=sum(c.trades for c in part),
        )
        for part in parts
    ], each


def chart(candles: Sequence[Candle]) -> Markup:
    """Candles above, what takers bought (up) and sold (down) below; every value is in a title too."""
    high, low = max(c.high for c in candles), min(c.low for c in candles)
    most = max(max(c.bought, c.sold) for c in candles) or Decimal(1)
    step = Decimal(_WIDTH) / len(candles)
    middle = _CANDLES + _GAP + _VOLUME // 2

    def y(price: Decimal) -> Decimal:
        return (high - price) * _CANDLES / (high - low) if high > low else Decimal(_CANDLES) / 2

    marks: list[Markup] = []
    for place, candle in enumerate(candles):
        x = step * place
        centre, body = x + step / 2, max(step * Decimal("0.7"), Decimal("0.8"))
        top, bottom = y(max(candle.open, candle.close)), y(min(candle.open, candle.close))
        tone = "up" if candle.close >= candle.open else "down"
        bought, sold = (candle.bought * _VOLUME / 2 / most, candle.sold * _VOLUME / 2 / most)
        left = centre - body / 2
        marks.append(
            Markup(
                '<g class="{}"><title>{} UTC: {} → {} ({} – {}), {} bought, {} sold, {} trades</title>'
                '<line x1="{}" x2="{}" y1="{}" y2="{}"/><rect x="{}" y="{}" width="{}" height="{}"/></g>'
                '<rect class="buy" x="{}" y="{}" width="{}" height="{}"/>'
                '<rect class="sell" x="{}" y="{}" width="{}" height="{}"/>'
            ).format(
                *(tone, candle.at, candle.open, candle.close, candle.low, candle.high),
                *(candle.bought, candle.sold, candle.trades),
                *(_n(centre), _n(centre), _n(y(candle.high)), _n(y(candle.low))),
                *(_n(left), _n(top), _n(body), _n(max(bottom - top, Decimal(1)))),
                *(_n(left), _n(middle - bought), _n(body), _n(bought)),
                *(_n(left), _n(Decimal(middle)), _n(body), _n(sold)),
            )
        )
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><text x="0" y="12">{}</text>'
        '<text x="0" y="{}">{}</text>{}<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/></svg>'
    ).format(
        _WIDTH,
        _CANDLES + _GAP + _VOLUME,
        f"{candles[0].at} – {candles[-1].at}",
        high,
        _CANDLES - 2,
        low,
        Markup("").join(marks),
        *(_WIDTH, middle, middle),
    )


def render(ohlcv: Sequence[Row], taken: Sequence[Row], gaps: Sequence[Row], *, span: str) -> str:
    """The page's HTML. ``span`` says in words what it covers."""
    quality = {(row["exchange"], row["symbol"]): row for row in gaps}
    markets = []
    for (exchange, symbol), candles in candles_of(ohlcv, taken).items():
        shown, minutes = joined(candles)
        bought = sum((c.bought for c in candles), Decimal(0))
        volume = bought + sum((c.sold for c in candles), Decimal(0))
        first, last = candles[0].open, candles[-1].close
        markets.append(
            MarketPage(
                exchange=exchange,
                symbol=symbol,
                candles=shown,
                minutes=minutes,
                chart=chart(shown),
                last=last,
                change=(last / first - 1) * 100 if first else Decimal(0),
                volume=volume,
                share_bought=bought * 100 / volume if volume else None,
                trades=sum(c.trades for c in candles),
                quality=quality.get((exchange, symbol)),
            )
        )
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_FOLDER / "bitcoin.css").read_text(encoding="utf-8")
    return environment.get_template("bitcoin.html.j2").render(
        markets=markets,
        span=span,
        style=Markup(style),  # noqa: S704 (a file of this package)
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _n(value: Decimal) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
