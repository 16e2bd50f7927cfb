"""Counters of a running producer, and a frozen view of them for terminals, health checks and metrics."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from stream.clock import monotonic, wall

_GROWTH = math.log(1.05)
_FLOOR = 0.0001  # seconds
_CELLS = 400


class Histogram:
    """Durations in cells 5 % wide, from 0.1 ms up; constant memory."""

    def __init__(self) -> None:
        self._cells = [0] * _CELLS
        self.count = 0

    def add(self, seconds: float, times: int = 1) -> None:
        cell = int(math.log(seconds / _FLOOR) / _GROWTH) + 1 if seconds > _FLOOR else 0
        self._cells[min(cell, _CELLS - 1)] += times
        self.count += times

    def quantile(self, fraction: float) -> float | None:
        """The upper edge of the cell that holds the quantile, in seconds; None while empty."""
        if not self.count:
            return None
        rank = fraction * self.count
        total = 0
        for cell, number in enumerate(self._cells):
            total += number
            if total >= rank and number:
                return _FLOOR * math.exp(cell * _GROWTH)
        return _FLOOR * math.exp(_CELLS * _GROWTH)

    def clear(self) -> None:
        self._cells = [0] * _CELLS
        self.count = 0


@dataclass(slots=True)
class MarketStats:
    """What is known of one market; times in µs since the epoch, 0 while there was no trade."""

    trades: int = 0
    last_price: str = ""
    last_side: str = ""
    traded_at: int = 0
    received_at: int = 0


@dataclass(slots=True)
class ExchangeStats:
    """What is known of one exchange. `refused`: the hosts that refuse this address, with the status.

    `open_trades`: missing still, in `open_gaps` gaps that are tried again. `connections`: open now.
    """

    connections: int = 0
    reconnects: int = 0
    open_gaps: int = 0
    open_trades: int = 0
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A moment of a running producer. Rates per second, durations in seconds, sizes in bytes.

    `lag_*` is exchange time to receive time (may be negative when clocks differ), `delivery_*` receive to
    acknowledged; both since the previous metric line. `other_frames`: those of a recording that hold no
    trade (other channels, heartbeats, answers). `unrepaired` counts trades that a gap event names, `settled`
    those of them that the exchange's history denied; `unwanted` those of markets that nobody asked for;
    `spill_lost` those that the disk did not give back; `left_behind` those that the stop left on a disk that
    goes with the process. `undelivered_for`: seconds since the sink took anything while something waits.
    """

    uptime: float
    trades: int
    acknowledged: int
    rate: float
    lag_p50: float | None
    lag_p99: float | None
    delivery_p50: float | None
    delivery_p99: float | None
    last_trade_age: float | None
    gaps: int
    missing: int
    repaired: int
    unrepaired: int
    settled: int
    unwanted: int
    spill_lost: int
    left_behind: int
    duplicates: int
    bad_frames: int
    other_frames: int
    reconnects: int
    retries: int
    throttled: int
    queued_records: int
    queued_bytes: int
    spilled_bytes: int
    paused: bool
    undelivered_for: float
    sent_records: int
    sent_bytes: int
    exchanges: dict[str, ExchangeStats]
    markets: dict[tuple[str, str], MarketStats]

    @property
    def lost(self) -> int:
        """Trades that were accepted and then lost on this side; the exchange's history may have them still."""
        return self.spill_lost + self.left_behind


@dataclass(slots=True)
class Stats:
    """Mutable counters, owned by one producer, changed by its parts."""

    trades: int = 0
    acknowledged: int = 0
    gaps: int = 0
    missing: int = 0
    repaired: int = 0
    unrepaired: int = 0
    settled: int = 0
    unwanted: int = 0
    spill_lost: int = 0
    left_behind: int = 0
    duplicates: int = 0
    bad_frames: int = 0
    other_frames: int = 0
    reconnects: int = 0
    retries: int = 0
    throttled: int = 0
    queued_records: int = 0
    queued_bytes: int = 0
    spilled_bytes: int = 0
    paused: bool = False
    sent_records: int = 0
    sent_bytes: int = 0
    lag: Histogram = field(default_factory=Histogram)
    delivery: Histogram = field(default_factory=Histogram)
    exchanges: dict[str, ExchangeStats] = field(default_factory=dict)
    markets: dict[tuple[str, str], MarketStats] = field(default_factory=dict)
    clock: Callable[[], float] = monotonic
    wall: Callable[[], float] = wall
    _started: float = 0.0
    _delivered_at: float = 0.0
    _window: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._started = self._delivered_at = self.clock()

    def delivered(self) -> None:
        """The sink took something, or nothing waits for it."""
        self._delivered_at = self.clock()

    @property
    def undelivered(self) -> float:
        """Seconds since the sink took anything, or nothing waited for it."""
        return self.clock() - self._delivered_at

    def exchange(self, name: str) -> ExchangeStats:
        return self.exchanges.setdefault(name, ExchangeStats())

    def market(self, exchange: str, symbol: str) -> MarketStats:
        return self.markets.setdefault((exchange, symbol), MarketStats())

    def age(self, name: str) -> float | None:
        """Seconds since an exchange's last live trade; None before the first."""
        newest = max(
            (m.received_at for (exchange, _), m in self.markets.items() if exchange == name), default=0
        )
        return self.wall() - newest / 1e6 if newest else None

    def snapshot(self) -> Snapshot:
        """The counters now; the rate is that of the last few snapshots' span (about five seconds)."""
        moment = self.clock()
        self._window.append((moment, self.trades))
        while len(self._window) > 2 and (moment - self._window[1][0] > 5 or len(self._window) > 64):
            del self._window[0]
        since, before = self._window[0] if len(self._window) > 1 else (self._started, 0)
        newest = max((market.received_at for market in self.markets.values()), default=0)
        return Snapshot(
            uptime=moment - self._started,
            trades=self.trades,
            acknowledged=self.acknowledged,
            rate=(self.trades - before) / max(moment - since, 1e-6),
            lag_p50=self.lag.quantile(0.5),
            lag_p99=self.lag.quantile(0.99),
            delivery_p50=self.delivery.quantile(0.5),
            delivery_p99=self.delivery.quantile(0.99),
            last_trade_age=self.wall() - newest / 1e6 if newest else None,
            gaps=self.gaps,
            missing=self.missing,
            repaired=self.repaired,
            unrepaired=self.unrepaired,
            settled=self.settled,
            unwanted=self.unwanted,
            spill_lost=self.spill_lost,
            left_behind=self.left_behind,
            duplicates=self.duplicates,
            bad_frames=self.bad_frames,
            other_frames=self.other_frames,
            reconnects=self.reconnects,
            retries=self.retries,
            throttled=self.throttled,
            queued_records=self.queued_records,
            queued_bytes=self.queued_bytes,
            spilled_bytes=self.spilled_bytes,
            paused=self.paused,
            undelivered_for=self.undelivered if self.queued_records or self.spilled_bytes else 0.0,
            sent_records=self.sent_records,
            sent_bytes=self.sent_bytes,
            exchanges=dict(self.exchanges),
            markets=dict(self.markets),
        )
