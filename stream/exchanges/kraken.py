"""Kraken websocket v2, channel `trade`.

Source: Kraken API Center, "WebSocket v2: Trade", "Heartbeat", and REST "Get Recent Trades". `trade_id` is
sequential per symbol, `side` the taker's, price and qty JSON numbers (read as exact decimals; `1e-08`
occurs). Subscribing brings a snapshot of the last 50 trades; heartbeats come about once a second.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from stream.errors import FrameError
from stream.exchanges.base import (
    Endpoints,
    Exchange,
    Gap,
    Message,
    Notice,
    Page,
    Rest,
    Session,
    query,
    rest_trades,
    trades_of,
)
from stream.trade import LIVE, REPAIR, SNAPSHOT, Side, Trade, Via, exact_decimal, parse_iso

PAGE = 1000


class _Trade(msgspec.Struct, gc=False):
    symbol: str
    side: Side
    price: Decimal
    qty: Decimal
    trade_id: int
    timestamp: str


class _Envelope(msgspec.Struct, gc=False):
    channel: str = ""
    type: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    method: str = ""
    success: bool = True
    error: str = ""


class _RestBody(msgspec.Struct):
    error: list[str]
    result: dict[str, msgspec.Raw] = {}


_RestRow = tuple[str, str, Decimal, Literal["b", "s"], str, str, int]
_envelope = msgspec.json.Decoder(_Envelope)
_trades = msgspec.json.Decoder(list[_Trade])
_rest = msgspec.json.Decoder(_RestBody)
_rows = msgspec.json.Decoder(list[_RestRow])
_STEPS_BACK = 16  # doublings of five minutes: half a year
_REST_NAMES = {"BTC": "XBT", "DOGE": "XDG"}


class Kraken(Exchange):
    name = "kraken"
    endpoints = Endpoints(websocket="wss://ws.kraken.com/v2", rest="https://api.kraken.com")
    contiguous_ids = True
    idle_timeout = 10.0
    rest_interval = 1.0
    silence_alarm = 600

    def url(self, endpoints: Endpoints, symbols: Sequence[str]) -> str:
        return endpoints.websocket

    def subscribe(self, symbols: Sequence[str]) -> list[str]:
        names = [symbol.replace("-", "/") for symbol in symbols]
        message = {"method": "subscribe", "params": {"channel": "trade", "symbol": names, "snapshot": True}}
        return [msgspec.json.encode(message).decode()]

    def session(self) -> Session:
        return _Session()

    async def fetch(
        self, rest: Rest, endpoints: Endpoints, gap: Gap, received_at: int
    ) -> AsyncIterator[Page]:
        """Pages forward in time from just before the gap; from further back where that was later than its ids."""
        base, quote = gap.symbol.split("-")
        pair = f"{_REST_NAMES.get(base, base)}{_REST_NAMES.get(quote, quote)}"
        start = since = (gap.since - 1_000) * 1000
        reached: int | None = None  # every id from here on was told, if it exists
        back = 0
        while True:
            url = query(endpoints.rest, "/0/public/Trades", pair=pair, since=since, count=PAGE)
            page, last = decode_rest(await rest.get(url), gap.symbol, received_at)
            first = page[0].trade_id if page else None
            early = first is None or (gap.first_id is not None and first > gap.first_id)
            if reached is None and early and back < _STEPS_BACK and start > 0:
                start = since = max(start - (300_000_000_000 << back), 0)
                back += 1
                continue
            if not page or (reached is not None and page[-1].trade_id < reached):
                return
            if reached is None:
                reached = page[0].trade_id if start else 0
            yield Page(page, (reached, page[-1].trade_id))
            reached = page[-1].trade_id + 1
            if (gap.last_id is not None and reached > gap.last_id) or last - 1 <= since:
                return
            since = last - 1  # again those of the last instant, which the page may have cut


class _Session:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    def decode(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        envelope = _envelope.decode(frame)
        if envelope.channel == "trade":
            via: Via = SNAPSHOT if envelope.type == "snapshot" else LIVE

            def trade(row: _Trade) -> Trade:
                return Trade(
                    "kraken",
                    _symbol(row.symbol),
                    row.trade_id,
                    exact_decimal(row.price),
                    exact_decimal(row.qty),
                    row.side,
                    parse_iso(row.timestamp),
                    received_at,
                    via,
                )

            return trades_of("kraken", _trades.decode(envelope.data), trade, frame)
        if envelope.channel == "heartbeat":
            self.messages.append(Message(Notice.HEARTBEAT))
        elif envelope.method == "subscribe":
            notice = Notice.SUBSCRIBED if envelope.success else Notice.REJECTED
            self.messages.append(Message(notice, envelope.error))
        elif envelope.error:
            self.messages.append(Message(Notice.REJECTED, envelope.error))
        elif not envelope.channel and not envelope.method:
            raise FrameError("kraken", "neither a channel nor an answer", frame)
        return ()


def _symbol(name: str) -> str:
    symbol = name.replace("/", "-")
    if not (symbol.isascii() and symbol.replace("-", "").isalnum() and len(symbol) <= 32):
        raise ValueError(f"unknown symbol {name!r}")
    return symbol


def decode_rest(body: bytes, symbol: str, received_at: int) -> tuple[list[Trade], int]:
    """Trades of a REST `Trades` answer, ascending, and its `last` (ns), where the next page begins."""
    try:
        answer = _rest.decode(body)
        if answer.error:
            raise ValueError("; ".join(answer.error))
        last = int(msgspec.json.decode(answer.result.get("last", msgspec.Raw(b'"0"')), type=str))
        rows = [row for key, raw in answer.result.items() if key != "last" for row in _rows.decode(raw)]
    except (msgspec.MsgspecError, ValueError) as error:
        raise FrameError("kraken", f"REST trades: {error}", body) from None

    def trade(row: _RestRow) -> Trade:
        return Trade(
            "kraken",
            symbol,
            row[6],
            exact_decimal(row[0]),
            exact_decimal(row[1]),
            "buy" if row[3] == "b" else "sell",
            int(row[2] * 1_000_000),
            received_at,
            REPAIR,
        )

    return rest_trades("kraken", rows, trade, body), last
