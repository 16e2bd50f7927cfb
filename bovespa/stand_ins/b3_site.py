"""A stand-in of B3's host on the loopback: answers the scraper's calls from captured bytes."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer; ``location`` makes a redirect of it."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    location: str | None = None


NOT_HERE = Reply(status=404, body=b"not captured", content_type="text/plain")


class B3Site:
    """What the stand-in shows at the moment: pages by (call, index, page number)."""

    def __init__(self) -> None:
        self.url = ""
        self._lock = threading.Lock()
        self._replies: dict[tuple[str, str, int], Reply] = {}
        self._otherwise = NOT_HERE
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def show_page(self, indice: str, body: bytes, *, number: int = 1) -> None:
        """Answer ``GetPortfolioDay`` for the index with the body."""
        self._set(("GetPortfolioDay", indice, number), Reply(body=body))

    def show_download(self, indice: str, csv: bytes) -> None:
        """Answer ``GetDownloadPortfolioDay`` for the index with the CSV, in base64 as B3 does."""
        self._set(("GetDownloadPortfolioDay", indice, 0), Reply(body=base64.b64encode(csv)))

    def show_theoretical(self, indice: str, body: bytes, *, number: int = 1) -> None:
        """Answer ``GetTheoricalPortfolio`` for the index with the body."""
        self._set(("GetTheoricalPortfolio", indice, number), Reply(body=body))

    def show_preview(self, indice: str, body: bytes, *, number: int = 1) -> None:
        """Answer ``GetQuartelyPreview`` for the index with the body."""
        self._set(("GetQuartelyPreview", indice, number), Reply(body=body))

    def show_to_all(self, reply: Reply) -> None:
        """Answer every call like this."""
        self.clear()
        with self._lock:
            self._otherwise = reply

    def clear(self) -> None:
        """Know nothing."""
        with self._lock:
            self._replies.clear()
            self._otherwise = NOT_HERE

    def _set(self, key: tuple[str, str, int], reply: Reply) -> None:
        with self._lock:
            self._replies[key] = reply

    def answer(self, call: str, query: dict[str, Any]) -> Reply:
        """The reply to a call."""
        with self._lock:
            self.asked.append((call, query))
            key = (call, str(query.get("index")), int(query.get("pageNumber", 0)))
            return self._replies.get(key, self._otherwise)


@contextlib.contextmanager
def b3_site() -> Iterator[B3Site]:
    """Serve a stand-in on a free port of the loopback until the block ends."""
    site = B3Site()

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            parts = self.path.split("/")
            try:
                query = json.loads(base64.b64decode(parts[-1], validate=True))
                reply = site.answer(parts[-2], query)
            except (IndexError, ValueError, binascii.Error):
                reply = NOT_HERE
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            if reply.location:
                self.send_header("Location", reply.location)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
