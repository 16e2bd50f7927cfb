"""Imports what job processes need, then forks one for each that asks (:mod:`.forks`).

    python -P -m bovespa.glue.runtime.fork_server SOCKET

One thread, or a fork would inherit locks that nobody opens. It ends with its standard input, and every fork with it;
a fork also ends with the process that asked for it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from bovespa.glue.runtime import spark
from bovespa.glue.runtime.forks import ENTRIES, STATUS

_PACKAGE = "bovespa.glue.runtime"
_MODULES = (
    "pyspark.sql",
    "pyarrow.compute",
    "pyarrow.parquet",
    "awsglue.context",
    "awsglue.dynamicframe",
    "boto3",
)
_SERVICES = ("s3", "glue", "sts", "logs")
_REQUEST_SECONDS = 10.0


@dataclass(slots=True)
class _Server:
    listener: socket.socket
    lifeline: tuple[int, int]
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    forks: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)  # by pid: its pidfd, who asked


def main(path: str) -> None:
    sys.stdout.reconfigure(line_buffering=True, write_through=True)  # type: ignore[union-attr]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{path}.new")
    listener.listen(64)
    Path(f"{path}.new").rename(path)  # there once it listens; who connects now waits for the imports
    _import()
    server = _Server(listener, os.pipe())
    server.selector.register(0, selectors.EVENT_READ, _leave)
    server.selector.register(listener, selectors.EVENT_READ, _accept)
    while True:
        for key, _ in server.selector.select():
            key.data(server)


def _import() -> None:
    """Everything that a job imports, and what botocore reads of its services, once."""
    sys.path[:0] = [str(spark.SITE)]
    for name in (*_MODULES, *(f"{_PACKAGE}.{entry}" for entry in ENTRIES)):
        importlib.import_module(name)
    from bovespa.glue.runtime.s3_store import client

    for service in _SERVICES:
        client(service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106
    gc.collect()
    gc.freeze()


def _leave(server: _Server) -> None:
    if not os.read(0, 4096):
        for pid in server.forks:
            _kill(pid)
        sys.exit(0)


def _accept(server: _Server) -> None:
    connection, _ = server.listener.accept()
    connection.settimeout(_REQUEST_SECONDS)
    try:
        header, files, _, _ = socket.recv_fds(connection, STATUS.size, 3)
        (length,) = STATUS.unpack(header)
        order = json.loads(connection.recv(length, socket.MSG_WAITALL))
    except (OSError, ValueError) as error:
        print(f"a request that cannot be read: {error}", file=sys.stderr, flush=True)  # noqa: T201 (its log)
        connection.close()
        return
    pid = os.fork()
    if pid == 0:
        _become(server, order, files, connection)
    _lead(pid)
    for file in files:
        os.close(file)
    descriptor = os.pidfd_open(pid)
    server.forks[pid] = descriptor, connection
    server.selector.register(descriptor, selectors.EVENT_READ, lambda server: _ended(server, pid))
    server.selector.register(connection, selectors.EVENT_READ, lambda server: _left(server, pid))
    _tell(connection, pid)


def _ended(server: _Server, pid: int) -> None:
    descriptor, connection = server.forks.pop(pid)
    _, status = os.waitpid(pid, 0)
    server.selector.unregister(descriptor)
    os.close(descriptor)
    with contextlib.suppress(KeyError):
        server.selector.unregister(connection)
    _tell(connection, os.waitstatus_to_exitcode(status))
    connection.close()


def _left(server: _Server, pid: int) -> None:
    """Who asked for the fork is gone, or has nothing to say: it never does."""
    if pid in server.forks:
        server.selector.unregister(server.forks[pid][1])
        _kill(pid)


def _lead(pid: int) -> None:
    """Give a fork a process group of its own; both sides do, for neither knows which comes first."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _tell(connection: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(STATUS.pack(number))


def _become(server: _Server, order: dict[str, Any], files: list[int], connection: socket.socket) -> NoReturn:
    code = 1
    try:
        _lead(0)
        _let_go(server, connection)
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["environment"])
        time.tzset()
        tempfile.tempdir = None  # the server's, where something asked for it
        threading.Thread(target=_end_with, args=(server.lifeline[0],), daemon=True).start()
        code = importlib.import_module(f"{_PACKAGE}.{order['entry']}").main()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)  # Py4J's threads would hold the interpreter back


def _let_go(server: _Server, connection: socket.socket) -> None:
    """Close what is the server's; its end of the lifeline too, or it would never end."""
    server.selector.close()
    server.listener.close()
    connection.close()
    os.close(server.lifeline[1])
    for descriptor, other in server.forks.values():
        os.close(descriptor)
        other.close()


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
