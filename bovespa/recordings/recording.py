"""Recorded sessions, in the formats that public recorders write; compression is recognised by content.

- lines of `<receive time> <raw frame>` or `<receive time>: <raw frame>`, the time in seconds with a fraction, in
  ms, µs or ns (hftbacktest's collector; cryptofeed's raw files);
- lines of JSON objects with `t` = header, connect, send, recv or http, and `ts` in seconds (cryptofeed);
- one raw frame a line, and nothing else;
- a whole REST `Trades` answer of Kraken.

Where no header names the exchange, the first frames tell it.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import msgspec

from stream.errors import RecordingError
from stream.exchanges import EXCHANGES
from stream.trade import parse_iso

_GZIP, _ZSTD, _BZIP2 = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh"
FORMATS = (
    "lines of '<time> <raw frame>' or '<time>: <raw frame>', one raw JSON frame a line, cryptofeed's recorded"
    " sessions, and Kraken's REST Trades answer; each plain or compressed with gzip, zstd or bzip2"
)
_STAMP = re.compile(rb"([0-9]{9,20})(?:\.([0-9]{1,9}))?:? +(?=[{\[])")
# cryptofeed's raw files: the header, what HTTP answered, what was sent, and (`<->`) a new connection.
_NO_FRAME = re.compile(rb"configuration: |https?://\S+ -> |wss?://\S+ <-> |wss?://\S+ <- ")
_LOOKED_AT = 200  # lines that may pass until one tells the exchange
_NAMES = {name.replace("_", "").upper(): name for name in EXCHANGES}  # as cryptofeed has them, or nearly
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
    """Recognise and open a file.

    Raises:
        RecordingError: it cannot be read or is none of the formats.
    """
    name = str(path)
    try:
        stream = _decompressed(path)
        first = stream.readline(_MAX_LINE)
    except (OSError, EOFError, ValueError) as error:
        raise RecordingError(name, 0, getattr(error, "strerror", None) or str(error)) from None
    if first.startswith(b"{") and b'"t"' in first[:200] and b'"exchange"' in first:
        with contextlib.suppress(msgspec.MsgspecError):
            header = _line.decode(first)
            if header.t == "header":
                exchange = _NAMES.get(header.exchange.replace("_", "").upper())
                if exchange is None:
                    raise RecordingError(
                        name, 1, f"exchange {header.exchange!r} is none of {', '.join(_NAMES)}"
                    )
                return _recording(name, exchange, _session(name, stream))
    head = [first] if first else []
    torn: Exception | None = None
    try:
        head += itertools.islice(stream, _LOOKED_AT)
    except (OSError, EOFError, ValueError) as error:
        torn = error
    following = _lines(name, stream, len(head)) if torn is None else _torn(name, len(head), torn)
    lines = itertools.chain(enumerate(head, 1), following)
    exchange = next(
        filter(None, (_exchange_of(_unstamped(line)[1]) for line in head if not _NO_FRAME.match(line))), None
    )
    if exchange is None and torn is None:
        return _kraken_answer(name, b"".join(head) + stream.read(_MAX_LINE))
    if exchange is None:
        raise RecordingError(name, len(head), f"is damaged ({torn}) before any frame. Read are {FORMATS}")
    return _recording(name, exchange, _framed(lines))


def _torn(name: str, number: int, error: Exception) -> Iterator[tuple[int, bytes]]:
    yield from ()
    raise RecordingError(name, number, f"the file ends in mid-stream or is damaged ({error})")


def _unstamped(line: bytes) -> tuple[int, bytes]:
    """(receive time in µs, or 0; the raw frame) of a line."""
    match = _STAMP.match(line)
    if match is None:
        return 0, line.strip()
    whole, fraction = int(match[1]), match[2]
    if fraction is not None:
        moment = whole * 1_000_000 + int(fraction[:6].ljust(6, b"0"))
    else:
        factors = ((10**11, 1_000_000), (10**14, 1000), (10**17, 1))
        moment = next((whole * factor for limit, factor in factors if whole < limit), whole // 1000)
    return moment, line[match.end() :].strip()


_SIGNS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("coinbase", (b'"channel"', b'"sequence_num"')),
    ("bitstamp", (b'"event"', b'"channel"', b'"data"')),
    ("kraken", (b'"channel"', b'"type"', b'"data"')),
    ("mercado_bitcoin", (b'"type"', b'"ts"', b'"data"')),
    ("binance", (b'"e"', b'"E"')),
    ("binance", (b'"stream"', b'"data"')),
)
"""The keys by which a frame is known, the most telling first."""


def _exchange_of(frame: bytes) -> str | None:
    if not frame.startswith(b"{"):
        return None
    return next((name for name, keys in _SIGNS if all(key in frame for key in keys)), None)


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
    if magic.startswith(_BZIP2):
        return cast(IO[bytes], bz2.open(path, "rb"))
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


def _framed(lines: Iterator[tuple[int, bytes]]) -> Iterator[Frame]:
    """Frames with or without their receive time. Without one, the frame's own newest time stands in for it."""
    received_at, opened = 0, True
    for number, line in lines:
        other = _NO_FRAME.match(line)
        if other is not None or not line.strip():
            opened = opened or (other is not None and other[0].endswith(b"<-> "))
            continue
        moment, payload = _unstamped(line)
        received_at = moment or _own_time(payload) or received_at
        if payload.startswith((b"{", b"[")):
            yield Frame(received_at, "1", payload, opened)
            opened = False
        else:
            damage = f"line {number} is neither a frame nor a time and a frame"
            yield Frame(received_at, "1", line, damage=damage)


_OWN_TIMES = (
    re.compile(rb'"(?:E|T|ts|microtimestamp)": ?"?([0-9]{10,19})'),
    re.compile(rb'"(?:timestamp|time)": ?"([0-9T:.-]{19,35}Z)"'),
)


def _own_time(frame: bytes) -> int:
    """The latest time (µs) that a frame names; 0 for none."""
    found = 0
    for text in _OWN_TIMES[0].findall(frame[:100_000]):
        whole = int(text)
        factors = ((10**11, 1_000_000), (10**14, 1000), (10**17, 1))
        found = max(
            found, next((whole * factor for limit, factor in factors if whole < limit), whole // 1000)
        )
    for text in _OWN_TIMES[1].findall(frame[:100_000]):
        with contextlib.suppress(ValueError):
            found = max(found, parse_iso(text.decode()))
    return found


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
        told = f"holds no frame of {', '.join(EXCHANGES)}. Read are {FORMATS}"
        raise RecordingError(name, 1, told) from None
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
