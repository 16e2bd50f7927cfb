"""Mercado Bitcoin (BRL), channel `trade`.

Source: Mercado Bitcoin's WebSocket documentation and API v4 "List trades". Markets are spelt quote first
(`BRLBTC`) on the websocket and `BTC-BRL` on REST. The client sends `{"type":"ping"}` every 15 s, or the
server closes a quiet socket after a minute. `ts` is in ns, `data.date` in seconds; `data.type` is the
taker's side. Nothing promises ids without holes, so losses are found by reading the last trades again by
REST.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Literal

import msgspec

from stream.errors import ConfigError, FrameError
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
    query,
    rest_trades,
)
from stream.trade import LIVE, REPAIR, Side, Trade, Via, exact_number, plain_pair

PAGE = 1000
_QUOTES = ("BRL", "USDT", "USDC", "BTC")


class _Data(msgspec.Struct, gc=False):
    tid: int
    date: int
    price: msgspec.Raw  # text or number on the wire, exact either way
    amount: msgspec.Raw
    type: Side


class _TradeFrame(msgspec.Struct, gc=False):
    """A frame of `trade`, read at once."""

    type: Literal["trade"]
    id: str
    data: _Data
    ts: int = 0


class _Frame(msgspec.Struct, gc=False):
    type: str = ""
    id: str = ""
    ts: int = 0
    data: msgspec.Raw = msgspec.Raw(b"")
    message: str = ""
    name: str = ""


_trade_frame = msgspec.json.Decoder(_TradeFrame).decode
_frame = msgspec.json.Decoder(_Frame)
_data = msgspec.json.Decoder(_Data)
_rest = msgspec.json.Decoder(list[_Data])


class MercadoBitcoin(Exchange):
    name = "mercado_bitcoin"
    endpoints = Endpoints(websocket="wss://ws.mercadobitcoin.net/ws", rest="https://api.mercadobitcoin.net")
    contiguous_ids = False
    idle_timeout = 45.0  # pings are answered
    quiet_after = 300.0  # minutes without a trade are normal here
    silence_alarm = 3600  # at night
    keepalive = (15.0, '{"type":"ping"}')
    rest_interval = 1.0

    def market(self, symbol: str) -> str:
        symbol = super().market(symbol)
        if symbol.split("-")[1] not in _QUOTES:
            raise ConfigError("symbol", f"Mercado Bitcoin trades against BRL: BTC-BRL, not {symbol}")
        return symbol

    def url(self, endpoints: Endpoints, symbols: Sequence[str]) -> str:
        return endpoints.websocket

    def subscribe(self, symbols: Sequence[str]) -> list[str]:
        return [
            msgspec.json.encode(
                {"type": "subscribe", "subscription": {"name": "trade", "id": native(symbol)}}
            ).decode()
            for symbol in symbols
        ]

    def session(self) -> Session:
        return _Session()

    async def fetch(
        self, rest: Rest, endpoints: Endpoints, gap: Gap, received_at: int
    ) -> AsyncIterator[Page]:
        """The first page by time, in whole seconds; the following ones by id, as a second can fill a page."""
        path = f"/api/v4/{gap.symbol}/trades"
        start: dict[str, int] = {
            "from": gap.since // 1_000_000,
            "to": max(received_at, gap.until) // 1_000_000 + 60,
        }
        newest = -1
        while True:
            url = query(endpoints.rest, path, limit=PAGE, **start)
            page = _decode_rest(await rest.get(url), gap.symbol, received_at)
            if page:
                yield Page(page)
            if len(page) < PAGE or page[-1].trade_id <= newest:
                return
            newest = page[-1].trade_id
            start = {"since": newest}


def native(symbol: str) -> str:
    """`BTC-BRL` as the websocket spells it."""
    base, quote = symbol.split("-")
    return quote + base


_symbols: dict[str, str] = {}


def _symbol(name: str) -> str:
    quote = next((q for q in _QUOTES if name.startswith(q) and len(name) > len(q)), "")
    if not quote or not (name.isascii() and name.isalnum() and name.isupper() and len(name) <= 24):
        raise ValueError(f"unknown market {name!r}")
    symbol = f"{name[len(quote) :]}-{quote}"
    if len(_symbols) < KNOWN_NAMES:
        _symbols[name] = symbol
    return symbol


class _Session:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    def decode(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        try:
            found = _trade_frame(frame)
        except UNFIT:
            return self.decode_any(frame, received_at)
        row = found.data
        symbol = _symbols.get(found.id) or _symbol(found.id)
        return (_trade(row, symbol, _traded_at(row.date, found.ts), received_at, LIVE),)

    def decode_any(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        """A frame of any type."""
        message = _frame.decode(frame)
        if message.type == "trade":
            row = _data.decode(message.data)
            return (_trade(row, _symbol(message.id), _traded_at(row.date, message.ts), received_at, LIVE),)
        if message.type == "pong":
            self.messages.append(Message(Notice.HEARTBEAT))
        elif message.type == "error":
            self.messages.append(Message(Notice.REJECTED, message.message))
        elif message.name == "trade":
            self.messages.append(Message(Notice.SUBSCRIBED))
        return ()


def _microseconds(moment: int) -> int:
    """µs of a Unix time in s, ms, µs or ns, told apart by size."""
    if moment <= 0:
        raise ValueError(f"not a time: {moment}")
    for limit, factor in ((10**11, 1_000_000), (10**14, 1_000), (10**17, 1)):
        if moment < limit:
            return moment * factor
    return moment // 1000


def _traded_at(date: int, ts: int) -> int:
    """`date`, with the fraction of `ts` (the frame's time) where that falls into the same second."""
    traded_at = _microseconds(date)
    sent_at = ts // 1000
    return sent_at if date < 10**11 and 0 <= sent_at - traded_at < 1_000_000 else traded_at


def _trade(row: _Data, symbol: str, traded_at: int, received_at: int, via: Via) -> Trade:
    price = str(row.price, "ascii", "replace").strip('"')
    quantity = str(row.amount, "ascii", "replace").strip('"')
    if plain_pair(f"{price} {quantity}") is None:
        price, quantity = exact_number(row.price), exact_number(row.amount)
    return Trade("mercado_bitcoin", symbol, row.tid, price, quantity, row.type, traded_at, received_at, via)


def _decode_rest(body: bytes, symbol: str, received_at: int) -> list[Trade]:
    def trade(row: _Data) -> Trade:
        return _trade(row, symbol, _microseconds(row.date), received_at, REPAIR)

    try:
        rows = _rest.decode(body)
    except UNREADABLE as error:
        raise FrameError("mercado_bitcoin", f"REST trades: {error}", body) from None
    return rest_trades("mercado_bitcoin", rows, trade, body)
