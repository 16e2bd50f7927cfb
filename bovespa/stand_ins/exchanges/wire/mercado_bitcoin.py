"""Mercado Bitcoin's side: quote first, pings answered, times in ns and whole seconds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

import msgspec

from bovespa.stand_ins.exchanges.wire.base import History, Subscription, Wire, by_id, by_time
from stream.trade import Trade


class MercadoBitcoinWire(Wire):
    name = "mercado_bitcoin"
    id_step = 2

    def message(self, text: str) -> Subscription:
        request = msgspec.json.decode(text)
        if request["type"] == "ping":
            return Subscription(['{"type":"pong"}'], [])
        market = request["subscription"]["id"]
        if request["subscription"]["name"] != "trade":
            return Subscription(['{"type":"error","message":"unknown subscription name"}'], [])
        return Subscription([f'{{"id":"{market}","name":"trade"}}'], [f"{market[3:]}-{market[:3]}"])

    def trades(self, trades: Sequence[Trade], *, snapshot: bool = False) -> str:
        (trade,) = trades
        base, quote = trade.symbol.split("-")
        return (
            f'{{"type":"trade","id":"{quote}{base}","ts":{trade.traded_at * 1000 + 7},"data":'
            f'{{"tid":{trade.trade_id},"date":{trade.traded_at // 1_000_000},"type":"{trade.side}",'
            f'"price":{trade.price},"amount":"{trade.quantity}"}}}}'
        )

    def heartbeat(self) -> str | None:
        return None

    @classmethod
    def rest(cls, path: str, query: Mapping[str, str], history: History) -> object | None:
        parts = path.strip("/").split("/")
        if parts[:2] != ["api", "v4"] or len(parts) != 4 or parts[3] != "trades":
            return None
        begin, end = int(query.get("from", 0)), int(query.get("to", 1 << 40))
        since = int(query.get("since", -1))
        limit = min(int(query.get("limit", 1000)), 1000)
        trades = history(parts[2])
        start = max(
            bisect_right(trades, since, key=by_id), bisect_left(trades, begin * 1_000_000, key=by_time)
        )
        stop = bisect_left(trades, (end + 1) * 1_000_000, key=by_time)
        found = trades[start : min(stop, start + limit)]
        return [
            {
                "tid": trade.trade_id,
                "date": trade.traded_at // 1_000_000,
                "type": trade.side,
                "price": trade.price,
                "amount": trade.quantity,
            }
            for trade in found
        ]
