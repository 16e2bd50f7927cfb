"""What can be wrong with a COTAHIST file alone, or with there being one."""

from __future__ import annotations

from datetime import date

from functions.b3.errors import B3Error


class BadLine(B3Error):
    """A line that breaks the layout.

    ``number`` counts from 1, the header; ``reason`` says what is wrong, ``record`` which quote it is.
    """

    def __init__(self, number: int, reason: str, *, record: str = "") -> None:
        super().__init__(f"line {number}" + (f" ({record})" if record else "") + f": {reason}")
        self.number = number
        self.reason = reason


class NotPublished(B3Error):
    """B3 has no such file: not published yet, or no session.

    ``url`` is what was asked for, ``answer`` how B3 said so.
    """

    def __init__(self, url: str, answer: str = "HTTP 404") -> None:
        super().__init__(f"{url}: no such file ({answer}): not published yet, or a day without a session")
        self.url = url
        self.answer = answer


class SessionMissing(B3Error):
    """B3's calendar has a session on ``day``, and B3 has no file of it."""

    def __init__(self, day: date, url: str, answer: str = "HTTP 404") -> None:
        super().__init__(f"{day}: a session by B3's calendar, but there is no file at {url} ({answer})")
        self.day = day
        self.url = url
