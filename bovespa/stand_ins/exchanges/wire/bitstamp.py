"""Bitstamp's side: one sequence of ids over all pairs, REST in whole seconds, `bts:request_reconnect`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import msgspec

from bovespa.stand_ins.exchanges.wire.base import History, Subscription, Wire, by_time
from stream.trade import Trade

_WINDOWS = {"minute": 60, "hour": 3600, "day": 86_400}


class BitstampWire(Wire):
    name = "bitstamp"
    id_step = 3

    def message(self, text: str) -> Subscription:
        request = msgspec.json.decode(text)
        if request["event"] == "bts:heartbeat":
            answer = '{"event":"bts:heartbeat","channel":"","data":{"status":"success"}}'
            return Subscription([answer], [])
        channel = request["data"]["channel"]
        answer = f'{{"event":"bts:subscription_succeeded","channel":"{channel}","data":{{}}}}'
        return Subscription([answer], [_symbol(channel.removeprefix("live_trades_"))])

    def trades(self, trades: Sequence[Trade], *, snapshot: bool = False) -> str:
        (trade,) = trades
        pair = trade.symbol.replace("-", "").lower()
        return (
            f'{{"data":{{"id":{trade.trade_id},"timestamp":"{trade.traded_at // 1_000_000}",'
            f'"amount":{trade.quantity},"amount_str":"{trade.quantity}","price":{trade.price},'
            f'"price_str":"{trade.price}","type":{0 if trade.side == "buy" else 1},'
            f'"microtimestamp":"{trade.traded_at}","buy_order_id":1,"sell_order_id":2}},'
            f'"channel":"live_trades_{pair}","event":"trade"}}'
        )

    def heartbeat(self) -> str | None:
        return None

    def shutdown(self) -> str | None:
        return '{"event":"bts:request_reconnect","channel":"","data":""}'

    @classmethod
    def rest(cls, path: str, query: Mapping[str, str], history: History) -> object | None:
        parts = path.strip("/").split("/")
        if parts[:3] != ["api", "v2", "transactions"] or len(parts) != 4:
            return None
        trades = history(_symbol(parts[3]))
        newest = trades[-1].traded_at if trades else 0
        oldest = newest - _WINDOWS[query.get("time", "hour")] * 1_000_000
        return [
            {
                "date": str(trade.traded_at // 1_000_000),
                "tid": str(trade.trade_id),
                "amount": trade.quantity,
                "type": "0" if trade.side == "buy" else "1",
                "price": trade.price,
            }
            for trade in reversed(trades[bisect_left(trades, oldest, key=by_time) :])
        ]


def _symbol(pair: str) -> str:
    return f"{pair[:-3]}-{pair[-3:]}".upper()
