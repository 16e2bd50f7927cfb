"""Coinbase Advanced Trade: channels `market_trades` and `heartbeats`.

Source: Coinbase Developer Platform, "Advanced Trade WebSocket" and "Exchange API: Get product trades".
Subscribe within 5 s, one message per channel. `sequence_num` counts the connection's messages over all
channels. Subscribing brings a snapshot of the last 100 trades; trades come newest first. `side` is the
MAKER's: the taker's is the other one. Trade ids are contiguous per product (seen in recorded sessions).
REST's `after` pages back by trade id.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Literal

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
    whole,
)
from stream.trade import LIVE, REPAIR, SNAPSHOT, Side, Trade, Via, exact_decimal, parse_iso, plain_pair

PAGE = 1000


class _Trade(msgspec.Struct, gc=False):
    product_id: str
    trade_id: str
    price: str
    size: str
    time: str
    side: str


class _TradesEvent(msgspec.Struct, gc=False):
    type: str
    trades: list[_Trade]


class _Envelope(msgspec.Struct, gc=False):
    channel: str = ""
    sequence_num: int = -1
    events: msgspec.Raw = msgspec.Raw(b"")
    type: str = ""
    message: str = ""


class _TradesFrame(msgspec.Struct, gc=False):
    """A frame of `market_trades`, read at once."""

    channel: Literal["market_trades"]
    events: list[_TradesEvent]
    sequence_num: int = -1


class _RestTrade(msgspec.Struct):
    trade_id: int
    side: str
    size: str
    price: str
    time: str


_envelope = msgspec.json.Decoder(_Envelope)
_trades_frame = msgspec.json.Decoder(_TradesFrame).decode
_events = msgspec.json.Decoder(list[_TradesEvent])
_rest = msgspec.json.Decoder(list[_RestTrade])
_TAKER: dict[str, Side] = {"BUY": "sell", "SELL": "buy", "buy": "sell", "sell": "buy"}


class Coinbase(Exchange):
    name = "coinbase"
    endpoints = Endpoints(
        websocket="wss://advanced-trade-ws.coinbase.com", rest="https://api.exchange.coinbase.com"
    )
    contiguous_ids = True
    quotes: ClassVar = {"USDC": "USD"}  # one order book: subscribed as -USDC, it answers as -USD
    idle_timeout = 10.0  # heartbeats come every second

    def url(self, endpoints: Endpoints, symbols: Sequence[str]) -> str:
        return endpoints.websocket

    def subscribe(self, symbols: Sequence[str]) -> list[str]:
        trades = {"type": "subscribe", "product_ids": list(symbols), "channel": "market_trades"}
        heartbeats = {"type": "subscribe", "channel": "heartbeats"}
        return [msgspec.json.encode(message).decode() for message in (trades, heartbeats)]

    def session(self) -> Session:
        return _Session()

    async def fetch(
        self, rest: Rest, endpoints: Endpoints, gap: Gap, received_at: int
    ) -> AsyncIterator[Page]:
        """Pages backwards from the gap's end."""
        if gap.first_id is None or gap.last_id is None:
            raise ValueError("Coinbase's gaps are by id")
        after = gap.last_id + 1
        while after > gap.first_id:
            url = query(endpoints.rest, f"/products/{gap.symbol}/trades", limit=PAGE, after=after)
            page = _decode_rest(await rest.get(url), gap.symbol, received_at)
            if not page or page[-1].trade_id >= after:
                return
            yield Page(page, (page[0].trade_id, after - 1))
            after = page[0].trade_id


class _Session:
    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._next_sequence = -1

    def decode(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        try:
            found = _trades_frame(frame)
        except UNFIT:
            return self.decode_any(frame, received_at)
        self._count(found.sequence_num)
        return _trades(found.events, received_at, frame)

    def _count(self, number: int) -> None:
        """Follow the connection's sequence of messages."""
        if number == self._next_sequence:
            self._next_sequence = number + 1
        elif number >= 0:
            if self._next_sequence != -1 and number > self._next_sequence:
                lost = number - self._next_sequence
                self.messages.append(Message(Notice.MISSED, f"{lost} messages before sequence {number}"))
            self._next_sequence = max(self._next_sequence, number + 1)

    def decode_any(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        """A frame of any channel, a bad one of `market_trades` too."""
        envelope = _envelope.decode(frame)
        self._count(envelope.sequence_num)
        if envelope.channel == "market_trades":
            return _trades(_events.decode(envelope.events), received_at, frame)
        if envelope.channel == "heartbeats":
            self.messages.append(Message(Notice.HEARTBEAT))
        elif envelope.channel == "subscriptions":
            self.messages.append(Message(Notice.SUBSCRIBED))
        elif envelope.type == "error":
            self.messages.append(Message(Notice.REJECTED, envelope.message))
        elif not envelope.channel:
            raise FrameError("coinbase", "neither a channel nor an error", frame)
        return ()


def _trades(events: list[_TradesEvent], received_at: int, frame: bytes) -> list[Trade]:
    trades: list[Trade] = []
    try:
        for event in events:
            via: Via = SNAPSHOT if event.type == "snapshot" else LIVE
            trades += [_trade(row, via, received_at) for row in reversed(event.trades)]
    except (ValueError, ArithmeticError):
        rows: list[tuple[Via, _Trade]] = [
            (SNAPSHOT if event.type == "snapshot" else LIVE, row) for event in events for row in event.trades
        ]
        return trades_of("coinbase", rows, lambda found: _trade(found[1], found[0], received_at), frame)
    if len(trades) > 1:
        trades.sort(key=by_id)
    return trades


def _trade(row: _Trade, via: Via, received_at: int) -> Trade:
    price, quantity = row.price, row.size
    if plain_pair(f"{price} {quantity}") is None:
        price, quantity = exact_decimal(price), exact_decimal(quantity)
    return Trade(
        "coinbase",
        _products.get(row.product_id) or _product(row.product_id),
        whole(row.trade_id),
        price,
        quantity,
        _TAKER.get(row.side) or _taker(row.side),
        parse_iso(row.time),
        received_at,
        via,
    )


def _taker(maker: str) -> Side:
    side = _TAKER.get(maker)
    if side is None:
        raise ValueError(f"unknown side {maker!r}")
    return side


_products: dict[str, str] = {}


def _product(name: str) -> str:
    if not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 32):
        raise ValueError(f"unknown product {name!r}")
    if len(_products) < KNOWN_NAMES:
        _products[name] = name
    return name


def _decode_rest(body: bytes, symbol: str, received_at: int) -> list[Trade]:
    def trade(row: _RestTrade) -> Trade:
        return Trade(
            "coinbase",
            symbol,
            row.trade_id,
            exact_decimal(row.price),
            exact_decimal(row.size),
            _taker(row.side),
            parse_iso(row.time),
            received_at,
            REPAIR,
        )

    try:
        rows = _rest.decode(body)
    except UNREADABLE as error:
        raise FrameError("coinbase", f"REST trades: {error}", body) from None
    return rest_trades("coinbase", rows, trade, body)
