"""Trades straight from the raw frames of recorded sessions, with `json` and `Decimal` alone.

The second opinion of the tests: nothing of the project's decoders is used.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import zstandard

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """`at` in µs since the epoch; `side` is the taker's."""

    price: Decimal
    quantity: Decimal
    side: str
    at: int


def trades(*paths: Path) -> dict[Key, Seen]:
    """(exchange, symbol, id) -> trade. Frames that are no JSON are passed over."""
    found: dict[Key, Seen] = {}
    for path in paths:
        for exchange, frame in _frames(path):
            for key, seen in _READERS[exchange](frame):
                assert found.setdefault((exchange, *key), seen) == seen, (path, key)
    return found


def _content(path: Path) -> bytes:
    raw = path.read_bytes()
    if raw.startswith(b"\x1f\x8b"):
        return gzip.decompress(raw)
    if raw.startswith(b"\x28\xb5\x2f\xfd"):
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw), read_across_frames=True).read()
    return raw


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return None


def _frames(path: Path) -> Iterator[tuple[str, Any]]:
    content = _content(path)
    whole = _json(content)
    if isinstance(whole, dict) and "result" in whole:
        yield "kraken", whole
        return
    exchange = "binance"
    for line in content.splitlines():
        if line.startswith(b"{"):
            entry = _json(line)
            if entry["t"] == "header":
                exchange = entry["exchange"].lower()
            elif entry["t"] == "recv" and (frame := _json(entry["data"])) is not None:
                yield exchange, frame
        elif (frame := _json(line.partition(b" ")[2])) is not None:
            yield exchange, frame


Found = Iterator[tuple[tuple[str, int], Seen]]


def _binance(frame: Any) -> Found:
    if frame.get("stream", "").endswith("@trade"):
        data = frame["data"]
        base = data["s"].removesuffix("USDT")
        side = "sell" if data["m"] else "buy"  # m: the buyer was the maker
        yield (
            (f"{base}-USDT", data["t"]),
            Seen(Decimal(data["p"]), Decimal(data["q"]), side, data["T"] * 1000),
        )


def _coinbase(frame: Any) -> Found:
    if frame.get("channel") == "market_trades":
        for event in frame["events"]:
            for row in event["trades"]:
                side = {"BUY": "sell", "SELL": "buy"}[row["side"]]  # the maker's, said of the taker
                seen = Seen(Decimal(row["price"]), Decimal(row["size"]), side, _moment(row["time"]))
                yield (row["product_id"], int(row["trade_id"])), seen


def _kraken(frame: Any) -> Found:
    if frame.get("channel") == "trade":
        for row in frame["data"]:
            seen = Seen(Decimal(row["price"]), Decimal(row["qty"]), row["side"], _moment(row["timestamp"]))
            yield (row["symbol"].replace("/", "-"), row["trade_id"]), seen
    for pair, rows in frame.get("result", {}).items():
        if isinstance(rows, list):
            symbol = {"XXBTZEUR": "BTC-EUR", "XBTUSDT": "BTC-USDT"}[pair]
            for price, quantity, moment, side, _, _, number in rows:
                taker = {"b": "buy", "s": "sell"}[side]
                yield (symbol, number), Seen(Decimal(price), Decimal(quantity), taker, int(moment * 10**6))


def _bitstamp(frame: Any) -> Found:
    if frame.get("event") == "trade":
        pair, data = frame["channel"].removeprefix("live_trades_").upper(), frame["data"]
        seen = Seen(
            Decimal(data["price_str"]),
            Decimal(data["amount_str"]),
            ("buy", "sell")[data["type"]],
            int(data["microtimestamp"]),
        )
        yield (f"{pair[:-3]}-{pair[-3:]}", data["id"]), seen


def _mercado_bitcoin(frame: Any) -> Found:
    if frame.get("type") == "trade":
        data = frame["data"]
        assert frame["ts"] // 10**9 == data["date"]
        seen = Seen(Decimal(data["price"]), Decimal(data["amount"]), data["type"], frame["ts"] // 1000)
        yield (f"{frame['id'][3:]}-{frame['id'][:3]}", data["tid"]), seen


_READERS = {
    "binance": _binance,
    "coinbase": _coinbase,
    "kraken": _kraken,
    "bitstamp": _bitstamp,
    "mercado_bitcoin": _mercado_bitcoin,
}


def _moment(text: str) -> int:
    """µs; digits beyond them are cut off."""
    whole = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return int(whole.timestamp()) * 10**6 + int(text[20:-1][:6].ljust(6, "0"))
