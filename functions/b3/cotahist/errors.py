"""What can be wrong with a COTAHIST file, or with getting one."""

from __future__ import annotations

from datetime import date


class CotahistError(Exception):
    """A file that can't be had or can't be trusted; nothing of it may reach raw."""


class UnreadableFile(CotahistError):
    """Bytes that aren't a COTAHIST file, or a damaged one; the message says what was found instead."""


class BadLine(CotahistError):
    """A line that breaks the layout. ``number`` counts from 1, the header; ``reason`` says what is wrong."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number
        self.reason = reason


class CheckFailed(CotahistError):
    """A well-formed file that contradicts itself, or isn't the one that was asked for.

    ``check`` names the rule, ``expected`` and ``found`` are the two values that disagree.
    """

    def __init__(self, check: str, *, expected: object, found: object) -> None:
        super().__init__(f"check {check} failed: expected {expected}, found {found}")
        self.check = check
        self.expected = expected
        self.found = found


class SourceUnavailable(CotahistError):
    """B3's host gave no usable answer within the retries.

    ``url`` is what was asked for, ``reason`` what came back in the end.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class NotPublished(CotahistError):
    """B3 has no such file (HTTP 404): not published yet, or no session. ``url`` is what was asked for."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url}: no such file (HTTP 404): not published yet, or a day without a session")
        self.url = url


class SessionMissing(CotahistError):
    """B3's calendar has a session on ``day``, and B3 has no file of it."""

    def __init__(self, day: date, url: str) -> None:
        super().__init__(f"{day}: a session by B3's calendar, but there is no file at {url} (HTTP 404)")
        self.day = day
        self.url = url
