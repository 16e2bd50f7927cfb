"""What can be wrong with a portfolio, or with getting one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from functions.b3.client import Payload


class PortfolioError(Exception):
    """A portfolio that can't be had or can't be trusted; nothing of it may reach raw."""


class UnreadablePayload(PortfolioError):
    """Bytes that aren't a portfolio in any known format; the message says what was found instead."""


class CheckFailed(PortfolioError):
    """A well-formed portfolio that contradicts itself.

    ``check`` names the rule, ``expected`` and ``found`` are the two values that disagree.
    """

    def __init__(self, check: str, *, expected: object, found: object) -> None:
        super().__init__(f"check {check} failed: expected {expected}, found {found}")
        self.check = check
        self.expected = expected
        self.found = found


class SourceUnavailable(PortfolioError):
    """B3's host gave no usable answer within the retries.

    ``call`` is B3's name of what was asked for, ``reason`` what came back in the end, ``payload`` the
    body of the last answer where there was one.
    """

    def __init__(self, call: str, reason: str, *, payload: Payload | None = None) -> None:
        super().__init__(f"{call}: {reason}")
        self.call = call
        self.reason = reason
        self.payload = payload


class ScrapeFailed(PortfolioError):
    """No trustworthy portfolio of the required index; the message has one reason per source tried."""
