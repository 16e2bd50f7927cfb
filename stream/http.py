"""A small asynchronous HTTP/1.1 client: kept-alive connections, verified TLS, everything bounded.

It exists because boto3 is synchronous and caps the producer at a fraction of what it decodes. It speaks
what Kinesis, S3 and the exchanges' REST hosts answer: Content-Length or chunked bodies, no redirects, no
content encodings.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from stream.clock import monotonic
from stream.errors import StreamError

MAX_HEAD = 64 << 10
MAX_BODY = 64 << 20
MAX_INTERIM = 8
IDLE = 45.0  # seconds; servers commonly close a kept-alive connection after a minute
_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_Origin = tuple[str, str, int]


class HttpError(StreamError):
    """No usable answer came: refused, reset, timed out, malformed."""


class _StaleConnection(Exception):
    """A kept-alive connection turned out closed before any byte of the answer."""


@dataclass(frozen=True, slots=True)
class Response:
    """`headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def tls_context() -> ssl.SSLContext:
    """Verifying; `AWS_CA_BUNDLE` names additional authorities, as it does for AWS's own tools."""
    context = ssl.create_default_context()
    bundle = os.environ.get("AWS_CA_BUNDLE")
    if bundle:
        context.load_verify_locations(bundle)
    context.set_alpn_protocols(["http/1.1"])
    return context


class HttpClient:
    """One instance for many hosts; `timeout` (seconds) bounds a whole request."""

    def __init__(self, timeout: float = 10.0, context: ssl.SSLContext | None = None, pool: int = 8) -> None:
        self._timeout = timeout
        self._context = context
        self._pool = pool
        self._idle: dict[_Origin, list[tuple[float, _Connection]]] = defaultdict(list)

    async def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Send a request and read its whole answer.

        Raises:
            HttpError: no complete answer came in time.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise HttpError(f"{url}: not an http(s) address")
        origin = (parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = _head(method, target, parts.netloc, headers or {}, len(body))
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    connection, reused = await self._connect(origin)
                    try:
                        return await self._exchange(origin, connection, head, body)
                    except _StaleConnection:
                        if not reused:
                            raise HttpError(
                                f"{parts.netloc}: closed the connection without an answer"
                            ) from None
        except TimeoutError:
            raise HttpError(f"{parts.netloc}: no answer within {self._timeout:g} s") from None
        except (OSError, asyncio.IncompleteReadError) as error:
            raise HttpError(f"{parts.netloc}: {error or type(error).__name__}") from None
        except (ValueError, asyncio.LimitOverrunError) as error:
            raise HttpError(f"{parts.netloc}: malformed answer ({error})") from None

    async def close(self) -> None:
        for connections in self._idle.values():
            for _, (_, writer) in connections:
                writer.close()
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(1):
                        await writer.wait_closed()
        self._idle.clear()

    async def _connect(self, origin: _Origin) -> tuple[_Connection, bool]:
        idle = self._idle[origin]
        while idle:
            since, (reader, writer) = idle.pop()
            if monotonic() - since < IDLE and not reader.at_eof() and not writer.is_closing():
                return (reader, writer), True
            writer.close()
        scheme, host, port = origin
        context = None
        if scheme == "https":
            if self._context is None:
                self._context = tls_context()
            context = self._context
        return await asyncio.open_connection(host, port, ssl=context, limit=MAX_HEAD), False

    async def _exchange(self, origin: _Origin, connection: _Connection, head: bytes, body: bytes) -> Response:
        reader, writer = connection
        keep = False
        try:
            try:
                writer.write(head)
                if body:
                    writer.write(body)
                await writer.drain()
                raw = await reader.readuntil(b"\r\n\r\n")
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                    raise
                raise _StaleConnection from None
            status, headers = _parse_head(raw)
            for _ in range(MAX_INTERIM):
                if not 100 <= status < 200:
                    break
                # Interim answers (RFC 9110, 15.2) come before the one that counts.
                status, headers = _parse_head(await reader.readuntil(b"\r\n\r\n"))
            if status < 200:
                raise ValueError(f"more than {MAX_INTERIM} interim answers, or a switch of protocols")
            content, delimited = await _read_body(reader, status, headers)
            keep = delimited and headers.get("connection", "").lower() != "close"
            return Response(status, headers, content)
        finally:
            if keep and len(self._idle[origin]) < self._pool:
                self._idle[origin].append((monotonic(), connection))
            else:
                writer.close()


def _head(method: str, target: str, host: str, headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"{method} {target} HTTP/1.1"]
    fields = {"Host": host, "Accept-Encoding": "identity", **headers}
    if length or method in ("POST", "PUT"):
        fields["Content-Length"] = str(length)
    for name, value in fields.items():
        if "\n" in value or "\r" in value:
            raise ValueError(f"header {name} holds a line break")
        lines.append(f"{name}: {value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _parse_head(raw: bytes) -> tuple[int, dict[str, str]]:
    lines = raw.decode("latin-1").split("\r\n")
    version, _, rest = lines[0].partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise ValueError(f"status line {lines[0][:80]!r}")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return int(rest[:3]), headers


async def _read_body(
    reader: asyncio.StreamReader, status: int, headers: Mapping[str, str]
) -> tuple[bytes, bool]:
    """(body, whether its end was marked, so that the connection can be used again)."""
    if status in (204, 304):
        return b"", True
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _read_chunks(reader), True
    length = headers.get("content-length")
    if length is not None:
        size = int(length)
        if not 0 <= size <= MAX_BODY:
            raise ValueError(f"body of {size} bytes")
        return await reader.readexactly(size), True
    parts: list[bytes] = []
    total = 0
    while part := await reader.read(1 << 16):
        total += len(part)
        if total > MAX_BODY:
            raise ValueError(f"body of more than {MAX_BODY} bytes")
        parts.append(part)
    return b"".join(parts), False


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        total += size
        if size < 0 or total > MAX_BODY:
            raise ValueError(f"body of more than {MAX_BODY} bytes")
        if not size:
            while await reader.readuntil(b"\r\n") != b"\r\n":
                pass
            return b"".join(parts)
        parts.append(await reader.readexactly(size))
        if await reader.readexactly(2) != b"\r\n":
            raise ValueError("chunk without end")
