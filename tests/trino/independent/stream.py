"""The stream's queries, on the trades of a window, each once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.trino.independent.registry import Asked, answers, quotient, rounded, total
from tests.trino.tables import Row, Tables

Market = tuple[str, str]


def _window(tables: Tables, asked: Asked) -> list[Row]:
    end = asked.end.replace(tzinfo=None)
    return [
        row
        for row in tables.bitcoin_trades
        if end - timedelta(minutes=asked.minutes) <= row["traded_at"] < end
    ]


def _trades(tables: Tables, asked: Asked) -> list[Row]:
    """The first copy of each trade, in order."""
    first: dict[tuple[str, str, int], Row] = {}
    for row in sorted(_window(tables, asked), key=lambda row: row["received_at"]):
        if row["via"] != "gap":
            first.setdefault((row["exchange"], row["symbol"], row["trade_id"]), row)
    # Within a second by id: some exchanges' history has whole seconds only.
    return sorted(first.values(), key=lambda row: (row["traded_at"].replace(microsecond=0), row["trade_id"]))


def _by_minute(trades: list[Row]) -> dict[tuple[str, str, datetime], list[Row]]:
    groups: dict[tuple[str, str, datetime], list[Row]] = defaultdict(list)
    for row in trades:
        groups[row["exchange"], row["symbol"], row["traded_at"].replace(second=0, microsecond=0)].append(row)
    return dict(sorted(groups.items()))


@answers("bitcoin_negocios")
def trades_of_the_window(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    names = ("exchange", "symbol", "trade_id", "price", "quantity", "side", "traded_at", "received_at", "via")
    found = [{name: row[name] for name in names} for row in _trades(tables, asked)]
    found.sort(key=lambda row: -row["trade_id"])
    found.sort(key=lambda row: (row["exchange"], row["symbol"]))
    return sorted(found, key=lambda row: row["traded_at"], reverse=True)


@answers("bitcoin_ohlcv")
def candles(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    found = []
    for (exchange, symbol, minute), rows in _by_minute(_trades(tables, asked)).items():
        prices = [row["price"] for row in rows]
        volume = total(rows, "quantity")
        above = sum(((row["price"] - min(prices)) * row["quantity"] for row in rows), Decimal(0))
        found.append(
            {
                "exchange": exchange,
                "symbol": symbol,
                "minute": minute,
                "open": prices[0],
                "high": max(prices),
                "low": min(prices),
                "close": prices[-1],
                "volume": volume,
                "turnover": sum((row["price"] * row["quantity"] for row in rows), Decimal(0)),
                "trades": len(rows),
                "vwap": min(prices) + quotient(above, volume, 8),
            }
        )
    return found


@answers("bitcoin_agressor")
def sides(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    found = []
    for (exchange, symbol, minute), rows in _by_minute(_trades(tables, asked)).items():
        bought, sold = ([row for row in rows if row["side"] == side] for side in ("buy", "sell"))
        share = quotient(total(bought, "quantity"), total(rows, "quantity"), 8)
        found.append(
            {
                "exchange": exchange,
                "symbol": symbol,
                "minute": minute,
                "bought": total(bought, "quantity"),
                "sold": total(sold, "quantity"),
                "buys": len(bought),
                "sells": len(sold),
                "share_bought": rounded(share, 6),
            }
        )
    return found


@answers("bitcoin_ultimo_preco")
def last_prices(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    newest: dict[Market, Row] = {}
    for row in _trades(tables, asked):
        newest[row["exchange"], row["symbol"]] = row
    names = ("exchange", "symbol", "price", "quantity", "side", "traded_at", "trade_id")
    end = asked.end.replace(tzinfo=None)
    found = [
        {**{name: row[name] for name in names}, "age_seconds": int((end - row["traded_at"]).total_seconds())}
        for row in newest.values()
    ]
    return sorted(found, key=lambda row: (row["symbol"], row["exchange"]))


@answers("bitcoin_spread")
def spreads(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    closes: dict[datetime, dict[Market, Decimal]] = defaultdict(dict)
    for (exchange, symbol, minute), rows in _by_minute(_trades(tables, asked)).items():
        closes[minute][exchange, symbol] = rows[-1]["price"]
    found = []
    for minute, prices in sorted(closes.items()):
        markets = sorted(prices, key=lambda market: (prices[market], " ".join(market)))
        for place, low in enumerate(markets):
            for high in markets[place + 1 :]:
                pair = _dollars(low[1])
                if pair != _dollars(high[1]):
                    continue
                spread = prices[high] - prices[low]
                found.append(
                    {
                        "minute": minute,
                        "pair": pair,
                        "exchange_low": low[0],
                        "symbol_low": low[1],
                        "price_low": prices[low],
                        "exchange_high": high[0],
                        "symbol_high": high[1],
                        "price_high": prices[high],
                        "spread": spread,
                        "basis_points": rounded(quotient(spread * 10_000, prices[low], 8), 4),
                    }
                )
    return sorted(
        found,
        key=lambda row: (row["minute"], -row["basis_points"], row["exchange_low"], row["exchange_high"]),
    )


def _dollars(symbol: str) -> str:
    base, _, quote = symbol.rpartition("-")
    return f"{base}-{'USD' if quote in ('USDT', 'USDC') else quote}"


@answers("bitcoin_lacunas")
def gaps(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    rows = _window(tables, asked)
    found = []
    for market in sorted({(row["exchange"], row["symbol"]) for row in rows}):
        mine = [row for row in rows if (row["exchange"], row["symbol"]) == market]
        once = [row for row in _trades(tables, asked) if (row["exchange"], row["symbol"]) == market]
        lags = sorted(
            round((row["received_at"] - row["traded_at"]) / timedelta(milliseconds=1))
            for row in once
            if row["via"] == "live"
        )
        ranges, spans = _ranges(mine), _spans(mine)
        found.append(
            {
                "exchange": market[0],
                "symbol": market[1],
                "trades": len(once),
                "copies": sum(row["via"] != "gap" for row in mine) - len(once),
                "repaired": sum(row["via"] == "repair" for row in once),
                "gaps": len(ranges) + len(spans),
                "gaps_without_ids": len(spans),
                "missing": sum(len(_missing(tables, market, first, last)) for first, last in ranges),
                "lag_p50_ms": lags[len(lags) // 2] if lags else None,
                "lag_p99_ms": lags[int(len(lags) * 0.99)] if lags else None,
            }
        )
    return found


@answers("bitcoin_lacunas_abertas")
def open_gaps(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    rows = [row for row in _window(tables, asked) if row["via"] == "gap"]
    found: list[dict[str, Any]] = []
    for market in sorted({(row["exchange"], row["symbol"]) for row in rows}):
        mine = [row for row in rows if (row["exchange"], row["symbol"]) == market]
        place = {
            "exchange": market[0],
            "symbol": market[1],
            "settled": False,
            "reason": mine[-1]["gap_reason"],
        }
        for first, last in _ranges(mine):
            missing = sorted(_missing(tables, market, first, last))
            times = [row for row in mine if row["gap_first_id"] is not None]
            when = {"since": min(r["gap_from"] for r in times), "until": max(r["traded_at"] for r in times)}
            for start in (one for one in missing if one - 1 not in missing):
                end = next(one for one in missing if one >= start and one + 1 not in missing)
                ids = {"first_id": start, "last_id": end, "missing": end - start + 1}
                found.append({**place, **when, **ids})
        for since, until in _spans(mine):
            none = dict.fromkeys(("first_id", "last_id", "missing"))
            found.append({**place, "since": since, "until": until, **none})
    return found


def _ranges(rows: list[Row]) -> list[tuple[int, int]]:
    """The ids that gaps name, overlapping and touching ones as one."""
    named = {
        one
        for row in rows
        if row["via"] == "gap" and row["gap_first_id"] is not None
        for one in range(row["gap_first_id"], row["gap_last_id"] + 1)
    }
    starts = sorted(one for one in named if one - 1 not in named)
    ends = sorted(one for one in named if one + 1 not in named)
    return list(zip(starts, ends, strict=True))


def _spans(rows: list[Row]) -> list[tuple[datetime, datetime]]:
    """The gaps that name no ids; those of the made-up trades don't overlap."""
    return sorted(
        {
            (row["gap_from"], row["traded_at"])
            for row in rows
            if row["via"] == "gap" and row["gap_first_id"] is None
        }
    )


def _missing(tables: Tables, market: Market, first: int, last: int) -> set[int]:
    arrived = {
        row["trade_id"]
        for row in tables.bitcoin_trades
        if (row["exchange"], row["symbol"]) == market and row["via"] != "gap"
    }
    return set(range(first, last + 1)) - arrived
