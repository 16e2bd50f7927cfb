"""The door of the embedded AWS, which only its owner's programs pass.

The emulator alone takes any signature for the key ``test``, lets every web page read its answers, and has paths
that reset it without a credential; whoever may call it may also have a Lambda function run, as the person who
started it. So the root's key is a random one of this run (``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``), and
a request is answered only if it names this server as its host, doesn't come from a web page, asks for nothing of
the emulator's own administration, and carries a signature of Signature Version 4. The emulator checks those of roles'
sessions; the root's, which it lets pass unread, is checked here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, quote

from bovespa.local.root_key import RootKey

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

READY = "/_ministack/ready"
MAX_BODY_BYTES = 1 << 30
_ADMINISTRATION = re.compile(r"/+(_|health(/|$)|v2(/|$))")  # /_ministack, /_localstack, /_aws, /_alb …
# What browsers send of themselves (Fetch Standard, "forbidden request-header"): pages can't leave it out.
_FROM_A_PAGE = ("origin", "sec-fetch-site", "sec-fetch-mode", "referer")
_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/")
# Keys that the emulator takes for its root's whatever the configured one is.
_ANYBODYS_KEY = re.compile(r"test|[0-9]{12}")


def refusal(
    method: str, path: str, query: str, headers: Iterable[tuple[bytes, bytes]], *, port: int
) -> str | None:
    """Why a request is not answered; None where the emulator may have it.

    Args:
        method: the request's method.
        path: its path, decoded.
        query: its query string, as sent.
        headers: its headers; names in any case.
        port: the port that this server answers on.
    """
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    if found.get("host") not in ([f"127.0.0.1:{port}"], [f"localhost:{port}"]):
        return "the request is for another host"
    if any(name in found for name in _FROM_A_PAGE):
        return "web pages are not answered"
    if path == READY and method == "GET":
        return None
    if _ADMINISTRATION.match(path):
        return "the emulator's own paths are closed"
    key = _access_key(found.get("authorization", []), query)
    if key is None:
        return "the request has no signature (Signature Version 4)"
    if _ANYBODYS_KEY.fullmatch(key):
        return "that access key is not of this run"
    return None


def _access_key(authorization: list[str], query: str) -> str | None:
    if len(authorization) == 1 and (match := _CREDENTIAL.match(authorization[0])):
        return match[1]
    presigned = parse_qs(query, keep_blank_values=True)
    credential = presigned.get("X-Amz-Credential", [])
    if not authorization and len(credential) == 1 and len(presigned.get("X-Amz-Signature", [])) == 1:
        return credential[0].partition("/")[0] or None
    return None


def guarded(application: Application, *, port: int, key: RootKey) -> Application:
    """The application behind the door; a refused request never reaches it."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await application(scope, receive, send)
        elif scope["type"] == "http":
            body = await _read(receive)
            reason = _refusal(scope, body, port, key)
            await (
                _refuse(scope, send, reason) if reason else application(scope, _again(body, receive), send)
            )
        else:  # nothing of this project speaks over a websocket with the emulator
            await send({"type": "websocket.close", "code": 1008})

    return door


def _refusal(scope: Scope, body: bytes | None, port: int, key: RootKey) -> str | None:
    method, path, headers = scope["method"], scope["path"], scope["headers"]
    query = scope.get("query_string", b"").decode("latin-1")
    if reason := refusal(method, path, query, headers, port=port):
        return reason
    if body is None:
        return f"the request has more than {MAX_BODY_BYTES} bytes"
    given = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    if path == READY or _access_key([given["authorization"]] if "authorization" in given else [], query) != (
        key.access_key_id
    ):
        return None
    return _mismatch(scope, given, query, body, key)


def _mismatch(scope: Scope, headers: dict[str, str], query: str, body: bytes, key: RootKey) -> str | None:
    """What is wrong with the root's signature."""
    from ministack.core import sigv4

    asked = parse_qs(query, keep_blank_values=True)
    presigned = "authorization" not in headers
    signature = sigv4.parse_query_signature(asked) if presigned else sigv4.parse_header_signature(headers)
    if isinstance(signature, tuple):
        return str(signature[1])
    if presigned:
        expired = sigv4.presigned_request_is_expired(signature.amz_date, asked.get("X-Amz-Expires", ["0"])[0])
        skewed = ("RequestExpired", "the request has expired") if expired else None
    else:
        skewed = sigv4.request_time_failure(signature)
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    failure = skewed or sigv4.header_signature_failure(
        signature,
        key.secret_access_key,
        scope["method"],
        path.decode("latin-1").partition("?")[0],
        asked,
        headers,
        body,
        presigned=presigned,
    )
    if failure:
        return str(failure[1])
    stated = headers.get("x-amz-content-sha256", "")
    if re.fullmatch(r"[0-9a-f]{64}", stated) and hashlib.sha256(body).hexdigest() != stated:
        return "the body is not what was signed"
    return None


async def _read(receive: Receive) -> bytes | None:
    """The request's body; None where it is too long to be anything of ours."""
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes | None, receive: Receive) -> Receive:
    """The body once more, then whatever the connection says next."""
    waiting = [{"type": "http.request", "body": body or b"", "more_body": False}]

    async def again() -> Any:
        return waiting.pop() if waiting else await receive()

    return again


async def _refuse(scope: Scope, send: Send, reason: str) -> None:
    """Answer as the asked service would, so that an SDK shows the reason."""
    given = {name.lower(): value for name, value in scope["headers"]}
    if b"/s3/aws4_request" in given.get(b"authorization", b""):
        body = f"<Error><Code>AccessDenied</Code><Message>{reason}</Message></Error>"
    elif given.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded"):
        body = (
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
            f"<Message>{reason}</Message></Error></ErrorResponse>"
        )
    else:
        body = json.dumps({"__type": "AccessDeniedException", "message": reason})
    kind = b"application/json" if body.startswith("{") else b"text/xml"
    headers = [(b"content-type", kind), (b"content-length", str(len(body.encode())).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


class _Salted:
    """``hashlib`` for one module of the emulator, with a secret of this run in each digest."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(32)

    def sha256(self, data: bytes) -> Any:
        """The digest of the salt and the data."""
        return hashlib.sha256(self._salt + data)


def serve() -> None:
    """Serve the emulator behind the door, on 127.0.0.1:$GATEWAY_PORT, until SIGTERM."""
    import ministack.app
    from ministack.core import lambda_runtime

    # The emulator works a function's credentials out of its name, which anybody can do.
    lambda_runtime.hashlib = _Salted()
    key = RootKey(
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"], secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"]
    )
    ministack.app.app = guarded(ministack.app.app, port=int(os.environ["GATEWAY_PORT"]), key=key)
    ministack.app.main()
