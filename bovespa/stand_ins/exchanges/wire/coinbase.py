"""Coinbase Advanced Trade's side: sequence numbers, snapshots, heartbeats, maker sides, newest trade first."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bovespa.stand_ins.exchanges.wire.base import History, Subscription, Wire, by_id
from stream.trade import Trade, iso


class CoinbaseWire(Wire):
    name = "coinbase"
    heartbeat_interval = 1.0
    snapshot_trades = 100
    trades_per_frame = 20

    def __init__(self) -> None:
        self._sequence = -1
        self._beats = 0

    def message(self, text: str) -> Subscription:
        request = msgspec.json.decode(text)
        channel, symbols = request["channel"], request.get("product_ids", [])
        answer = self._frame("subscriptions", [{"subscriptions": {channel: symbols}}])
        return Subscription([answer], symbols if channel == "market_trades" else [])

    def trades(self, trades: Sequence[Trade], *, snapshot: bool = False) -> str:
        rows = [
            {
                "product_id": trade.symbol,
                "trade_id": str(trade.trade_id),
                "price": trade.price,
                "size": trade.quantity,
                "time": iso(trade.traded_at),
                "side": "BUY" if trade.side == "sell" else "SELL",
            }
            for trade in reversed(trades)
        ]
        return self._frame("market_trades", [{"type": "snapshot" if snapshot else "update", "trades": rows}])

    def heartbeat(self) -> str | None:
        self._beats += 1
        return self._frame("heartbeats", [{"current_time": "", "heartbeat_counter": self._beats}])

    def skip(self) -> None:
        """A message that the client will never see."""
        self._sequence += 1

    def _frame(self, channel: str, events: list[dict[str, Any]]) -> str:
        self._sequence += 1
        frame = {"channel": channel, "timestamp": "", "sequence_num": self._sequence, "events": events}
        return msgspec.json.encode(frame).decode()

    @classmethod
    def rest(cls, path: str, query: Mapping[str, str], history: History) -> object | None:
        parts = path.strip("/").split("/")
        if len(parts) != 3 or parts[0] != "products" or parts[2] != "trades":
            return None
        after = int(query.get("after", 1 << 62))
        limit = min(int(query.get("limit", 1000)), 1000)
        trades = history(parts[1])
        end = bisect_left(trades, after, key=by_id)
        found = trades[max(0, end - limit) : end]
        return [
            {
                "trade_id": trade.trade_id,
                "side": "buy" if trade.side == "sell" else "sell",
                "size": trade.quantity,
                "price": trade.price,
                "time": iso(trade.traded_at),
            }
            for trade in reversed(found)
        ]
