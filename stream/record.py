"""From trades to Kinesis records: many lines in one record, sealed by count or by age."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

import msgspec

from stream.ledger import Run
from stream.trade import GapEvent, Trade, gap_line, iso

# About 225 bytes a trade: a full record of 34 KB wastes little of Firehose's 5 KB and Kinesis' 1 KB billing steps,
# and is far below Kinesis' limit of 1 MB.
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
        self._prefix = f'{{"exchange":"{exchange}","symbol":"{symbol}","trade_id":'
        self._generation = 0
        self._clear()

    def _clear(self) -> None:
        self._lines: list[str] = []
        self._runs: list[Run] = []
        self._at = -1
        self._when = ""
        self._received_at = 0
        self._traded_at = 0
        self._count = 0

    def extend(self, trades: Sequence[Trade], received: str) -> None:
        """Add trades, ascending by id; `received` is `iso()` of their receive time."""
        done, total = 0, len(trades)
        prefix, at, when = self._prefix, self._at, self._when
        while done < total:
            lines = self._lines
            if not lines:
                self._begin(trades[done].received_at)
            part = trades[done : done + self._limit - len(lines)]
            newest = self._traded_at
            via, tail = "", ""
            for trade in part:
                if trade.via is not via:
                    via = trade.via
                    tail = f'","received_at":"{received}","via":"{via}"}}\n'
                if trade.traded_at != at:
                    at = trade.traded_at
                    when = iso(at)
                    newest = max(newest, at)
                lines.append(
                    f'{prefix}{trade.trade_id},"price":{trade.price},"quantity":{trade.quantity},'
                    f'"side":"{trade.side}","traded_at":"{when}{tail}'
                )
            self._at, self._when, self._traded_at = at, when, newest
            self._note_ids(part)
            self._count += len(part)
            done += len(part)
            if len(lines) >= self._limit:
                self.flush()
                at, when = self._at, self._when

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

    def _note_ids(self, part: Sequence[Trade]) -> None:
        """Lengthen the last run, or begin others: ids may have holes of their own."""
        runs, first, last = self._runs, part[0].trade_id, part[-1].trade_id
        spans: Iterable[Run] = ((first, last),)
        if last - first >= len(part):
            spans = ((trade.trade_id, trade.trade_id) for trade in part)
        for low, high in spans:
            if runs and runs[-1][1] == low - 1:
                runs[-1] = (runs[-1][0], high)
            else:
                runs.append((low, high))
