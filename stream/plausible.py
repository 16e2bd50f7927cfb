"""What a trade can be, whatever its exchange: the one place that says no.

An id fits bigint, and lies no further from the newest one than the exchange can have traded since; a time is
no more than a day ahead of ours, and a live one within a day of where the market's others are (which is the
past where a recorded session is played). One absurd trade must not cost the good ones: it would settle ids that never were,
or move the time from which lost trades are looked for.
"""

from __future__ import annotations

from stream.trade import LIVE, REPAIR, Trade, iso

MAX_ID = (1 << 63) - 1
DAY = 86_400_000_000  # µs
GENESIS = 1_230_940_800_000_000  # µs: 3 January 2009; a snapshot or a repair may be old, but not older
SKEW = 300_000_000  # µs that an exchange's clock may be ahead of ours and still count
JUMP = 1_000_000  # ids between two trades that nothing else explains
RATE = 10_000  # trades a second that no exchange reaches for long; Binance's busiest second here had 950
_TENTATIVE = 3  # a market's first trades: until there are so many, others may outvote them
_ENOUGH = 20  # agreeing trades that move a market to other ids, after _SILENCE without one of the old
_SILENCE = 60_000_000  # µs
_HELD = 5_000
_LAST_MOMENT = 253_402_300_799_999_999  # µs: the end of year 9999, which `iso` can still write


def reach(elapsed: int) -> int:
    """Ids that a market can have used in so many µs."""
    return JUMP + RATE * max(0, elapsed) // 1_000_000


def sound_runs(runs: list[tuple[int, int]], elapsed: int = 0) -> list[tuple[int, int]]:
    """The runs of a market without those that lie beyond every reach of the most: an absurd id's.

    `elapsed`: µs that the market may have gone unrecorded within them.
    """
    groups: list[list[tuple[int, int]]] = []
    for first, last in runs:
        if groups and first - groups[-1][-1][1] <= reach(elapsed):
            groups[-1].append((first, last))
        else:
            groups.append([(first, last)])
    return max(groups, key=lambda group: sum(last - first + 1 for first, last in group), default=[])


class Anchor:
    """Where a market's ids and times are.

    `newest` is its highest id, `seen_at` when (µs) that came, `lag` how far (µs) its live trades' times lie behind
    their arrival.
    """

    __slots__ = ("held", "lag", "newest", "seen_at", "timed", "trust")

    def __init__(self, newest: int | None = None, seen_at: int = 0) -> None:
        self.newest = newest
        self.seen_at = seen_at
        self.lag: int | None = None
        self.trust = 0 if newest is None else _TENTATIVE  # trades that agree on the ids
        self.timed = 0  # and on the times
        self.held: list[Trade] = []

    def span(self, trade: Trade) -> tuple[int, int]:
        """The earliest and the latest time (µs) that a trade received like this one may have."""
        latest = min(trade.received_at + DAY, _LAST_MOMENT)
        if trade.via != LIVE or self.lag is None:
            return GENESIS, latest
        expected = trade.received_at - self.lag
        return expected - DAY, min(latest, expected + DAY)

    def problem(self, trade: Trade) -> str:
        """Why a trade can never be; empty for one that can."""
        if not 0 <= trade.trade_id <= MAX_ID:
            return f"a trade id of {trade.trade_id.bit_length()} bits does not fit bigint"
        if not GENESIS <= trade.traded_at <= min(trade.received_at + DAY, _LAST_MOMENT):
            # Not the number itself: it may have more digits than Python writes.
            when = iso(trade.traded_at) if 0 <= trade.traded_at <= _LAST_MOMENT else "a time of no year"
            return f"traded at {when}, received at {iso(trade.received_at)}"
        return ""

    def far(self, trade: Trade) -> str:
        """Why a trade is none of this market, as far as the others tell. Repairs ask for old ids on purpose."""
        earliest, latest = self.span(trade)
        if not earliest <= trade.traded_at <= latest:
            return f"traded at {iso(trade.traded_at)}, a day and more from the others"
        return f"trade id {trade.trade_id} is out of reach from {self.newest}" if self._away(trade) else ""

    def accepted(self, trade: Trade, count: int) -> None:
        """`trade` is the last of `count` that were taken together."""
        if self.newest is None or trade.trade_id > self.newest:
            self.newest = trade.trade_id
        if trade.via != REPAIR:
            self.seen_at = trade.received_at
        if trade.via == LIVE:
            self.lag = trade.received_at - trade.traded_at
            if self.timed < _TENTATIVE:
                self.timed += count
        if self.trust < _TENTATIVE:
            self.trust += count
        if self.held:
            self.held.clear()

    def outvoted(self, trade: Trade) -> tuple[list[Trade], bool]:
        """Hold a trade that is far from the others. Once enough agree, they are the market.

        Returns (all that were held, whether their ids are elsewhere), or nothing yet.
        """
        if trade.via == REPAIR:
            return [], False
        if self.held and not self._agree(self.held[-1], trade):
            self.held.clear()
        if len(self.held) < _HELD:
            self.held.append(trade)
        away = self._away(trade)
        tentative = (self.trust if away else self.timed) < _TENTATIVE and len(self.held) >= _TENTATIVE
        moved = len(self.held) >= _ENOUGH and trade.received_at - self.seen_at >= _SILENCE
        if not (tentative or moved):
            return [], False
        held, self.held = self.held, []
        self.lag, self.timed = None, 0
        if away:
            self.newest, self.trust = None, 0
        return sorted(
            {found.trade_id: found for found in held}.values(), key=lambda found: found.trade_id
        ), away

    def _away(self, trade: Trade) -> bool:
        if self.newest is None:
            return False
        ahead = trade.trade_id - self.newest
        return ahead > reach(trade.received_at - self.seen_at) or (ahead < -JUMP and trade.via != REPAIR)

    @staticmethod
    def _agree(one: Trade, other: Trade) -> bool:
        lag, its = one.received_at - one.traded_at, other.received_at - other.traded_at
        return abs(one.trade_id - other.trade_id) <= JUMP and abs(lag - its) <= DAY
