"""Each exchange's documented frames, decoded: ids, exact numbers, the taker's side, times, notices."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tracemalloc
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bovespa.stand_ins.exchanges.walk import Walk
from bovespa.stand_ins.exchanges.wire import WIRES
from stream.errors import ConfigError, FrameError
from stream.exchanges import EXCHANGES, bitstamp, exchange_named
from stream.exchanges.base import UNREADABLE, Gap, Message, Notice
from stream.trade import Trade, iso

RECEIVED = 1_786_309_548_629_007


def decode(exchange: str, *frames: bytes) -> tuple[list[Trade], list[Message]]:
    session = exchange_named(exchange).session()
    return [trade for frame in frames for trade in session.decode(frame, RECEIVED)], session.messages


def shown(trade: Trade) -> tuple[object, ...]:
    at = iso(trade.traded_at)
    return trade.symbol, trade.trade_id, trade.price, trade.quantity, trade.side, at, trade.via


@pytest.mark.parametrize(("maker", "side"), [("true", "sell"), ("false", "buy")])
def test_binance(maker: str, side: str) -> None:
    data = (
        '{"e":"trade","E":1723161255612,"s":"BTCUSDT","t":1520538925,"p":"2683.80000000",'
        f'"q":"0.00200000","T":1723161255611,"m":{maker},"M":true}}'
    )
    expected = (
        "BTC-USDT",
        1520538925,
        "2683.80000000",
        "0.00200000",
        side,
        "2024-08-08T23:54:15.611000Z",
        "live",
    )
    for frame in (data, f'{{"stream":"btcusdt@trade","data":{data}}}'):
        (trade,), _ = decode("binance", frame.encode())
        assert shown(trade) == expected
        assert trade.received_at == RECEIVED


def test_binance_ignores_other_streams_and_heeds_shutdowns() -> None:
    frames = (
        b'{"stream":"ethusdt@bookTicker","data":{"u":1,"s":"ETHUSDT","b":"1.0","B":"2.0","a":"3.0","A":"4.0"}}',
        b'{"stream":"ethusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"ETHUSDT","U":1,"u":2,"b":[],"a":[]}}',
        b'{"result":null,"id":1}',
        b'{"e":"serverShutdown","E":1770123456789}',
        b'{"stream":"!x","data":{"e":"serverShutdown","E":1770123456789}}',
        b'{"event":{"e":"serverShutdown","E":1770123456789}}',
    )
    trades, messages = decode("binance", *frames)
    assert trades == []
    assert [message.notice for message in messages] == [Notice.RECONNECT] * 3


def test_binance_microseconds() -> None:
    frame = b'{"e":"trade","s":"BTCUSDT","t":5,"p":"1.0","q":"1.0","T":1723161255611123,"m":true}'
    (trade,), _ = decode("binance", frame)
    assert iso(trade.traded_at) == "2024-08-08T23:54:15.611123Z"


@pytest.mark.parametrize("wrapped", [False, True])
def test_binance_refuses_a_futures_trade_of_the_same_name(wrapped: bool) -> None:
    data = (
        '{"e":"trade","E":1723161255612,"T":1723161255611,"s":"BTCUSDT","t":5,"p":"1.0","q":"1.0",'
        '"X":"MARKET","m":true}'
    )
    frame = f'{{"stream":"btcusdt@trade","data":{data}}}' if wrapped else data
    with pytest.raises(ValueError, match="a futures trade"):
        decode("binance", frame.encode())


def coinbase(sequence: int, kind: str = "update") -> bytes:
    rows = ",".join(
        f'{{"product_id":"BTC-USD","trade_id":"{number}","price":"65083.67","size":"0.002186",'
        f'"time":"2026-08-09T21:05:42.514318Z","side":"{side}"}}'
        for number, side in ((1068572091, "SELL"), (1068572090, "BUY"))
    )
    return (
        f'{{"channel":"market_trades","timestamp":"2026-08-09T21:05:48.228568804Z","sequence_num":{sequence},'
        f'"events":[{{"type":"{kind}","trades":[{rows}]}}]}}'
    ).encode()


def test_coinbase_inverts_the_makers_side_and_sorts() -> None:
    trades, _ = decode("coinbase", coinbase(0))
    at = "2026-08-09T21:05:42.514318Z"
    assert [shown(trade) for trade in trades] == [
        ("BTC-USD", 1068572090, "65083.67", "0.002186", "sell", at, "live"),
        ("BTC-USD", 1068572091, "65083.67", "0.002186", "buy", at, "live"),
    ]
    trades, _ = decode("coinbase", coinbase(0, "snapshot"))
    assert {trade.via for trade in trades} == {"snapshot"}


def test_coinbase_notices_a_lost_message_on_any_channel() -> None:
    beat = b'{"channel":"heartbeats","timestamp":"","sequence_num":%d,"events":[]}'
    _, messages = decode("coinbase", coinbase(0), beat % 1, beat % 4, coinbase(5))
    missed = [message.text for message in messages if message.notice is Notice.MISSED]
    assert missed == ["2 messages before sequence 4"]
    _, messages = decode("coinbase", b'{"type":"error","message":"no such product"}')
    assert messages == [Message(Notice.REJECTED, "no such product")]


def test_kraken_numbers_are_exact() -> None:
    frame = (
        b'{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":65000.1,'
        b'"qty":1e-08,"ord_type":"limit","trade_id":4665846,"timestamp":"2023-09-25T07:48:36.925533Z"}]}'
    )
    (trade,), _ = decode("kraken", frame)
    expected = ("BTC-USD", 4665846, "65000.1", "0.00000001", "buy", "2023-09-25T07:48:36.925533Z", "live")
    assert shown(trade) == expected
    _, messages = decode(
        "kraken",
        b'{"channel":"heartbeat"}',
        b'{"channel":"status","type":"update","data":[{"system":"online"}]}',
        b'{"method":"subscribe","success":false,"error":"Currency pair not supported FOO/USD"}',
    )
    assert [message.notice for message in messages] == [Notice.HEARTBEAT, Notice.REJECTED]


@pytest.mark.parametrize(("kind", "side"), [(0, "buy"), (1, "sell")])
def test_bitstamp(kind: int, side: str) -> None:
    frame = (
        '{"data":{"id":216000477,"timestamp":"1641343699","amount":0.0792,"amount_str":"0.07920000",'
        f'"price":3805.44,"price_str":"3805.44","type":{kind},"microtimestamp":"1641343699596000",'
        '"buy_order_id":1,"sell_order_id":2},"channel":"live_trades_ethusd","event":"trade"}'
    )
    expected = ("ETH-USD", 216000477, "3805.44", "0.07920000", side, "2022-01-05T00:48:19.596000Z", "live")
    (trade,), _ = decode("bitstamp", frame.encode())
    assert shown(trade) == expected
    older = frame.replace('"amount_str":"0.07920000",', "").replace('"price_str":"3805.44",', "")
    (trade,), _ = decode("bitstamp", older.encode())
    assert (trade.price, trade.quantity) == ("3805.44", "0.0792")


def _transactions(count: int, *, first: int = 1_786_000_000, per_second: int = 3) -> list[dict[str, str]]:
    """Rows of Bitstamp's REST answer, newest first."""
    return [
        {"date": str(first + number // per_second), "tid": str(1_000_000 + 2 * number), "amount": "0.01",
         "type": "01"[number % 2], "price": "64000.5"}
        for number in reversed(range(count))
    ]  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(
    count=st.sampled_from((0, 1, 2, 999, 1000, 1001, 3500)),
    indent=st.sampled_from((None, 1)),
    harm=st.lists(st.tuples(st.floats(0, 1), st.sampled_from(b'[]{},":x \\')), max_size=2),
    cut=st.sampled_from((0, 0, 0, 1, 2, 50)),
)
def test_an_answer_in_parts_is_the_answer_at_once(
    count: int, indent: int | None, harm: list[tuple[float, int]], cut: int
) -> None:
    body = bytearray(json.dumps(_transactions(count), indent=indent).encode())
    for place, byte in harm:
        body[int(place * (len(body) - 1))] = byte
    whole = bytes(body[: len(body) - cut])

    def read(bodies: Iterable[bytes]) -> list[Trade] | None:
        try:
            return [trade for one in bodies for trade in bitstamp._decode_rest(one, "BTC-USD", RECEIVED)]
        except FrameError:
            return None

    assert read(bitstamp.parts(whole, 0, 1 << 40)) == read([whole])


def test_of_a_days_answer_only_what_is_asked_for_is_decoded() -> None:
    body = json.dumps(_transactions(100_000, per_second=2)).encode()
    gap = Gap(
        symbol="BTC-USD",
        first_id=None,
        last_id=None,
        since=1_786_020_000_000_000,
        until=1_786_020_060_000_000,
    )

    async def run() -> list[Trade]:
        class Day:
            async def get(self, url: str) -> bytes:
                return body

        exchange = exchange_named("bitstamp")
        pages = exchange.fetch(Day(), exchange.endpoints, gap, gap.until + 20_000_000_000)
        return [trade for found in [page.trades async for page in pages] for trade in found]

    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        trades = asyncio.run(run())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    wanted = [1_000_000 + 2 * number for number in range(40_000, 40_122)]
    assert [trade.trade_id for trade in trades if gap.since <= trade.traded_at <= gap.until] == wanted
    assert len(trades) <= 3000
    assert most - before < 3_000_000  # decoded at once: 45 MB


def test_bitstamp_notices() -> None:
    _, messages = decode(
        "bitstamp",
        b'{"event":"bts:subscription_succeeded","channel":"live_trades_ethusd","data":{}}',
        b'{"event":"bts:request_reconnect","channel":"","data":""}',
        b'{"event":"bts:heartbeat","channel":"","data":{"status":"success"}}',
        b'{"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}}',
    )
    kinds = [Notice.SUBSCRIBED, Notice.RECONNECT, Notice.HEARTBEAT, Notice.REJECTED]
    assert [message.notice for message in messages] == kinds


@pytest.mark.parametrize(
    ("date", "at"),
    [
        (1790138602, "2026-09-23T04:43:22.790869Z"),
        (1790138601, "2026-09-23T04:43:21.000000Z"),
        (1790138602123, "2026-09-23T04:43:22.123000Z"),
        (1790138602123456789, "2026-09-23T04:43:22.123456Z"),
    ],
)
def test_mercado_bitcoin(date: int, at: str) -> None:
    frame = (
        f'{{"type":"trade","id":"BRLBTC","ts":1790138602790869784,"data":{{"tid":77,"date":{date},'
        '"type":"sell","price":446341.5,"amount":"0.00011000"}}'
    )
    (trade,), _ = decode("mercado_bitcoin", frame.encode())
    assert shown(trade) == ("BTC-BRL", 77, "446341.5", "0.00011000", "sell", at, "live")


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_what_the_simulator_says_is_what_happened(exchange: str) -> None:
    """The two sides were written from the same documents; this keeps them together."""
    symbol = "BTC-BRL" if exchange == "mercado_bitcoin" else "BTC-USD"
    symbol = "BTC-USDT" if exchange == "binance" else symbol
    wire = WIRES[exchange]()
    walk = Walk(exchange, symbol, 1, lambda: RECEIVED, wire.id_step)
    made = [walk.next() for _ in range(300)]
    frames = [
        wire.trades(made[start : start + wire.trades_per_frame]).encode()
        for start in range(0, len(made), wire.trades_per_frame)
    ]
    trades, _ = decode(exchange, *frames)
    for got, real in zip(trades, made, strict=True):
        assert (got.trade_id, got.side, got.symbol) == (real.trade_id, real.side, real.symbol)
        assert (float(got.price), float(got.quantity)) == (float(real.price), float(real.quantity))
        assert 0 <= real.traded_at - got.traded_at < 1000


@pytest.mark.parametrize("exchange", EXCHANGES)
@settings(deadline=None)
@given(st.binary(max_size=200))
def test_rubbish_raises_only_what_the_caller_catches(exchange: str, frame: bytes) -> None:
    with contextlib.suppress(FrameError, ValueError, ArithmeticError):
        decode(exchange, frame)


@pytest.mark.parametrize("exchange", EXCHANGES)
@settings(deadline=None)
@given(st.data())
def test_damaged_frames_raise_only_what_the_caller_catches(exchange: str, data: st.DataObject) -> None:
    symbol = "BTC-BRL" if exchange == "mercado_bitcoin" else "BTC-USD"
    wire = WIRES[exchange]()
    frame = bytearray(wire.trades([Walk(exchange, symbol, 1, lambda: RECEIVED).next()]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(32, 126))
    try:
        trades, _ = decode(exchange, bytes(frame))
    except (FrameError, ValueError, ArithmeticError):
        return
    for trade in trades:
        assert '"' not in trade.symbol
        assert trade.side in ("buy", "sell")


def test_symbols() -> None:
    assert exchange_named("binance").market("BTC-USD") == "BTC-USDT"
    assert exchange_named("coinbase").market("BTC-USD") == "BTC-USD"
    assert exchange_named("coinbase").market("BTC-USDC") == "BTC-USD"  # as which it answers
    with pytest.raises(ConfigError, match="BTC-BRL"):
        exchange_named("mercado_bitcoin").market("BTC-USD")
    with pytest.raises(ConfigError, match="of the form"):
        exchange_named("kraken").market("btcusd")
    with pytest.raises(ConfigError, match="none of binance"):
        exchange_named("mtgox")


DEEP = b"[" * 100_000 + b"]" * 100_000
TEXTLESS = {
    "binance": b'[{"id":1,"price":"\xff","qty":"1","time":1786309548000,"isBuyerMaker":true}]',
    "coinbase": b'[{"trade_id":1,"side":"buy","size":"1","price":"\xff","time":"2026-08-09T21:05:48Z"}]',
    "kraken": b'{"error":[],"result":{"XBTUSD":[["\xff","1",1786309548.0,"b","l","",1]],"last":"1"}}',
    "bitstamp": b'[{"tid":"1","date":"1786309548","price":"\xff","amount":"1","type":"0"}]',
    "mercado_bitcoin": b'[{"tid":1,"date":1786309548,"price":"\xff","amount":"1","type":"buy"}]',
}


class Answering:
    """A history that answers one body, whatever it is asked."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def get(self, url: str) -> bytes:
        return self.body


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("kind", ["no text", "too deep", "deep within a row"])
def test_a_history_that_answers_rubbish_is_a_bad_answer_and_no_crash(exchange: str, kind: str) -> None:
    bodies = {"no text": TEXTLESS[exchange], "too deep": DEEP, "deep within a row": b'[{"x":' + DEEP + b"}]"}
    known = exchange_named(exchange)
    ids = 1 if known.contiguous_ids else None
    gap = Gap(symbol="BTC-USD", first_id=ids, last_id=ids, since=RECEIVED - 10**6, until=RECEIVED)

    async def read() -> None:
        pages = known.fetch(Answering(bodies[kind]), known.endpoints, gap, RECEIVED)
        async for _ in pages:
            pass

    with pytest.raises(FrameError):
        asyncio.run(read())


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_frame_that_is_too_deep_is_a_bad_frame(exchange: str) -> None:
    with pytest.raises(UNREADABLE):
        decode(exchange, b'{"x":' + DEEP + b"}")


@pytest.mark.parametrize("number", ["\uff11\uff12", "1_000", " 7", "+7", "-7", ""])
def test_ids_are_ascii_digits(number: str) -> None:
    row = (
        f'{{"product_id":"BTC-USD","trade_id":"{number}","price":"1","size":"1","side":"BUY",'
        '"time":"2026-08-09T21:05:48Z"}'
    )
    frame = f'{{"channel":"market_trades","sequence_num":0,"events":[{{"type":"update","trades":[{row}]}}]}}'
    with pytest.raises(FrameError, match="not a whole number"):
        decode("coinbase", frame.encode())
