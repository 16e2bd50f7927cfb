"""Runs a command for as long as its own standard input stays open, then ends the command.

    python -m bovespa.local.guard [--grace=SECONDS] FOLDER COMMAND ARGUMENT…

Whoever starts a guard holds the other end of that pipe: when it ends, however it ends, the kernel closes
the pipe and the command goes too, and the folder that it worked in. A SIGTERM to the guard ends the command
likewise, but may give it longer (the grace) before SIGKILL. The command's status becomes the guard's, 128 and
the number where a signal ended it. A second process watches the guard: should it be killed, the command, what that
started, and the folder go all the same.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 5.0


def main(folder: str, command: list[str], grace: float | None = None) -> int:
    """Run ``command`` until it ends or standard input does, then remove ``folder``; returns its status."""
    patience = GRACE_SECONDS if grace is None else grace
    # A Ctrl-C in the terminal reaches the whole foreground group; the owner decides, by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    watch = _watched(process.pid, folder)
    # In a thread: the main one holds the process's lock while it waits.
    signal.signal(
        signal.SIGTERM,
        lambda *_: threading.Thread(target=_end, args=(process, patience), daemon=True).start(),
    )
    threading.Thread(target=_end_with_input, args=(process,), daemon=True).start()
    status = process.wait()
    _kill_group(process, signal.SIGKILL)  # what the command itself started
    shutil.rmtree(folder, ignore_errors=True)
    os.write(watch, b"ended")
    return 128 - status if status < 0 else status


def _watched(group: int, folder: str) -> int:
    """Start the watcher; returns the pipe that it reads: what is written there ends it, only its closing alarms it."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        return writing
    try:
        os.close(writing)
        os.setsid()
        with open(os.devnull, "r+") as nothing:  # noqa: PTH123 - a descriptor is wanted
            for number in (0, 1, 2):
                os.dup2(nothing.fileno(), number)
        if not os.read(reading, 16):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(0)


def _end_with_input(process: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):
        pass
    _end(process, GRACE_SECONDS)


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    _kill_group(process, signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        _kill_group(process, signal.SIGKILL)


def _kill_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    given = arguments.pop(0).partition("=")[2] if arguments[0].startswith("--grace=") else None
    sys.exit(main(arguments[0], arguments[1:], float(given) if given else None))
