"""A stand-in for B3's host that serves COTAHIST files over real sockets, with faults on demand."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Host:
    """``files`` by name; ``faults`` are answers given first, one each; ``asked`` every path, in order."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def status(code: int, **headers: str) -> Answer:
    """An answer without a body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def cut(body: bytes, at: int) -> Answer:
    """Announces all of ``body``, sends ``at`` bytes of it, and hangs up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:at])
        handler.close_connection = True

    return answer


def hang(handler: BaseHTTPRequestHandler) -> None:
    """An answer that never comes, within the patience of a test."""
    time.sleep(1)
    handler.close_connection = True


@contextlib.contextmanager
def b3_host() -> Iterator[Host]:
    """The host on a free port of this machine, for the time of the block."""
    host = Host(url="")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host.asked.append(self.path)
            name = self.path.rpartition("/")[2]
            if host.faults:
                host.faults.pop(0)(self)
            elif name not in host.files:
                status(404)(self)
            else:
                self.send_response(200)
                self.send_header("Content-Length", str(len(host.files[name])))
                self.end_headers()
                self.wfile.write(host.files[name])

        def log_message(self, *arguments: object) -> None:
            """Keeps the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    host.url = f"http://127.0.0.1:{server.server_address[1]}/InstDados/SerHist"
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
