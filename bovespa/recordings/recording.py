"""Recorded sessions, in the formats that public recorders write; compression is recognised by content.

- lines of `<receive time in ns> <raw frame>`, Binance (hftbacktest's collector);
- lines of JSON objects with `t` = header, connect, send, recv or http, and `ts` in seconds (cryptofeed);
- a whole REST `Trades` answer of Kraken.
"""

from __future__ import annotations

import gzip
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import msgspec

from stream.errors import RecordingError

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_NAMES = {
    "BINANCE": "binance",
    "COINBASE": "coinbase",
    "KRAKEN": "kraken",
    "BITSTAMP": "bitstamp",
    "MERCADO_BITCOIN": "mercado_bitcoin",
    "MERCADOBITCOIN": "mercado_bitcoin",
}
_KRAKEN_BASES = {"XBT": "BTC", "XDG": "DOGE"}
_MAX_LINE = 64 << 20


@dataclass(frozen=True, slots=True)
class Frame:
    """One received frame.

    `connection` tells connections of one session apart; `opened`: it has just begun. `damage` says why a line
    of the file is no frame (a recorder that was killed leaves a torn one); `payload` is the line then.
    """

    received_at: int
    connection: str
    payload: bytes
    opened: bool = False
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """`begins_at` is the first frame's receive time (µs; 0 when there is none).

    `rest_symbol` is set when the file is a REST answer of that market: its only frame is the body.
    """

    path: str
    exchange: str
    frames: Iterator[Frame]
    begins_at: int
    rest_symbol: str = ""


class _Line(msgspec.Struct):
    t: str
    ts: float = 0.0
    conn: str = ""
    data: str = ""
    exchange: str = ""


_line = msgspec.json.Decoder(_Line)


def open_recording(path: Path) -> Recording:
    """Recognise and open a file. Raises RecordingError when it cannot be read or is none of the formats."""
    name = str(path)
    try:
        stream = _decompressed(path)
        first = stream.readline(_MAX_LINE)
    except (OSError, EOFError) as error:
        raise RecordingError(name, 0, getattr(error, "strerror", None) or str(error)) from None
    moment, _, _ = first.partition(b" ")
    if moment.isdigit():
        return _recording(name, "binance", _stamped(name, stream, first))
    if first.startswith(b"{") and b'"t"' in first[:200]:
        try:
            header = _line.decode(first)
        except msgspec.MsgspecError as error:
            raise RecordingError(name, 1, f"not a session's header ({error})") from None
        exchange = _NAMES.get(header.exchange.upper())
        if exchange is None:
            raise RecordingError(name, 1, f"exchange {header.exchange!r} is none of {', '.join(_NAMES)}")
        return _recording(name, exchange, _session(name, stream))
    return _kraken_answer(name, first + stream.read(_MAX_LINE))


def _recording(name: str, exchange: str, frames: Iterator[Frame], rest_symbol: str = "") -> Recording:
    first = next(frames, None)
    if first is None:
        return Recording(name, exchange, iter(()), 0)
    return Recording(name, exchange, itertools.chain((first,), frames), first.received_at, rest_symbol)


def _decompressed(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(_GZIP):
        return cast(IO[bytes], gzip.open(path, "rb"))
    if magic == _ZSTD:
        try:
            import zstandard
        except ImportError:
            message = "is Zstandard-compressed: install the zstandard package, or decompress it first"
            raise RecordingError(str(path), 0, message) from None
        reader = zstandard.ZstdDecompressor().stream_reader(
            path.open("rb"), read_across_frames=True, closefd=True
        )
        return io.BufferedReader(reader, 1 << 20)
    return path.open("rb")


def _lines(name: str, stream: IO[bytes], number: int) -> Iterator[tuple[int, bytes]]:
    try:
        with stream:
            for line in stream:
                number += 1
                if line.strip():
                    yield number, line
    except (OSError, EOFError, ValueError) as error:
        raise RecordingError(name, number, f"the file ends in mid-stream or is damaged ({error})") from None


def _stamped(name: str, stream: IO[bytes], first: bytes) -> Iterator[Frame]:
    received_at = 0
    for number, line in itertools.chain(((1, first),), _lines(name, stream, 1)):
        moment, _, payload = line.partition(b" ")
        if moment.isdigit() and len(moment) <= 20:
            received_at = int(moment) // 1000
            yield Frame(received_at, "1", payload.strip(), number == 1)
        else:
            damage = f"line {number} does not begin with a receive time in nanoseconds"
            yield Frame(received_at, "1", line, damage=damage)


def _session(name: str, stream: IO[bytes]) -> Iterator[Frame]:
    known: set[str] = set()
    received_at = 0
    for number, line in _lines(name, stream, 1):
        try:
            entry = _line.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Frame(received_at, "", line, damage=f"line {number} is not a session's ({error})")
            continue
        if entry.t == "connect":
            known.discard(entry.conn)
        elif entry.t == "recv":
            opened = entry.conn not in known
            known.add(entry.conn)
            received_at = round(entry.ts * 1e6)
            yield Frame(received_at, entry.conn, entry.data.encode(), opened)


def _kraken_answer(name: str, body: bytes) -> Recording:
    try:
        answer = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        result = msgspec.json.decode(answer["result"], type=dict[str, msgspec.Raw])
        pair = next(key for key in result if key != "last")
        received_at = int(msgspec.json.decode(result["last"], type=str)) // 1000
    except (msgspec.MsgspecError, KeyError, ValueError, StopIteration):
        raise RecordingError(name, 1, "is neither a recorded session nor a Kraken REST answer") from None
    frame = Frame(received_at, "rest", body, True)
    return _recording(name, "kraken", iter((frame,)), _kraken_symbol(pair))


def _kraken_symbol(pair: str) -> str:
    """`BTC-USDT` for `XBTUSDT` and `BTC-USD` for `XXBTZUSD`."""
    text = pair.replace("/", "")
    if len(text) == 8 and text[0] in "XZ" and text[4] in "XZ":
        text = text[1:4] + text[5:]
    quote = next((q for q in ("USDT", "USDC") if text.endswith(q)), text[-3:])
    base = text[: -len(quote)]
    return f"{_KRAKEN_BASES.get(base, base)}-{quote}"
