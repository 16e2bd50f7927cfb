"""A stack that stays: the process behind `bovespa up`, and how other commands find it.

    python -m bovespa.local.daemon      run a stack until told to end (SIGTERM)

What others need is in ``.work/stack.json`` for as long as the stack runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bovespa.local.aws import Clients
from bovespa.local.configuration import PROJECT
from bovespa.local.emulator import aws_environment
from bovespa.local.errors import EmulatorFailed, LocalError
from bovespa.local.stack import WORK, embedded_stack

STATE = WORK / "stack.json"
LOG = WORK / "stack.log"
START_SECONDS = 120.0


class NoStack(LocalError):
    """No stack is running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running stack as its state file describes it."""

    url: str
    process_id: int
    exports: dict[str, Any]

    @property
    def aws(self) -> Clients:
        """Clients of the embedded AWS, as its root."""
        return Clients(aws_environment(self.url))


def running_stack() -> Running:
    """The stack that `bovespa up` started.

    Raises:
        NoStack: there is none; the message says how to get one.
    """
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
        os.kill(state["process_id"], 0)
    except (OSError, ValueError, KeyError):
        raise NoStack("no embedded stack is running: start one with `bovespa up`") from None
    return Running(url=state["url"], process_id=state["process_id"], exports=state["exports"])


def start() -> Running:
    """Start a stack that stays, and wait until it is ready.

    Raises:
        LocalError: one is running already, or it did not become ready; says where its log is.
    """
    with contextlib.suppress(NoStack):
        raise LocalError(f"a stack is running already at {running_stack().url}: end it with `bovespa down`")
    STATE.unlink(missing_ok=True)
    WORK.mkdir(parents=True, exist_ok=True)
    with LOG.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bovespa.local.daemon"],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EmulatorFailed(f"the stack did not start: {_last_line(LOG)}; its log is {LOG}")
        with contextlib.suppress(NoStack):
            return running_stack()
        time.sleep(0.2)
    process.terminate()
    raise EmulatorFailed(f"the stack was not ready within {START_SECONDS:.0f} s; its log is {LOG}")


def stop() -> None:
    """End the running stack and wait until it is gone.

    Raises:
        NoStack: there is none.
        LocalError: it does not end.
    """
    process_id = running_stack().process_id
    os.kill(process_id, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while STATE.exists():
        if time.monotonic() > deadline:
            raise LocalError(f"the stack (process {process_id}) does not end; its log is {LOG}")
        time.sleep(0.1)


def main() -> int:
    """Run a stack until SIGTERM, or until the emulator ends."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        with embedded_stack() as stack:
            state = {"url": stack.emulator.url, "process_id": os.getpid(), "exports": dict(stack.exports)}
            scratch = STATE.with_suffix(".part")
            scratch.write_text(json.dumps(state), encoding="utf-8")
            scratch.replace(STATE)
            while not ended.wait(1):
                stack.emulator.check()
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        STATE.unlink(missing_ok=True)
    return 0


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


if __name__ == "__main__":
    sys.exit(main())
