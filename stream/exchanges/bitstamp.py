"""Bitstamp websocket v2, channel `live_trades_<pair>`.

Source: Bitstamp's WebSocket API v2 and HTTP API "Transactions". Ids rise but have holes (one sequence over
all pairs), so a loss cannot be seen by id: after every reconnect, and three times a minute, the last trades
are read again by REST and what is missing is added. `bts:request_reconnect` must be honoured. `type` is the
taker's: 0 bought, 1 sold. REST gives whole seconds.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
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
    query,
    rest_trades,
    whole,
)
from stream.trade import LIVE, REPAIR, Trade, exact_decimal, exact_number, plain_pair

_CHANNEL = "live_trades_"
_QUOTES = ("usdt", "usdc", "pyusd", "usd", "eur", "gbp", "btc", "eth")
_SPARE = 120  # seconds around a gap of which the rows are read too, should the answer not be quite in order
_ROW = rb"\{[^{}]*+\}"
_rows = re.compile(rb"%b(?:\s*+,\s*+%b){0,999}+" % (_ROW, _ROW)).match
_opening = re.compile(rb"\s*+\[\s*+").match
_comma = re.compile(rb"\s*+,\s*+").match
_closing = re.compile(rb"\s*+\]\s*+\Z").match
_date = re.compile(rb'"date"\s*:\s*"([0-9]{1,12})"').search
_HEARTBEAT = '{"event":"bts:heartbeat"}'


class _Trade(msgspec.Struct, gc=False):
    id: int
    type: Literal[0, 1]
    microtimestamp: str
    price_str: str = ""
    amount_str: str = ""
    price: msgspec.Raw = msgspec.Raw(b"0")
    amount: msgspec.Raw = msgspec.Raw(b"0")


class _TradeFrame(msgspec.Struct, gc=False):
    """A frame of `live_trades_…`, read at once."""

    event: Literal["trade"]
    channel: str
    data: _Trade


class _Envelope(msgspec.Struct, gc=False):
    event: str
    channel: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")


class _RestTrade(msgspec.Struct):
    tid: str
    date: str
    price: str
    amount: str
    type: Literal["0", "1"]


_trade_frame = msgspec.json.Decoder(_TradeFrame).decode
_envelope = msgspec.json.Decoder(_Envelope)
_data = msgspec.json.Decoder(_Trade)
_rest = msgspec.json.Decoder(list[_RestTrade])


class Bitstamp(Exchange):
    name = "bitstamp"
    endpoints = Endpoints(websocket="wss://ws.bitstamp.net", rest="https://www.bitstamp.net")
    contiguous_ids = False
    idle_timeout = 45.0  # the keepalive is answered
    quiet_after = 120.0
    silence_alarm = 900
    max_age = 90 * 24 * 3600.0
    keepalive = (15.0, _HEARTBEAT)
    history = 24 * 3600.0
    rest_interval = 1.0
    compare_every = (
        20.0  # so that its window of a minute is enough: the next longer one has an hour of trades
    )

    def url(self, endpoints: Endpoints, symbols: Sequence[str]) -> str:
        return endpoints.websocket

    def subscribe(self, symbols: Sequence[str]) -> list[str]:
        return [
            msgspec.json.encode(
                {"event": "bts:subscribe", "data": {"channel": _CHANNEL + native(symbol)}}
            ).decode()
            for symbol in symbols
        ]

    def session(self) -> Session:
        return _Session()

    async def fetch(
        self, rest: Rest, endpoints: Endpoints, gap: Gap, received_at: int
    ) -> AsyncIterator[Page]:
        """The shortest of the exchange's windows (minute, hour, day) that reaches back to the gap."""
        age = (max(received_at, gap.until) - gap.since) / 1_000_000
        window = "minute" if age < 50 else "hour" if age < 3500 else "day"
        url = query(endpoints.rest, f"/api/v2/transactions/{native(gap.symbol)}/", time=window)
        body = await rest.get(url)
        for part in parts(body, gap.since // 1_000_000 - _SPARE, gap.until // 1_000_000 + _SPARE):
            yield Page(_decode_rest(part, gap.symbol, received_at))


def native(symbol: str) -> str:
    """`BTC-USD` as Bitstamp spells it."""
    return symbol.replace("-", "").lower()


def _trade(row: _Trade, symbol: str, received_at: int) -> Trade:
    price, quantity = row.price_str, row.amount_str
    if plain_pair(f"{price} {quantity}") is None:
        price = exact_decimal(price) if price else exact_number(row.price)
        quantity = exact_decimal(quantity) if quantity else exact_number(row.amount)
    return Trade(
        "bitstamp",
        symbol,
        row.id,
        price,
        quantity,
        "sell" if row.type else "buy",
        whole(row.microtimestamp),
        received_at,
        LIVE,
    )


_symbols: dict[str, str] = {}


def _symbol(channel: str) -> str:
    """`BTC-USD` for `live_trades_btcusd`."""
    pair = channel[len(_CHANNEL) :]
    quote = next((q for q in _QUOTES if pair.endswith(q) and len(pair) > len(q)), "")
    if not quote or not (pair.isascii() and pair.isalnum() and len(pair) <= 24):
        raise ValueError(f"unknown pair {pair!r}")
    symbol = f"{pair[: -len(quote)]}-{quote}".upper()
    if len(_symbols) < KNOWN_NAMES:
        _symbols[channel] = symbol
    return symbol


class _Session:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    def decode(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        try:
            found = _trade_frame(frame)
        except UNFIT:
            return self.decode_any(frame, received_at)
        symbol = _symbols.get(found.channel)
        return (_trade(found.data, symbol, received_at),) if symbol else self.decode_any(frame, received_at)

    def decode_any(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        """A frame of any event and channel."""
        envelope = _envelope.decode(frame)
        if envelope.event == "trade" and envelope.channel.startswith(_CHANNEL):
            row = _data.decode(envelope.data)
            return (_trade(row, _symbol(envelope.channel), received_at),)
        if envelope.event == "bts:heartbeat":
            self.messages.append(Message(Notice.HEARTBEAT))
        elif envelope.event == "bts:subscription_succeeded":
            self.messages.append(Message(Notice.SUBSCRIBED))
        elif envelope.event == "bts:request_reconnect":
            self.messages.append(Message(Notice.RECONNECT, envelope.event))
        elif envelope.event == "bts:error":
            text = bytes(envelope.data).decode(errors="replace")[:200]
            self.messages.append(Message(Notice.REJECTED, text))
        return ()


def parts(body: bytes, since: int, until: int) -> Iterator[bytes]:
    """A REST answer as answers of some thousand rows, oldest first, without those wholly outside since..until (s).

    A day has a hundred thousand trades: decoded at once they take a hundred megabytes. What isn't plainly a list of
    flat rows stays whole, for the decoder to judge.
    """
    spans: list[tuple[int, int]] = []
    between = _opening(body)
    while between is not None and (found := _rows(body, between.end())) is not None:
        spans.append(found.span())
        between = _comma(body, found.end())
    if between is not None or not spans or _closing(body, spans[-1][1]) is None:
        yield body
        return
    if len(spans) > 1 and body.count(b"{", *spans[-1]) < 500:  # so few may all be bad, in a sound answer
        spans[-2:] = [(spans[-2][0], spans[-1][1])]
    for start, stop in reversed(spans):
        ends = _date(body, start, stop), _date(body, body.rfind(b"{", start, stop), stop)
        dates = [int(end[1]) for end in ends if end is not None]
        if len(dates) < 2 or (min(dates) <= until and since <= max(dates)):
            yield b"[%b]" % body[start:stop]


def _decode_rest(body: bytes, symbol: str, received_at: int) -> list[Trade]:
    def trade(row: _RestTrade) -> Trade:
        return Trade(
            "bitstamp",
            symbol,
            whole(row.tid),
            exact_decimal(row.price),
            exact_decimal(row.amount),
            "buy" if row.type == "0" else "sell",
            whole(row.date) * 1_000_000,
            received_at,
            REPAIR,
        )

    try:
        rows = _rest.decode(body)
    except UNREADABLE as error:
        raise FrameError("bitstamp", f"REST transactions: {error}", body) from None
    return rest_trades("bitstamp", rows, trade, body)
