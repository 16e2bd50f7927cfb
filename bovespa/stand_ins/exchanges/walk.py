"""Trades that look like a market's: a random walk in price, log-normal quantities, runs of one taker side."""

from __future__ import annotations

import random
from collections.abc import Callable

from stream.trade import Side, Trade

_START = {"BTC-BRL": 350_000_00, "BTC-USD": 65_000_00, "BTC-USDT": 65_000_00}


class Walk:
    """An endless market. The same seed gives the same ids, prices, quantities and sides."""

    def __init__(
        self, exchange: str, symbol: str, seed: int, clock: Callable[[], int], id_step: int = 1
    ) -> None:
        self._random = random.Random(f"{seed}/{exchange}/{symbol}")  # noqa: S311 a simulation
        self._exchange = exchange
        self._symbol = symbol
        self._clock = clock
        self._id_step = id_step
        self._cents = _START.get(symbol, 3_000_00)
        self._side: Side = "buy"
        self.next_id = 1_000_000 + self._random.randrange(1_000_000)
        self._traded_at = 0

    def next(self) -> Trade:
        """The next trade; times never go backwards."""
        chance = self._random
        if chance.random() < 0.3:
            self._side = "buy" if chance.random() < 0.5 else "sell"
        step = int(chance.gauss(0, 1) ** 3 * 20)
        self._cents = max(100, self._cents + step)
        satoshis = 1 if chance.random() < 0.01 else max(1, int(chance.lognormvariate(13, 2)))
        satoshis = min(satoshis, 10**11)
        self._traded_at = max(self._traded_at, self._clock())
        trade = Trade(
            self._exchange,
            self._symbol,
            self.next_id,
            f"{self._cents // 100}.{self._cents % 100:02d}",
            f"{satoshis // 10**8}.{satoshis % 10**8:08d}",
            self._side,
            self._traded_at,
            0,
        )
        self.next_id += 1 if self._id_step == 1 else chance.randint(1, self._id_step)
        return trade
