"""Recorded sessions made up for tests, in the formats that public recorders write.

Everything that a real session does is in them: bursts (766 trades in 100 ms, 950 in a second), midnight and
the hour's edge, frames twice, frames late, reconnects with snapshots, frames of other channels, damaged
frames, numbers from 0.00000001 to millions. Nothing here uses the project's own wire formats.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import zstandard

MIDNIGHT = 1_723_161_600_000_000  # 2024-08-09T00:00:00Z
START = MIDNIGHT - 10 * 60_000_000
END = MIDNIGHT + 20 * 60_000_000
_BURSTS = (MIDNIGHT - 400_000, START + 333_700_000, MIDNIGHT + 3 * 60_000_000)


@dataclass(frozen=True, slots=True)
class Deal:
    """One trade as it happened; `at` in µs, numbers as exact plain text of at most 15 digits."""

    id: int
    price: str
    quantity: str
    taker_buys: bool
    at: int


def deals(seed: int, count: int, cents: int, *, id_step: int = 1, tick: int = 1) -> list[Deal]:
    """Ascending by id and by time; `tick` is the exchange's resolution in µs."""
    chance = random.Random(seed)
    times = [START + chance.randrange(END - START) for _ in range(count)]
    if count > 10_000:
        for burst in _BURSTS:
            times += [burst + chance.randrange(100_000) for _ in range(766)]
            times += [burst + 100_000 + chance.randrange(500_000) for _ in range(184)]
    number = 10**6 * (seed + 1)
    made = []
    for at in sorted(times):
        number += 1 if id_step == 1 else chance.randint(1, id_step)
        cents = max(100, cents + int(chance.gauss(0, 1) ** 3 * 15))
        satoshis = chance.choice((1, 10**15 - 1, 5)) if chance.random() < 0.01 else chance.randint(1, 10**9)
        quantity = f"{satoshis // 10**8}.{satoshis % 10**8:08d}"
        price = f"{cents // 100}.{cents % 100:02d}"
        made.append(Deal(number, price, quantity, chance.random() < 0.5, at - at % tick))
    return made


