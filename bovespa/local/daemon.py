"""A stack that stays: the process behind `bovespa up`, and how other commands find it.

    python -m bovespa.local.daemon LOCK [--stream]     run a stack until told to end (SIGTERM)

LOCK is the number of an inherited descriptor.

What others need is in ``.work/stack.json`` for as long as the stack runs. The process holds a lock on
``.work/stack.lock``, which the kernel releases however the process ends: a state file without a held lock is left over
from a crash, and nothing that it says is believed or signalled.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bovespa.local.aws import Clients
from bovespa.local.configuration import PROJECT, WORK
from bovespa.local.emulator import aws_environment
from bovespa.local.errors import EmulatorFailed, LocalError
from bovespa.local.root_key import RootKey

if TYPE_CHECKING:
    from bovespa.local.stack import Stack

STATE = WORK / "stack.json"
LOCK = WORK / "stack.lock"
LOG = WORK / "stack.log"
START_SECONDS = 120.0
STOP_SECONDS = 30.0


class NoStack(LocalError):
    """No stack is running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running stack as its state file describes it."""

    url: str
    key: RootKey
    process_id: int
    exports: dict[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        """What makes the AWS CLI and boto3 talk to the embedded AWS as its root."""
        return aws_environment(self.url, self.key)

    @property
    def aws(self) -> Clients:
        """Clients of the embedded AWS, as its root."""
        return Clients(self.environment)


def running_stack() -> Running:
    """The stack that `bovespa up` started.

    Raises:
        NoStack: there is none; the message says how to get one.
    """
    nobody = NoStack("no embedded stack is running: start one with `bovespa up`")
    if not _is_locked():
        raise nobody
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
        return Running(
            url=state["url"],
            key=RootKey(**state["key"]),
            process_id=state["process_id"],
            exports=state["exports"],
        )
    except FileNotFoundError:
        raise NoStack("an embedded stack is being started or ended: try again in some seconds") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise nobody from None


def start(*, stream: bool = False) -> Running:
    """Start a stack that stays, and wait until it is ready; whatever interrupts that ends what was started.

    Args:
        stream: with the Bitcoin stream.

    Raises:
        LocalError: one is running already, or it did not become ready; says where its log is.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    with _lock() as lock, LOG.open("wb") as log:
        STATE.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "bovespa.local.daemon", str(lock), *(["--stream"] if stream else [])],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock],
        )
    try:
        return _await_ready(process)
    except BaseException:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        raise


def _await_ready(process: subprocess.Popen[bytes]) -> Running:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EmulatorFailed(f"the stack did not start: {_last_line(LOG)}; its log is {LOG}")
        with contextlib.suppress(NoStack):
            return running_stack()
        time.sleep(0.1)
    raise EmulatorFailed(f"the stack was not ready within {START_SECONDS:.0f} s; its log is {LOG}")


def stop() -> None:
    """End the running stack and wait until it is gone.

    Raises:
        NoStack: there is none.
        LocalError: it does not end.
    """
    process_id = running_stack().process_id
    # The lock is held, and only its holder writes the state: this is the process that we started.
    os.kill(process_id, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_locked():
        if time.monotonic() > deadline:
            raise LocalError(f"the stack (process {process_id}) does not end; its log is {LOG}")
        time.sleep(0.05)


@contextlib.contextmanager
def _lock() -> Iterator[int]:
    """The descriptor of the lock, held; a process that inherits it holds it on."""
    descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken(descriptor):
            where = ""
            with contextlib.suppress(NoStack):
                where = f" at {running_stack().url}"
            raise LocalError(f"a stack is running already{where}: end it with `bovespa down`")
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Take the lock; somebody who only looks whether it is held has it for an instant."""
    for _ in range(10):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


def _is_locked() -> bool:
    """Whether a process that runs a stack is alive."""
    try:
        descriptor = os.open(LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def announced(stack: Stack) -> Iterator[None]:
    """Let other commands find a stack of this process for as long as the block lasts.

    Raises:
        LocalError: another stack is running.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    with _lock():
        _tell(stack)
        try:
            yield
        finally:
            STATE.unlink(missing_ok=True)


def main(lock: int, *, stream: bool) -> int:
    """Run a stack until SIGTERM, or until the emulator ends; ``lock`` is held by being open."""
    from bovespa.local.stack import embedded_stack  # who only looks for a stack need not load all of it

    os.set_inheritable(lock, False)
    ended = threading.Event()

    def end(*_: object) -> None:
        ended.set()
        if not STATE.exists():  # nobody knows of the stack yet: don't finish starting it
            sys.exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    try:
        with embedded_stack(settings={"stream": {"enabled": True}} if stream else None) as stack:
            _tell(stack)
            while not ended.wait(1):
                stack.emulator.check()
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        STATE.unlink(missing_ok=True)
    return 0


def _tell(stack: Stack) -> None:
    """Write the state whole or not at all, for its owner's eyes: it holds the root's key."""
    state = {
        "url": stack.emulator.url,
        "key": asdict(stack.emulator.key),
        "process_id": os.getpid(),
        "exports": dict(stack.exports),
    }
    scratch = STATE.with_suffix(".part")
    scratch.unlink(missing_ok=True)
    with os.fdopen(
        os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(state, file)
    scratch.replace(STATE)


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), stream="--stream" in sys.argv))
