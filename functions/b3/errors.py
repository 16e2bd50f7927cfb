"""What can be wrong with what B3 publishes, or with getting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lake.visible import visible

if TYPE_CHECKING:
    from functions.b3.client import Payload


class B3Error(Exception):
    """A portfolio or a file that can't be had or can't be trusted; nothing of it may reach raw.

    Its text is one line to be seen, whatever characters were found.
    """

    def __str__(self) -> str:
        return visible(super().__str__())


class UnreadablePayload(B3Error):
    """Bytes in no known format, or damaged; the message says what was found instead."""


class CheckFailed(B3Error):
    """Something well-formed that contradicts itself, or isn't what was asked for.

    ``check`` names the rule, ``expected`` and ``found`` are the two values that disagree.
    """

    def __init__(self, check: str, *, expected: object, found: object) -> None:
        super().__init__(f"check {check} failed: expected {expected}, found {found}")
        self.check = check
        self.expected = expected
        self.found = found


class SourceUnavailable(B3Error):
    """B3's host gave no usable answer within the retries.

    ``asked`` is the call or the address that was asked for, ``reason`` what came back in the end,
    ``payload`` the body of the last answer where there was one.
    """

    def __init__(self, asked: str, reason: str, *, payload: Payload | None = None) -> None:
        super().__init__(f"{asked}: {reason}")
        self.asked = asked
        self.reason = reason
        self.payload = payload


class ScrapeFailed(B3Error):
    """No trustworthy portfolio of the required index; the message has one reason per source tried."""