def _shaken(lines: list[bytes], seed: int, *, damaged: Sequence[int] = ()) -> list[bytes]:
    """Some lines twice, some late, those at `damaged` cut in half."""
    chance = random.Random(seed)
    out: list[bytes] = []
    for number, line in enumerate(lines):
        out.append(line[: len(line) // 2] if number in damaged else line)
        if number not in damaged and chance.random() < 0.01:
            out.append(line)
        if len(out) > 40 and chance.random() < 0.01:
            late = len(out) - chance.randrange(2, 30)
            out[late], out[-1] = out[-1], out[late]
    return out


def binance(path: Path) -> None:
    """hftbacktest's format, two markets on a combined stream; half of the file is a second gzip member."""
    lines: list[tuple[int, bytes]] = []
    for seed, market, count, cents in ((1, "BTCUSDT", 14_000, 6_100_000), (2, "SOLUSDT", 2_000, 15_000)):
        for deal in deals(seed, count, cents, tick=1000):
            lower, moment = market.lower(), deal.at // 1000
            data = {"e": "trade", "E": moment + 1, "s": market, "t": deal.id, "p": f"{deal.price}000000"}
            data |= {"q": deal.quantity, "T": moment, "m": not deal.taker_buys, "M": True}
            lines.append((deal.at, _stamped(deal.at, {"stream": f"{lower}@trade", "data": data})))
            if deal.id % 4 == 0:
                other = {"u": deal.id, "s": market, "b": "1.0", "B": "2.0", "a": "3.0", "A": "4.0"}
                lines.append((deal.at, _stamped(deal.at, {"stream": f"{lower}@bookTicker", "data": other})))
            if deal.id % 9 == 0:
                sums = {"e": "aggTrade", "E": moment, "s": market, "a": 5, "p": "1.0", "q": "1.0", "f": 1}
                sums |= {"l": 2, "T": moment, "m": True}
                lines.append((deal.at, _stamped(deal.at, {"stream": f"{lower}@aggTrade", "data": sums})))
            if deal.id % 11 == 0:
                book = {
                    "e": "depthUpdate",
                    "E": moment,
                    "s": market,
                    "U": 1,
                    "u": 2,
                    "b": [["1", "2"]],
                    "a": [],
                }
                lines.append((deal.at, _stamped(deal.at, {"stream": f"{lower}@depth@100ms", "data": book})))
    lines.sort(key=lambda line: line[0])
    first = _stamped(START, {"lastUpdateId": 1, "bids": [["1.0", "2.0"]], "asks": []})
    shaken = [first, *_shaken([line for _, line in lines], 3, damaged=(77, 5_000, 5_001, 12_345))]
    shaken.insert(900, b"1723161255612000000 \xff\xfe{")
    half = len(shaken) // 2
    overlap = [*shaken[:half], *shaken[half - 300 :]]  # as two connections record at once
    members = (overlap[:half], overlap[half:])
    path.write_bytes(b"".join(gzip.compress(b"\n".join(part) + b"\n", 1) for part in members))


def _stamped(at: int, frame: Any) -> bytes:
    return f"{at * 1000 + 41_000_123} {json.dumps(frame, separators=(',', ':'))}".encode()


class _Session:
    """cryptofeed's format: one JSON object a line."""

    def __init__(self, exchange: str, symbols: Sequence[str]) -> None:
        self.exchange = exchange
        header = {"t": "header", "format": 2, "exchange": exchange, "config": {"trades": list(symbols)}}
        self.lines = [json.dumps({**header, "recorded": START / 1e6})]
        self.connection = ""

    def connect(self, at: int, number: int, *sent: object) -> None:
        self.connection = f"{self.exchange}.ws.{number}"
        self.lines.append(
            json.dumps({"t": "connect", "conn": self.connection, "ts": at / 1e6, "addr": "wss://x"})
        )
        for message in sent:
            line = {"t": "send", "conn": self.connection, "ts": at / 1e6, "data": json.dumps(message)}
            self.lines.append(json.dumps(line))

    def receive(self, at: int, frame: object) -> None:
        text = frame if isinstance(frame, str) else json.dumps(frame, separators=(",", ":"))
        line = {"t": "recv", "conn": self.connection, "ts": (at + 35_000) / 1e6, "data": text}
        self.lines.append(json.dumps(line))

    def late(self, chance: random.Random, share: float) -> None:
        """Let the newest frame change places with the one before it now and then."""
        if chance.random() < share and self.lines[-2].startswith('{"t": "recv"'):
            self.lines[-2:] = self.lines[:-3:-1]

    def encode(self) -> bytes:
        return ("\n".join(self.lines) + "\n").encode()


def coinbase(path: Path) -> None:
    """Two products, three connections; what was missed in between comes in a snapshot, newest trade first."""
    chance = random.Random(5)
    session = _Session("COINBASE", ("BTC-USD", "ETH-USD"))
    feeds = {"BTC-USD": deals(3, 3_000, 6_100_000), "ETH-USD": deals(4, 1_000, 260_000)}
    waiting = sorted(((d.at, p, d) for p, found in feeds.items() for d in found), key=lambda entry: entry[0])
    sequence = 0

    def say(at: int, channel: str, events: list[Any]) -> None:
        nonlocal sequence
        stamp = f"{_iso(at)[:-1]}123Z"
        session.receive(
            at,
            {
                "channel": channel,
                "client_id": "",
                "timestamp": stamp,
                "sequence_num": sequence,
                "events": events,
            },
        )
        sequence += 1

    def rows(product: str, found: Sequence[Deal]) -> list[dict[str, str]]:
        return [
            {"product_id": product, "trade_id": str(d.id), "price": d.price, "size": d.quantity,
             "time": _iso(d.at), "side": "SELL" if d.taker_buys else "BUY"}
            for d in reversed(found)
        ]  # fmt: skip

    reconnects = {START + 7 * 60_000_000: 2, MIDNIGHT - 1_000_000: 3}
    pending = sorted(reconnects)
    session.connect(START, 1, {"type": "subscribe", "channel": "market_trades"})
    say(START, "subscriptions", [{"subscriptions": {"market_trades": list(feeds)}}])
    index = 0
    while index < len(waiting):
        at, product, deal = waiting[index]
        if pending and at >= pending[0]:
            back = pending.pop(0)
            sequence = 0
            session.connect(back, reconnects[back], {"type": "subscribe", "channel": "market_trades"})
            missed = index + chance.randrange(20, 60)  # nobody listened to these
            for name in feeds:
                seen = [d for _, p, d in waiting[:missed] if p == name][-100:]
                say(back + 200_000, "market_trades", [{"type": "snapshot", "trades": rows(name, seen)}])
            index = missed
            continue
        batch = [deal]
        while len(batch) < 20 and index + 1 < len(waiting) and waiting[index + 1][1] == product:
            index += 1
            batch.append(waiting[index][2])
        say(at, "market_trades", [{"type": "update", "trades": rows(product, batch)}])
        if chance.random() < 0.1:
            say(at, "heartbeats", [{"current_time": "", "heartbeat_counter": str(sequence)}])
            say(at, "l2_data", [{"type": "update", "product_id": product, "updates": []}])
        if chance.random() < 0.02:
            session.receive(at, '{"channel":"market_trades","sequence_num":')
        index += 1
    path.write_bytes(zstandard.ZstdCompressor().compress(session.encode()))


def kraken(path: Path) -> None:
    """Websocket v2: numbers as JSON numbers, a snapshot of 50 at each connect, the same connection's name."""
    chance = random.Random(6)
    session = _Session("KRAKEN", ("BTC-USD",))
    found = deals(6, 3_000, 6_100_000)

    def frame(kind: str, part: Sequence[Deal]) -> str:
        rows = ",".join(
            f'{{"symbol":"BTC/USD","side":"{"buy" if d.taker_buys else "sell"}","price":{d.price},'
            f'"qty":{"1e-08" if d.quantity == "0.00000001" else d.quantity},"ord_type":"market",'
            f'"trade_id":{d.id},"timestamp":"{_iso(d.at)}"}}'
            for d in part
        )
        return f'{{"channel":"trade","type":"{kind}","data":[{rows}]}}'

    index = 0
    while index < len(found):
        if index % 1500 == 0:
            session.connect(found[index].at, 1, {"method": "subscribe", "params": {"channel": "trade"}})
            status = {"channel": "status", "type": "update", "data": [{"system": "online"}]}
            session.receive(found[index].at, status)
            answer = {"method": "subscribe", "success": True, "result": {"channel": "trade"}}
            session.receive(found[index].at, answer)
            index = min(len(found), index + 30)
            session.receive(found[index - 1].at, frame("snapshot", found[max(0, index - 50) : index]))
            continue
        # Blocks end where the next connection begins.
        part = found[index : min(index + chance.randint(1, 4), (index // 1500 + 1) * 1500)]
        session.receive(part[-1].at, frame("update", part))
        session.late(chance, 0.05)
        if chance.random() < 0.1:
            session.receive(part[-1].at, {"channel": "heartbeat"})
        index += len(part)
    path.write_bytes(session.encode())


def kraken_answer(path: Path) -> None:
    """A whole REST answer of another market, in Kraken's older spelling."""
    found = deals(7, 1_000, 5_600_000)
    rows = [[d.price, d.quantity, d.at / 1e6, "b" if d.taker_buys else "s", "l", "", d.id] for d in found]
    body = {"error": [], "result": {"XXBTZEUR": rows, "last": str(found[-1].at * 1000)}}
    path.write_text(json.dumps(body))


def bitstamp(path: Path) -> None:
    """Ids with holes; the first two trades came in the wrong order; a planned reconnect overlaps."""
    chance = random.Random(8)
    session = _Session("BITSTAMP", ("BTC-USD",))
    found = deals(8, 2_000, 6_100_000, id_step=5)
    found[:2] = found[1::-1]

    def show(deal: Deal) -> None:
        data = (
            f'{{"id":{deal.id},"timestamp":"{deal.at // 1_000_000}","amount":{deal.quantity},'
            f'"amount_str":"{deal.quantity}","price":{deal.price},"price_str":"{deal.price}",'
            f'"type":{0 if deal.taker_buys else 1},"microtimestamp":"{deal.at}","buy_order_id":1}}'
        )
        session.receive(deal.at, f'{{"data":{data},"channel":"live_trades_btcusd","event":"trade"}}')

    session.connect(START, 1, {"event": "bts:subscribe", "data": {"channel": "live_trades_btcusd"}})
    for number, deal in enumerate(found):
        if number % 1000 == 999:
            session.receive(deal.at, {"event": "bts:request_reconnect", "channel": "", "data": ""})
            session.connect(deal.at, 2 + number // 1000, {"event": "bts:subscribe"})
            for again in found[number - 20 : number]:
                show(again)
        show(deal)
        session.late(chance, 0.02)
        if number % 50 == 0:
            book = {"bids": [["1", "2"]], "asks": []}
            session.receive(deal.at, {"event": "data", "channel": "order_book_btcusd", "data": book})
    path.write_bytes(gzip.compress(session.encode()))


def mercado_bitcoin(path: Path) -> None:
    """Few trades, quote first, numbers as text and as numbers, whole seconds beside nanoseconds."""
    session = _Session("MERCADO_BITCOIN", ("BTC-BRL",))
    session.connect(START, 1, {"type": "subscribe", "subscription": {"name": "trade", "id": "BRLBTC"}})
    session.receive(START, {"id": "BRLBTC", "name": "trade"})
    for deal in deals(9, 700, 34_000_000, id_step=3):
        price: object = deal.price if deal.id % 2 else float(deal.price)
        data = {"tid": deal.id, "date": deal.at // 1_000_000, "price": price, "amount": deal.quantity}
        data["type"] = "buy" if deal.taker_buys else "sell"
        session.receive(deal.at, {"type": "trade", "id": "BRLBTC", "ts": deal.at * 1000 + 77, "data": data})
        if deal.id % 20 == 0:
            session.receive(deal.at, {"type": "pong"})
    path.write_bytes(session.encode())


def _iso(at: int) -> str:
    whole = datetime.fromtimestamp(at // 1_000_000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at % 1_000_000:06d}Z"


def write_all(directory: Path) -> Iterator[Path]:
    """Every session once, as files."""
    for name, write in (
        ("binance_spot.gz", binance),
        ("coinbase.jsonl.zst", coinbase),
        ("kraken_v2.jsonl", kraken),
        ("kraken_rest.json", kraken_answer),
        ("bitstamp.jsonl.gz", bitstamp),
        ("mercado_bitcoin.jsonl", mercado_bitcoin),
    ):
        write(directory / name)
        yield directory / name
