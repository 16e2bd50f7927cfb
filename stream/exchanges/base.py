"""What every exchange module provides; nothing outside of it knows the exchange's wire format."""

from __future__ import annotations

import abc
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import ClassVar, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec

from stream.errors import ConfigError, FrameError
from stream.ledger import Run
from stream.trade import Trade

log = logging.getLogger(__name__)
_Row = TypeVar("_Row")
KNOWN_NAMES = 10_000  # markets whose checked name an exchange's module remembers
# What a decoder raises for a frame of another kind, or a bad one; and for anything at all that comes from outside.
UNFIT = (msgspec.MsgspecError, UnicodeDecodeError)
UNREADABLE = (FrameError, msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
by_id = attrgetter("trade_id")
_SYMBOL = re.compile(r"[A-Z0-9]{2,12}-[A-Z0-9]{2,8}")


class Notice(Enum):
    """What a frame said besides trades."""

    HEARTBEAT = "heartbeat"
    SUBSCRIBED = "subscribed"
    RECONNECT = "reconnect"  # the exchange asks for a new connection (maintenance, restart)
    MISSED = "missed"  # the connection's own sequence has a hole: something was lost, perhaps trades
    REJECTED = "rejected"  # the exchange refused a subscription


@dataclass(frozen=True, slots=True)
class Message:
    """A notice with the exchange's words, for the log."""

    notice: Notice
    text: str = ""


class Session(Protocol):
    """The decoder of one connection. `messages` is filled by `decode` and emptied by the caller."""

    messages: list[Message]

    def decode(self, frame: bytes, received_at: int) -> Sequence[Trade]:
        """Trades of one frame, ascending by id.

        Raises:
            FrameError: a trade in it is bad; has the sound ones of a frame of several.
            UNREADABLE: one of them; the frame is no such message, or a number in it is none.
        """
        ...


class Rest(Protocol):
    """An HTTP GET with bounded retries.

    Raises:
        RestError: the exchange refused, or never answered.
    """

    async def get(self, url: str) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where an exchange is reached; the simulator's addresses take their place in tests.

    `history` is the REST host for old trades where that is another one than `rest` (Binance).
    """

    websocket: str
    rest: str
    history: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Trades to fetch. Ids are inclusive and None where the exchange has no contiguous ids; times are µs.

    `since` is the time of the last trade known before the gap, `until` that of the first one after it.
    `suspected` is False for a routine comparison: nothing says that anything is missing.
    """

    symbol: str
    first_id: int | None
    last_id: int | None
    since: int
    until: int
    suspected: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One REST answer: its trades, ascending by id.

    `vouched`: the ids that the answer speaks for, inclusive. One of them that is not among the trades is not
    in the exchange's history. None where an answer proves nothing about ids.
    """

    trades: list[Trade]
    vouched: Run | None = None


class Exchange(abc.ABC):
    """Facts and formats of one exchange. Instances hold no state."""

    name: ClassVar[str]
    endpoints: ClassVar[Endpoints]
    contiguous_ids: ClassVar[bool]
    quotes: ClassVar[Mapping[str, str]] = {}
    """Quote currencies that this exchange lists under another name (Binance: USD is traded as USDT)."""
    idle_timeout: ClassVar[float]
    """Seconds without any frame, heartbeats included, after which the connection is dead."""
    quiet_after: ClassVar[float] = 30.0
    """Seconds without a trade after which REST is asked whether there were any."""
    silence_alarm: ClassVar[int] = 300
    """Seconds without a trade after which a person should look, by this exchange's own rate."""
    max_age: ClassVar[float | None] = None
    """Seconds after which the exchange ends a connection; a new one is opened well before."""
    keepalive: ClassVar[tuple[float, str] | None] = None
    """(seconds, text frame) to send regularly, where the exchange expects it."""
    history: ClassVar[float | None] = None
    """Seconds that REST reaches back, where ids cannot tell."""
    compare_every: ClassVar[float] = 60.0
    """Seconds between two comparisons with REST, where ids cannot tell."""
    rest_interval: ClassVar[float] = 0.2
    """Least seconds between two REST calls, below the exchange's public limit."""

    def market(self, symbol: str) -> str:
        """The normalised symbol actually traded here for a wanted one (`BTC-USD` is `BTC-USDT` on Binance).

        Raises:
            ConfigError: the symbol is malformed, or the exchange doesn't have its quote currency.
        """
        if not _SYMBOL.fullmatch(symbol):
            raise ConfigError("symbol", f"{symbol!r} is not of the form BTC-USD")
        base, quote = symbol.split("-")
        return f"{base}-{self.quotes.get(quote, quote)}"

    @abc.abstractmethod
    def url(self, endpoints: Endpoints, symbols: Sequence[str]) -> str:
        """The websocket address for these symbols."""

    @abc.abstractmethod
    def subscribe(self, symbols: Sequence[str]) -> list[str]:
        """Text frames to send once connected."""

    @abc.abstractmethod
    def session(self) -> Session:
        """A decoder for a new connection."""

    @abc.abstractmethod
    def fetch(self, rest: Rest, endpoints: Endpoints, gap: Gap, received_at: int) -> AsyncIterator[Page]:
        """Pages of trades of a gap by REST, `via` repair; they hold more than the gap where a call gives more.

        Ends when the exchange has no more to give.

        Raises:
            RestError: the exchange refused, or never answered.
            FrameError: a row cannot be one.
        """


def whole(text: str) -> int:
    """The number of a string of ASCII digits, as ids and times are written. Raises ValueError for any other."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"not a whole number: {text[:40]!r}")
    return int(text)


def query(base: str, path: str, **parameters: object) -> str:
    """An address with a query string."""
    return f"{base}{path}?{urlencode(parameters)}" if parameters else f"{base}{path}"


def trades_of(
    exchange: str, rows: Iterable[_Row], make: Callable[[_Row], Trade], frame: bytes
) -> list[Trade]:
    """One trade a row, ascending by id. Raises FrameError, with the other trades, when a row cannot be one."""
    trades: list[Trade] = []
    reason = ""
    for row in rows:
        try:
            trades.append(make(row))
        except (ValueError, ArithmeticError) as error:
            reason = reason or str(error)
    if len(trades) > 1:
        trades.sort(key=by_id)
    if reason:
        raise FrameError(exchange, reason, frame, trades)
    return trades


def rest_trades(
    exchange: str, rows: Iterable[_Row], make: Callable[[_Row], Trade], body: bytes
) -> list[Trade]:
    """As `trades_of`, but a page with sound rows is a page: asking again would bring the same bad one.

    The trade that is left out stays missing, so where ids tell, it becomes a gap event.
    """
    try:
        return trades_of(exchange, rows, make, body)
    except FrameError as error:
        if not error.trades:
            raise
        log.error("a row of a REST answer is left out: %s", error)
        return list(error.trades)
