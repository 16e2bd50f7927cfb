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
    KNOWN_NAMES,
    UNFIT,
    UNREADABLE,
    Endpoints,
    Exchange,
    Gap,
    Message,
    Notice,
    Page,
    Rest,
    Session,
    by_id,
    query,
    rest_trades,
    trades_of,
)
from stream.trade import (
    LIVE,
    REPAIR,
    SNAPSHOT,
    Side,
    Trade,
    Via,
    exact_decimal,
    exact_number,
    parse_iso,
    plain_pair,
)

PAGE = 1000


class _Trade(msgspec.Struct, gc=False):
    symbol: str
    side: Side
    price: msgspec.Raw  # the number as it stands there
    qty: msgspec.Raw
    trade_id: int
    timestamp: str


class _TradeFrame(msgspec.Struct, gc=False):
    """A frame of `trade`, read at once."""

    channel: Literal["trade"]
    data: list[_Trade]
    type: str = ""


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
_trade_frame = msgspec.json.Decoder(_TradeFrame).decode
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
        try:
            found = _trade_frame(frame)
        except UNFIT:
            return self.decode_any(frame, received_at)
        via: Via = SNAPSHOT if found.type == "snapshot" else LIVE
        try:
            trades = [_trade(row, via, received_at) for row in found.data]
        except (ValueError, ArithmeticError):
            return self.decode_any(frame, received_at)
        if len(trades) > 1:
            trades.sort(key=by_id)
        return trades

    def decode_any(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        """A frame of any channel, a bad one of `trade` too."""
        envelope = _envelope.decode(frame)
        if envelope.channel == "trade":
            via: Via = SNAPSHOT if envelope.type == "snapshot" else LIVE
            rows = _trades.decode(envelope.data)
            return trades_of("kraken", rows, lambda row: _trade(row, via, received_at), frame)
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


def _trade(row: _Trade, via: Via, received_at: int) -> Trade:
    price, quantity = str(row.price, "ascii", "replace"), str(row.qty, "ascii", "replace")
    if plain_pair(f"{price} {quantity}") is None:
        price, quantity = exact_number(row.price), exact_number(row.qty)
    return Trade(
        "kraken",
        _symbols.get(row.symbol) or _symbol(row.symbol),
        row.trade_id,
        price,
        quantity,
        row.side,
        parse_iso(row.timestamp),
        received_at,
        via,
    )


_symbols: dict[str, str] = {}


def _symbol(name: str) -> str:
    symbol = name.replace("/", "-")
    if not (symbol.isascii() and symbol.replace("-", "").isalnum() and len(symbol) <= 32):
        raise ValueError(f"unknown symbol {name!r}")
    if len(_symbols) < KNOWN_NAMES:
        _symbols[name] = symbol
    return symbol


def _microseconds(seconds: Decimal) -> int:
    if not 0 < seconds < 10**11:
        raise ValueError("not a time")
    return int(seconds * 1_000_000)


def decode_rest(body: bytes, symbol: str, received_at: int) -> tuple[list[Trade], int]:
    """Trades of a REST `Trades` answer, ascending, and its `last` (ns), where the next page begins."""
    try:
        answer = _rest.decode(body)
        if answer.error:
            raise ValueError("; ".join(answer.error))
        last = int(msgspec.json.decode(answer.result.get("last", msgspec.Raw(b'"0"')), type=str))
        rows = [row for key, raw in answer.result.items() if key != "last" for row in _rows.decode(raw)]
    except UNREADABLE as error:
        raise FrameError("kraken", f"REST trades: {error}", body) from None

    def trade(row: _RestRow) -> Trade:
        return Trade(
            "kraken",
            symbol,
            row[6],
            exact_decimal(row[0]),
            exact_decimal(row[1]),
            "buy" if row[3] == "b" else "sell",
            _microseconds(row[2]),
            received_at,
            REPAIR,
        )

    return rest_trades("kraken", rows, trade, body), last
