"""From decoded trades to lines in records: duplicates dropped, holes noticed, exactly once for each id."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stream.clock import now
from stream.exchanges.base import Gap
from stream.ledger import IdLedger, Ledger, Run, Runs, WindowLedger
from stream.plausible import JUMP, MAX_ID, SKEW, Anchor, reach
from stream.record import Batch, Record
from stream.stats import MarketStats, Stats
from stream.trade import LIVE, REPAIR, GapEvent, Trade, iso

log = logging.getLogger(__name__)
_LOGGED = 20  # implausible trades logged per market; all are counted


@dataclass(slots=True)
class Market:
    """One symbol on one exchange while it is recorded."""

    symbol: str
    ledger: Ledger
    batch: Batch
    stats: MarketStats
    traded_at: int = 0  # of the newest trade, whatever way it came
    anchor: Anchor = field(default_factory=Anchor)
    implausible: int = 0
    lag: int | None = None  # µs from the exchange's clock to ours, the way included, at the newest live trade

    def exchange_time(self, moment: int) -> int:
        """What the exchange's clock showed at `moment` of ours (µs).

        While nothing is known of that clock, a time that is surely later.
        """
        return moment + SKEW if self.lag is None else moment - self.lag

    @property
    def last_id(self) -> int | None:
        return self.ledger.runs.highest if isinstance(self.ledger, IdLedger) else None


class Intake:
    """The markets of one exchange.

    `on_gap` is told of every new hole, as soon as the trade after it arrives; `on_reset` of a market whose
    ids turned out to be elsewhere: what was known of it means nothing any more.
    """

    def __init__(
        self,
        exchange: str,
        contiguous: bool,
        stats: Stats,
        seal: Callable[[Record], None],
        on_gap: Callable[[Gap], None],
        *,
        record_trades: int,
        flush_interval: float,
        open_new: bool = False,
        on_reset: Callable[[str], None] = lambda symbol: None,
    ) -> None:
        self.exchange = exchange
        self.contiguous = contiguous
        self.markets: dict[str, Market] = {}
        self._stats = stats
        self._seal = seal
        self._on_gap = on_gap
        self._record_trades = record_trades
        self._flush_interval = flush_interval
        self._open_new = open_new
        self._on_reset = on_reset
        self._unwanted: set[str] = set()

    def open_market(
        self, symbol: str, seen: Sequence[Run] = (), traded_at: int = 0, floor: int | None = None
    ) -> Market:
        """Record this symbol; `seen` are ids that an earlier life of the producer has settled."""
        batch = Batch(
            self.exchange, symbol, self._seal, limit=self._record_trades, interval=self._flush_interval
        )
        ledger: Ledger = IdLedger(seen) if self.contiguous else WindowLedger(seen)
        if isinstance(ledger, WindowLedger) and floor is not None:
            ledger.floor = floor
        stats = self._stats.market(self.exchange, symbol)
        newest = max((last for _, last in seen), default=None)
        anchor = Anchor(newest, traded_at)
        market = self.markets[symbol] = Market(symbol, ledger, batch, stats, traded_at, anchor)
        return market

    def accept(self, trades: Sequence[Trade], received: str, heard: set[str] | None = None) -> int:
        """Take trades, ascending by id, all received at `received`. Returns how many were new.

        Trades that cannot be are counted as bad frames. Those of symbols that were not opened are counted
        and said, unless the intake opens new ones itself. The symbols of all go into `heard`.
        """
        new = start = 0
        count = len(trades)
        while start < count:
            head = trades[start]
            symbol = head.symbol
            if heard is not None:
                heard.add(symbol)
            market = self.markets.get(symbol) or self._unknown(symbol)
            if market is None:
                start += 1
                continue
            end = self._expected(market, trades, start)
            if end == start:
                if not self._plausible(market, head, received) or not self._take_unexpected(market, head):
                    start += 1
                    continue
                end = start + 1
            taken = trades if end - start == count else trades[start:end]
            market.batch.extend(taken, received)
            self._note(market, taken)
            new += end - start
            start = end
        return new

    @staticmethod
    def _expected(market: Market, trades: Sequence[Trade], start: int) -> int:
        """Where the trades end that are plainly the market's next ones; they count as seen then."""
        head, end, count = trades[start], start, len(trades)
        symbol, ledger = head.symbol, market.ledger
        if market.anchor.lag is None and head.via == LIVE:
            return start  # the first one says what times the others may have
        earliest, latest = market.anchor.span(head)
        if isinstance(ledger, IdLedger):
            following = ledger.next
            while end < count:
                trade = trades[end]
                if (
                    trade.trade_id != following
                    or trade.symbol != symbol
                    or not earliest <= trade.traded_at <= latest
                ):
                    break
                following += 1
                end += 1
            if end > start:
                ledger.next = following
            return end
        known = market.anchor.newest
        if known is None:
            return start
        newest, farthest = ledger.highest, min(known + JUMP, MAX_ID)
        while end < count:
            trade = trades[end]
            if (
                not newest < trade.trade_id <= farthest
                or trade.symbol != symbol
                or not earliest <= trade.traded_at <= latest
            ):
                break
            newest = trade.trade_id
            end += 1
        if end > start:
            ledger.extend([trade.trade_id for trade in trades[start:end]])
        return end

    def _unknown(self, symbol: str) -> Market | None:
        """Recordings are read from their first frame: a trade that came late belongs to it too, so no floor."""
        if self._open_new:
            return self.open_market(symbol, floor=-1)
        self._stats.unwanted += 1
        if symbol not in self._unwanted and len(self._unwanted) < 1000:
            self._unwanted.add(symbol)
            log.error(
                "%s sends trades of %r, which nobody asked for (asked for: %s): they are not recorded",
                self.exchange,
                symbol,
                ", ".join(self.markets),
            )
        return None

    def _plausible(self, market: Market, trade: Trade, received: str) -> bool:
        """Whether a trade can be. One that is out of reach is held, in case it is the others that can't."""
        anchor = market.anchor
        held: list[Trade] = []
        away = False
        problem = anchor.problem(trade)
        if not problem:
            problem = anchor.far(trade)
            if not problem:
                return True
            held, away = anchor.outvoted(trade)
        self._stats.bad_frames += 1
        market.implausible += 1
        if market.implausible <= _LOGGED:
            log.error("bad frame: %s %s: %s: %s", self.exchange, market.symbol, problem, _shown(trade))
        if held:
            self._move(market, held, received, away=away)
        return False

    def _move(self, market: Market, held: Sequence[Trade], received: str, *, away: bool) -> None:
        """It is the others that could not be: go on where the held ones are."""
        first = held[0]
        log.critical(
            "%s %s: it goes on at id %d, %s",
            self.exchange,
            market.symbol,
            first.trade_id,
            iso(first.traded_at),
        )
        if away:
            market.ledger = IdLedger() if self.contiguous else WindowLedger()
            self._on_reset(market.symbol)
        self._stats.bad_frames -= len(held)
        self.accept(held, received)

    def _take_unexpected(self, market: Market, trade: Trade) -> bool:
        """Whether a trade whose id isn't the next one is new; holes are noticed here."""
        ledger = market.ledger
        fresh, hole = ledger.add(trade.trade_id)
        if not fresh and not _may_be_new(ledger, trade):
            self._stats.duplicates += 1
            return False
        if hole is not None:
            self._hole(market, hole, trade)
        if isinstance(ledger, IdLedger) and ledger.runs.closed:
            self._closed(market, ledger, trade)
        return True

    def _note(self, market: Market, taken: Sequence[Trade]) -> None:
        last, seen, number = taken[-1], market.stats, len(taken)
        self._stats.trades += number
        seen.trades += number
        market.anchor.accepted(last, number)
        if last.via == LIVE:
            market.traded_at = last.traded_at  # not the latest one: a wrong time would stay the latest
            market.lag = last.received_at - last.traded_at
            seen.received_at = last.received_at
            self._stats.lag.add((last.received_at - last.traded_at) / 1e6, number)
        elif market.traded_at < last.traded_at <= last.received_at + SKEW:
            market.traded_at = last.traded_at
        if market.traded_at >= seen.traded_at or last.via == LIVE:
            seen.traded_at = market.traded_at
            seen.last_price = last.price
            seen.last_side = last.side

    def record_gap(
        self, symbol: str, ids: Run | None, since: int, until: int, reason: str, *, settled: bool = True
    ) -> None:
        """Write a gap event into the data."""
        market = self.markets[symbol]
        first, last = ids or (None, None)
        market.batch.add_gap(
            GapEvent(self.exchange, symbol, first, last, since, until, now(), reason), settled=settled
        )
        number = last - first + 1 if first is not None and last is not None else 0
        self._stats.unrepaired += number
        self._stats.settled += number if settled else 0
        what = f"trades {first} to {last}" if ids else f"trades between {iso(since)} and {iso(until)}"
        log.error("%s %s: %s are missing: %s", self.exchange, symbol, what, reason)

    def runs(self, symbol: str) -> Runs:
        """The ids seen, where they tell what is missing."""
        ledger = self.markets[symbol].ledger
        return ledger.runs if isinstance(ledger, IdLedger) else Runs()

    def missing(self, symbol: str, first: int, last: int) -> list[Run]:
        """Ids of first..last that were not seen."""
        ledger = self.markets[symbol].ledger
        return ledger.runs.missing(first, last) if isinstance(ledger, IdLedger) else []

    def flush(self) -> None:
        for market in self.markets.values():
            market.batch.flush()

    def _hole(self, market: Market, hole: Run, trade: Trade) -> None:
        first, last = hole
        if last - first >= reach(trade.received_at - market.anchor.seen_at):
            log.error(
                "%s %s: ids %d to %d can't all be trades: not looked for", self.exchange, market.symbol, *hole
            )
            return
        before, after = sorted((market.traded_at or trade.traded_at, trade.traded_at))
        self._on_gap(Gap(symbol=market.symbol, first_id=first, last_id=last, since=before, until=after))

    def _closed(self, market: Market, ledger: IdLedger, trade: Trade) -> None:
        """The ledger gave up its oldest hole to stay within its memory; the next start looks for it."""
        at = trade.traded_at
        for hole in ledger.runs.closed:
            self.record_gap(market.symbol, hole, at, at, "too many gaps at once", settled=False)
        ledger.runs.closed.clear()


def _may_be_new(ledger: Ledger, trade: Trade) -> bool:
    """A long gap is repaired when its ids have left the window: twice is dropped by whoever reads, never is not."""
    return trade.via == REPAIR and isinstance(ledger, WindowLedger) and ledger.forgot(trade.trade_id)


def _shown(trade: Trade) -> str:
    """For the log; Python writes no number of more than some thousand digits."""
    try:
        return repr(trade)[:400]
    except ValueError:
        return "a number of thousands of digits"
