"""What the simulator knows of an exchange's wire: the server's side of what `stream/exchanges` reads."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import ClassVar

from stream.trade import Trade

by_id = attrgetter("trade_id")
by_time = attrgetter("traded_at")
# (symbol) -> every trade of that market, ascending, that REST may give out.
History = Callable[[str], Sequence[Trade]]


@dataclass(slots=True)
class Subscription:
    """What one client message led to: answers to send, symbols now subscribed, whether a snapshot follows."""

    answers: list[str]
    symbols: list[str]


class Wire(abc.ABC):
    """One connection's server side; instances may count messages."""

    name: ClassVar[str]
    heartbeat_interval: ClassVar[float] = 0.0
    snapshot_trades: ClassVar[int] = 0
    trades_per_frame: ClassVar[int] = 1
    id_step: ClassVar[int] = 1
    """Largest step between two ids of a market; above 1 the ids have holes."""

    def opened(self, target: str) -> list[str]:
        """Symbols that the address itself subscribes to."""
        return []

    @abc.abstractmethod
    def message(self, text: str) -> Subscription:
        """Answer a client's text frame."""

    @abc.abstractmethod
    def trades(self, trades: Sequence[Trade], *, snapshot: bool = False) -> str:
        """One frame of trades of one symbol."""

    @abc.abstractmethod
    def heartbeat(self) -> str | None: ...

    def shutdown(self) -> str | None:
        """The frame that announces a planned end, where the exchange has one."""
        return None

    @classmethod
    @abc.abstractmethod
    def rest(cls, path: str, query: Mapping[str, str], history: History) -> object | None:
        """The JSON value that a GET answers; None for an unknown path."""
