"""What can go wrong in the stream, each error carrying what is needed to act on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream.trade import Trade


# Statuses of the 4xx that pass; 418 is Binance's "banned for ignoring 429".
PASSING_STATUSES = (408, 418, 429)
# "You may not, from where you are": a blocked region (451) or address (403).
REFUSED_STATUSES = (403, 451)


class StreamError(Exception):
    """Base of every error that the stream raises on purpose; its text is one line for a person."""


class ConfigError(StreamError):
    """A setting that cannot work: which one, what it was, what it may be."""

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(f"{setting}: {problem}")
        self.setting = setting
        self.problem = problem


class FrameError(StreamError):
    """A frame or REST body that is not what the exchange documents. `payload` holds its first bytes.

    `trades` are those of its trades that are sound, ascending by id: one bad row costs no other.
    """

    MAX_PAYLOAD = 512

    def __init__(self, exchange: str, reason: str, payload: bytes, trades: Sequence[Trade] = ()) -> None:
        self.exchange = exchange
        self.trades = trades
        self.reason = reason
        self.size = len(payload)
        self.payload = bytes(payload[: self.MAX_PAYLOAD])
        super().__init__(f"{exchange}: {reason} ({self.size} bytes: {self.payload!r})")


class RestError(StreamError):
    """An HTTP call that failed after its retries. `status` is None when no answer came.

    `known`: nothing was asked, since the host had refused this address a moment ago.
    """

    def __init__(self, url: str, reason: str, status: int | None = None, *, known: bool = False) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.status = status
        self.known = known

    @property
    def refused(self) -> bool:
        """Whether asking the same again soon is useless (4xx but for time-outs and rate limits)."""
        return self.status is not None and 400 <= self.status < 500 and self.status not in PASSING_STATUSES


class SinkUnavailable(StreamError):
    """The sink took nothing this time; the same records are tried again after a back-off."""


class SinkRefused(StreamError):
    """The sink will never take these records as they are: wrong stream, no permission, too large."""


class RecordingError(StreamError):
    """A recorded session that cannot be read: which file, which line, why."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}" if line else f"{path}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason
