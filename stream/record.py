"""From trades to Kinesis records: many lines in one record, sealed by count or by age."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec

from stream.ledger import Run
from stream.trade import GapEvent, Trade, gap_line, trade_line

# 150 trades of 166 bytes are 24.9 KB: just within five of Firehose's 5 KB billing steps, and far below
# Kinesis' limit of 1 MB a record.
MAX_TRADES = 150


class Record(msgspec.Struct, array_like=True, gc=False):
    """Newline-delimited JSON of one market, ready for a sink, with what its acknowledgement means.

    `runs` are the ids that it settles, `received_at` the receive time (µs) of its oldest line, `traded_at`
    the exchange's time of its newest trade. `origin` is the spill segment it came back from, 0 for none.
    """

    exchange: str
    symbol: str
    key: str
    data: bytes
    count: int
    runs: list[Run]
    received_at: int
    traded_at: int
    origin: int = 0


class Batch:
    """Collects the lines of one market, and seals a record when it is full or `interval` seconds old."""

    def __init__(
        self,
        exchange: str,
        symbol: str,
        seal: Callable[[Record], None],
        *,
        limit: int = MAX_TRADES,
        interval: float = 1.0,
    ) -> None:
        self.exchange = exchange
        self.symbol = symbol
        self._seal = seal
        self._limit = limit
        self._interval = interval
        self._generation = 0
        self._clear()

    def _clear(self) -> None:
        self._lines: list[str] = []
        self._runs: list[Run] = []
        self._first = 0
        self._last = -2
        self._received_at = 0
        self._traded_at = 0
        self._count = 0

    def add(self, trade: Trade, received: str) -> None:
        """`received` is `iso(trade.received_at)`."""
        lines = self._lines
        if not lines:
            self._begin(trade.received_at)
        lines.append(trade_line(trade, received))
        trade_id = trade.trade_id
        if trade_id == self._last + 1:
            self._last = trade_id
        else:
            self._end_run()
            self._first = self._last = trade_id
        self._count += 1
        if trade.traded_at > self._traded_at:
            self._traded_at = trade.traded_at
        if len(lines) >= self._limit:
            self.flush()

    def add_gap(self, gap: GapEvent, *, settled: bool = True) -> None:
        """Record a gap event. Unless `settled`, its ids stay open for a later start to repair."""
        if not self._lines:
            self._begin(gap.received_at)
        self._lines.append(gap_line(gap))
        if settled and gap.first_id is not None and gap.last_id is not None:
            self._runs.append((gap.first_id, gap.last_id))
        if len(self._lines) >= self._limit:
            self.flush()

    def flush(self) -> None:
        """Seal what is there, if anything."""
        if not self._lines:
            return
        self._end_run()
        data = "".join(self._lines).encode()
        key = f"{self.exchange}:{self.symbol}:{self._received_at}"
        record = Record(
            self.exchange, self.symbol, key, data, self._count, self._runs, self._received_at, self._traded_at
        )
        self._generation += 1
        self._clear()
        self._seal(record)

    def _begin(self, received_at: int) -> None:
        self._received_at = received_at
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        loop.call_later(self._interval, self._expire, self._generation)

    def _expire(self, generation: int) -> None:
        if generation == self._generation:
            self.flush()

    def _end_run(self) -> None:
        if self._last >= self._first and self._last >= 0:
            self._runs.append((self._first, self._last))


def now() -> int:
    """µs since the epoch."""
    return time.time_ns() // 1000
