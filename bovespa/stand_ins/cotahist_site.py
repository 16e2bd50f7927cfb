"""A stand-in of B3's COTAHIST host on the loopback: serves files by the names that B3 gives them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = "/InstDados/SerHist/"


class CotahistSite:
    """What the stand-in has: files by name (``COTAHIST_D03092025.ZIP``). ``asked`` is every path, in order."""

    def __init__(self) -> None:
        self.url = ""
        self._lock = threading.Lock()
        self._files: dict[str, bytes] = {}
        self.asked: list[str] = []

    def publish(self, name: str, body: bytes) -> None:
        """Have a file from now on; it replaces one of the same name."""
        with self._lock:
            self._files[name] = body

    def clear(self) -> None:
        """Have nothing: every file is a 404, as on a day without a session."""
        with self._lock:
            self._files.clear()

    def answer(self, path: str) -> bytes | None:
        """The file at a path; None where there is none."""
        with self._lock:
            self.asked.append(path)
            return self._files.get(path.removeprefix(FOLDER)) if path.startswith(FOLDER) else None


@contextlib.contextmanager
def cotahist_site() -> Iterator[CotahistSite]:
    """Serve a stand-in on a free port of the loopback until the block ends."""
    site = CotahistSite()

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            body = site.answer(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html" if body is None else "application/zip")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}{FOLDER.rstrip('/')}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
