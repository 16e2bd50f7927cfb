"""Processes that begin as forks of one which has imported Spark's Python side and botocore (:mod:`.fork_server`).

A demo runs its jobs in some twenty Python processes: forked, one costs a tenth of a second, started anew it spends
two on its imports.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Literal

SERVER = "GLUE_LOCAL_FORK_SERVER"
STATUS = struct.Struct("!i")
Entry = Literal["child", "emulator_job"]


def supported() -> bool:
    """Whether a process may fork after its imports: on macOS system libraries forbid it."""
    return sys.platform == "linux"


class Fork:
    """A forked process as ``subprocess.Popen`` shows one; when this object's process ends, it does too."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.stdin: IO[bytes] | None = None
        self.returncode: int | None = None
        (self.pid,) = STATUS.unpack(self._receive(None))

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if self.returncode is None:
            (self.returncode,) = STATUS.unpack(self._receive(timeout))
            self._connection.close()
        return self.returncode

    def _receive(self, timeout: float | None) -> bytes:
        self._connection.settimeout(timeout)
        try:
            message = self._connection.recv(STATUS.size, socket.MSG_WAITALL)
        except (TimeoutError, BlockingIOError):
            raise subprocess.TimeoutExpired("fork", timeout or 0.0) from None
        except ConnectionError:
            message = b""
        return message if len(message) == STATUS.size else STATUS.pack(-signal.SIGKILL)  # the server is gone


def fork(
    server: str, entry: Entry, *, environment: Mapping[str, str], cwd: Path, files: tuple[int, int, int]
) -> Fork:
    """Have a process forked that runs an entry's ``main()``.

    Args:
        server: the server's socket.
        entry: which of its modules.
        environment: the process's, and nothing else.
        cwd: where it works.
        files: descriptors of its standard input, output and error.

    Raises:
        OSError: the server does not answer.
    """
    connection = _connect(server)
    try:
        order = json.dumps({"entry": entry, "environment": dict(environment), "cwd": str(cwd)}).encode()
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))]
        connection.sendmsg([STATUS.pack(len(order))], rights)
        connection.sendall(order)
        return Fork(connection)
    except BaseException:
        connection.close()
        raise


def fork_with_input(
    server: str, entry: Entry, *, environment: Mapping[str, str], cwd: Path, output: tuple[int, int]
) -> Fork:
    """Have a process forked that reads a pipe, ``stdin`` of what is returned; see :func:`fork`."""
    reading, writing = os.pipe()
    try:
        forked = fork(server, entry, environment=environment, cwd=cwd, files=(reading, *output))
    except BaseException:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    forked.stdin = os.fdopen(writing, "wb")
    return forked


def _connect(server: str) -> socket.socket:
    """Connect by way of the folder's descriptor: a socket's own path may have 107 bytes only."""
    connection = socket.socket(socket.AF_UNIX)
    path = Path(server)
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            connection.connect(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)
    except BaseException:
        connection.close()
        raise
    return connection


def start_server(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server whose socket is in ``folder``; it ends, and its forks do, when its standard input ends."""
    path = folder / "forks"
    # What the user has set up for AWS is none of a job's business.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "PYTHONIOENCODING": "utf-8",
    }
    with (folder / "forks.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bovespa.glue.runtime.fork_server", path.name],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + 10
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process, str(path)
