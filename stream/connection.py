"""A websocket client connection that hands over frames in bulk.

websockets parses frame by frame through generators, which costs more than everything else that the producer
does with a trade. Here whole, unfragmented data frames are cut straight out of what the socket delivered;
everything else (control frames, fragments, compressed or masked or oversized frames, the handshake and the
close) goes to websockets unchanged. The subclass is passed as `create_connection`, the place that
websockets provides for it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from stream.clock import now

MAX_FRAME = 4 << 20
MAX_HANDSHAKE = 64 << 10
HIGH_WATER = 8 << 20
_WHOLE = (0x81, 0x82)  # text and binary; FIN set, no reserved bits
Frames = list[tuple[int, list[bytes]]]


class FrameConnection(ClientConnection):
    """Call `frames()` instead of `recv()`."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._handshake = b""
        self._tail = b""
        self._forward_all = False
        self._ready: Frames = []
        self._buffered = 0
        self._fragments: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None

    async def frames(self) -> Frames:
        """(receive time in µs, payloads) of everything that arrived.

        Raises:
            ConnectionClosed: the connection has ended.
        """
        if not self._ready:
            if self.state is State.CLOSED:
                await self.wait_closed()
                raise self.protocol.close_exc
            self._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
            if not self._ready:
                await self.wait_closed()
                raise self.protocol.close_exc
        ready, self._ready = self._ready, []
        if self._buffered > HIGH_WATER:
            self.transport.resume_reading()
        self._buffered = 0
        return ready

    def data_received(self, data: bytes) -> None:
        if self.protocol.state is State.CONNECTING:
            # Frames may come in the same packet as the handshake's answer: websockets gets exactly the
            # latter.
            self._handshake += data
            head, end_of_head, data = self._handshake.partition(b"\r\n\r\n")
            if not end_of_head and len(head) < MAX_HANDSHAKE:
                return
            self._handshake = b""
            super().data_received(head + end_of_head)
        if self._forward_all or self.protocol.state is not State.OPEN:
            super().data_received(data)
        else:
            self._split(data)

    def eof_received(self) -> None:
        if self._handshake:
            super().data_received(self._handshake)
            self._handshake = b""
        super().eof_received()

    def _split(self, data: bytes) -> None:
        payloads: list[bytes] = []
        if self._tail:
            data = self._tail + data
        at, end, whole = 0, len(data), not self._fragments
        while end - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                start += 2
                if start > end:
                    break
                length = data[at + 2] << 8 | data[at + 3]
            elif length > 126:
                if length > 127:  # masked by a server: a protocol error
                    self._forward_all = True
                    break
                start += 8
                if start > end:
                    break
                length = int.from_bytes(data[at + 2 : start], "big")
                if length > MAX_FRAME:
                    self._forward_all = True
                    break
            stop = start + length
            if stop > end:
                break
            if whole and data[at] in _WHOLE:
                payloads.append(data[start:stop])
            else:
                self._hand_over(payloads)
                payloads = []
                super().data_received(data[at:stop])
                whole = not self._fragments
            at = stop
        self._hand_over(payloads)
        self._tail = data[at:]
        if self._forward_all:
            rest, self._tail = self._tail, b""
            super().data_received(rest)

    def process_event(self, event: Any) -> None:
        """Data frames that went through websockets: fragmented ones, and those that came with the handshake."""
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragments.append(bytes(event.data))
            if sum(map(len, self._fragments)) > MAX_FRAME:
                self._fragments.clear()
                self.protocol.fail(1009, "message too big")
            elif event.fin:
                whole = b"".join(self._fragments)
                self._fragments.clear()
                self._hand_over([whole])
        else:
            super().process_event(event)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wake()

    def _hand_over(self, payloads: list[bytes]) -> None:
        if not payloads:
            return
        self._ready.append((now(), payloads))
        before = self._buffered
        self._buffered += sum(map(len, payloads))
        if before <= HIGH_WATER < self._buffered:
            self.transport.pause_reading()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


__all__ = ["ConnectionClosed", "FrameConnection", "Frames"]
