"""What can go wrong with the embedded stack; each message is one line that says what to do."""

from __future__ import annotations


class LocalError(Exception):
    """The embedded stack can't do what was asked."""


class EmulatorFailed(LocalError):
    """The emulator didn't start, or ended before its time."""


class DeploymentFailed(LocalError):
    """A resource of the program could not be made; the message names it."""


class AwaitedInVain(LocalError):
    """A step of the pipeline didn't happen in time: what was awaited, how long, and where to look."""

    def __init__(self, what: str, seconds: float, look: str) -> None:
        super().__init__(f"{what} did not happen within {seconds:.0f} s; look at {look}")
        self.what = what
        self.look = look
