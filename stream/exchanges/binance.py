"""Binance spot: the market-data-only host, channel `trade`.

Source: Binance's Spot API documentation, "WebSocket Streams" and "Market Data endpoints". `t` is contiguous
per symbol; `m` = true means that the buyer was the maker, so the taker sold. The server pings every 20 s
(websockets answers) and ends connections after 24 h, `serverShutdown` announcing an earlier end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

import msgspec

from stream.errors import FrameError
from stream.exchanges.base import (
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
from stream.trade import REPAIR, Trade, Via, exact_decimal, plain_pair

PAGE = 1000
_FIRST_MICROSECONDS = 10**14
_NO_TIME = 10**18
# Longest first, so that BTCFDUSD is BTC-FDUSD.
_QUOTES = (
    "FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USDP", "DAI", "EUR", "BRL", "TRY", "GBP", "AUD", "JPY", "ARS",
    "MXN", "USD", "BTC", "ETH", "BNB",
)  # fmt: skip


class _Data(msgspec.Struct, gc=False):
    """A `trade` event. Other events of a combined stream decode too, without `t`."""

    e: str = ""
    s: str = ""
    t: int = -1
    p: str = ""
    q: str = ""
    T: int = 0
    m: bool = False
    X: str = ""  # only futures have it: the same symbols, other trades


class _Event(msgspec.Struct, gc=False):
    e: str = ""


class _Combined(msgspec.Struct, gc=False):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    event: _Event | None = None
    error: msgspec.Raw = msgspec.Raw(b"")
    e: str = ""
    id: int | str | None = None


class _TradeFrame(msgspec.Struct, gc=False):
    data: _Data


class _RestTrade(msgspec.Struct):
    id: int
    price: str
    qty: str
    time: int
    isBuyerMaker: bool  # noqa: N815 the wire's name


_trade_frame = msgspec.json.Decoder(_TradeFrame).decode
_data = msgspec.json.Decoder(_Data)
_combined = msgspec.json.Decoder(_Combined)
_rest = msgspec.json.Decoder(list[_RestTrade])


def microseconds(moment: int) -> int:
    """Binance's times are ms, or µs where the client asked for `timeUnit=MICROSECOND`. Raises ValueError."""
    if not 0 < moment < _NO_TIME:
        raise ValueError("not a time")
    return moment * 1000 if moment < _FIRST_MICROSECONDS else moment


class Binance(Exchange):
    name = "binance"
    endpoints = Endpoints(
        websocket="wss://data-stream.binance.vision",
        rest="https://data-api.binance.vision",
        history="https://api.binance.com",
    )
    contiguous_ids = True
    quotes: ClassVar = {"USD": "USDT"}
    idle_timeout = 60.0
    quiet_after = 20.0
    max_age = 24 * 3600.0
    rest_interval = 0.3  # both calls weigh 25: 5,000 a minute of the documented 6,000

    def url(self, endpoints: Endpoints, symbols: Sequence[str]) -> str:
        streams = "/".join(f"{native(symbol).lower()}@trade" for symbol in symbols)
        return f"{endpoints.websocket}/stream?streams={streams}"

    def subscribe(self, symbols: Sequence[str]) -> list[str]:
        return []

    def session(self) -> Session:
        return _Session()

    async def fetch(
        self, rest: Rest, endpoints: Endpoints, gap: Gap, received_at: int
    ) -> AsyncIterator[Page]:
        """The newest 1,000 trades from the market-data host; what is older by id from the main one."""
        market = native(gap.symbol)
        if gap.first_id is None or gap.last_id is None:
            raise ValueError("Binance's gaps are by id")
        body = await rest.get(query(endpoints.rest, "/api/v3/trades", symbol=market, limit=PAGE))
        recent = _decode_rest(body, gap.symbol, received_at)
        first, last = gap.first_id, gap.last_id
        if recent:
            yield Page(recent, (recent[0].trade_id, recent[-1].trade_id))
            last = min(last, recent[0].trade_id - 1)
        history = endpoints.history or endpoints.rest
        while first <= last:
            url = query(history, "/api/v3/historicalTrades", symbol=market, fromId=first, limit=PAGE)
            page = _decode_rest(await rest.get(url), gap.symbol, received_at)
            if not page or page[0].trade_id < first:
                return
            yield Page(page, (first, page[-1].trade_id))
            first = page[-1].trade_id + 1


def native(symbol: str) -> str:
    """`BTC-USDT` as Binance spells it."""
    return symbol.replace("-", "")


_symbols: dict[str, str] = {}


def _symbol(name: str) -> str:
    """`BTC-USDT` for `BTCUSDT`."""
    known = _symbols.get(name)
    if known is None:
        quote = next((q for q in _QUOTES if name.endswith(q) and len(name) > len(q)), "")
        if not quote or not (name.isascii() and name.isalnum() and name.isupper()) or len(_symbols) > 10_000:
            raise ValueError(f"unknown market {name!r}")
        known = _symbols[name] = f"{name[: -len(quote)]}-{quote}"
    return known


class _Session:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    def decode(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        try:
            data = _trade_frame(frame).data
        except msgspec.ValidationError:
            return self._other(frame, received_at)
        if data.e == "trade":
            return (_trade(data, received_at),)
        if data.e == "serverShutdown":
            self.messages.append(Message(Notice.RECONNECT, data.e))
        return ()

    def _other(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        """Raw-stream trades, acknowledgements, errors and shutdown notices."""
        other = _combined.decode(frame)
        if other.error:
            self.messages.append(Message(Notice.REJECTED, bytes(other.error).decode(errors="replace")[:200]))
        elif other.e == "trade":
            return (_trade(_data.decode(frame), received_at),)
        elif other.e == "serverShutdown" or (other.event and other.event.e == "serverShutdown"):
            self.messages.append(Message(Notice.RECONNECT, "serverShutdown"))
        elif other.stream.endswith("@trade"):
            raise FrameError("binance", "not a trade event", frame)
        return ()


def _trade(data: _Data, received_at: int) -> Trade:
    moment, price, quantity = data.T, data.p, data.q
    if data.t < 0 or not 0 < moment < _NO_TIME or data.X:
        raise ValueError("a futures trade (field X)" if data.X else "trade without id or time")
    if plain_pair(f"{price} {quantity}") is None:
        price, quantity = exact_decimal(price), exact_decimal(quantity)
    return Trade(
        "binance",
        _symbols.get(data.s) or _symbol(data.s),
        data.t,
        price,
        quantity,
        "sell" if data.m else "buy",
        moment * 1000 if moment < _FIRST_MICROSECONDS else moment,
        received_at,
    )


def _decode_rest(body: bytes, symbol: str, received_at: int, via: Via = REPAIR) -> list[Trade]:
    def trade(row: _RestTrade) -> Trade:
        return Trade(
            "binance",
            symbol,
            row.id,
            exact_decimal(row.price),
            exact_decimal(row.qty),
            "sell" if row.isBuyerMaker else "buy",
            microseconds(row.time),
            received_at,
            via,
        )

    try:
        rows = _rest.decode(body)
    except UNREADABLE as error:
        raise FrameError("binance", f"REST trades: {error}", body) from None
    return rest_trades("binance", rows, trade, body)
