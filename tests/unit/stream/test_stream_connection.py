"""The fast frame splitter delivers what websockets itself would, however the bytes are cut."""

from __future__ import annotations

import asyncio
import random
import struct

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request
from websockets.server import ServerProtocol

from stream.connection import MAX_FRAME, FrameConnection

TEXT, BINARY, CONTINUATION, CLOSE, PING = 1, 2, 0, 8, 9


def frame(opcode: int, payload: bytes, *, fin: bool = True, mask: bool = False) -> bytes:
    first = (0x80 if fin else 0) | opcode
    flag = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, flag | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, flag | 126, size)
    else:
        head = struct.pack("!BBQ", first, flag | 127, size)
    return head + (b"\x00\x00\x00\x00" if mask else b"") + payload


def messages(chance: random.Random) -> tuple[list[bytes], bytes, int]:
    """(messages, the bytes that carry them, pings among them)."""
    sent, wire, pings = [], b"", 0
    for number in range(60):
        size = chance.choice([0, 1, 2, 125, 126, 127, 300, 65_535, 65_536, 70_000])
        body = bytes([65 + number % 26]) * size
        kind = chance.random()
        if kind < 0.15:
            wire += frame(PING, b"are you there")
            pings += 1
        if kind > 0.8 and size > 2:
            third = size // 3
            wire += frame(TEXT, body[:third], fin=False)
            if kind > 0.9:
                wire += frame(PING, b"in between")
                pings += 1
            wire += frame(CONTINUATION, body[third:-1], fin=False) + frame(CONTINUATION, body[-1:])
        else:
            wire += frame(chance.choice([TEXT, BINARY]), body)
        sent.append(body)
    return sent, wire, pings


async def talk(
    wire: bytes, cuts: list[int], *, together: bool
) -> tuple[list[bytes], bytes, ConnectionClosed]:
    """Serve raw bytes after the handshake; (what was received, what the client sent, how it ended)."""
    heard = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        protocol = ServerProtocol()
        while True:
            protocol.receive_data(await reader.read(65_536))
            events = protocol.events_received()
            if events:
                break
        request = events[0]
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        pieces = [wire[start:end] for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
        answer = b"".join(protocol.data_to_send())
        if together:
            pieces[0] = answer + pieces[0]
        else:
            pieces.insert(0, answer)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        heard = await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    received: list[bytes] = []
    try:
        async with connect(
            f"ws://127.0.0.1:{port}", create_connection=FrameConnection, compression=None, max_size=MAX_FRAME
        ) as connection:
            assert isinstance(connection, FrameConnection)
            while True:
                for moment, payloads in await connection.frames():
                    assert moment > 1_700_000_000_000_000
                    received += payloads
    except ConnectionClosed as error:
        ended = error
    await asyncio.sleep(0.05)
    server.close()
    return received, heard, ended


@pytest.mark.parametrize("seed", range(8))
def test_every_message_arrives_whole_and_in_order(seed: int) -> None:
    chance = random.Random(seed)
    sent, wire, pings = messages(chance)
    wire += frame(CLOSE, struct.pack("!H", 1000))
    cuts = sorted({chance.randrange(1, len(wire)) for _ in range(chance.choice([0, 3, 40, 400]))})
    received, heard, ended = asyncio.run(talk(wire, cuts, together=seed % 2 == 0))
    assert received == sent
    assert ended.rcvd is not None
    assert ended.rcvd.code == 1000
    assert heard.count(b"\x8a") >= pings > 0


def test_one_byte_at_a_time() -> None:
    wire = frame(TEXT, b"a" * 130) + frame(PING, b"x") + frame(TEXT, b"") + frame(TEXT, b"end")
    wire += frame(CLOSE, struct.pack("!H", 1001))
    received, _, _ = asyncio.run(talk(wire, list(range(1, len(wire))), together=True))
    assert received == [b"a" * 130, b"", b"end"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (frame(TEXT, b"masked", mask=True), 1002),
        (struct.pack("!BBQ", 0x81, 127, MAX_FRAME + 1), 1009),
        (frame(CONTINUATION, b"of nothing"), 1002),
        (bytes([0xC1, 2]) + b"hi", 1002),
    ],
)
def test_a_broken_server_ends_the_connection_after_what_was_good(bad: bytes, code: int) -> None:
    received, heard, ended = asyncio.run(talk(frame(TEXT, b"good") + bad, [], together=False))
    assert received == [b"good"]
    assert ended.sent is not None
    assert ended.sent.code == code
    assert heard


def test_endless_fragments_are_cut_off() -> None:
    wire = frame(TEXT, b"x" * 60_000, fin=False) + frame(CONTINUATION, b"x" * 60_000, fin=False) * 80
    received, _, ended = asyncio.run(talk(wire, [], together=False))
    assert received == []
    assert ended.sent is not None
    assert ended.sent.code == 1009
