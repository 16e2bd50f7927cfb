"""Processes that begin as forks of one which has imported Spark's Python side and botocore (:mod:`.fork_server`).

A demo runs its jobs in some twenty Python processes: forked, one costs a tenth of a second, started anew it spends
two on its imports.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Literal, get_args

SERVER = "GLUE_LOCAL_FORK_SERVER"
_START_SECONDS = 60.0  # the first to ask waits for the server's imports
STATUS = struct.Struct("!i")
Entry = Literal["child", "emulator_job"]
ENTRIES: tuple[Entry, ...] = get_args(Entry)


def supported() -> bool:
    """Whether a process may fork after its imports: on macOS system libraries forbid it."""
    return sys.platform == "linux"


class Fork:
    """A forked process as ``subprocess.Popen`` shows one; when this object's process ends, it does too.

    Raises:
        OSError: the server ends, or does not answer.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.stdin: IO[bytes] | None = None
        self.returncode: int | None = None
        try:
            (self.pid,) = STATUS.unpack(self._receive(_START_SECONDS))
        except subprocess.TimeoutExpired as error:
            raise TimeoutError("the server of forks does not answer") from error
        if self.pid < 0:
            raise ConnectionError("the server of forks ended before it forked")

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
        socket.send_fds(connection, [STATUS.pack(len(order))], files)
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
