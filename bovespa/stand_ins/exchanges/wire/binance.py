"""Binance's side: combined streams, `trades` and `historicalTrades`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from bovespa.stand_ins.exchanges.wire.base import History, Subscription, Wire, by_id
from stream.trade import Trade


class BinanceWire(Wire):
    name = "binance"

    def opened(self, target: str) -> list[str]:
        streams = parse_qs(urlsplit(target).query).get("streams", [""])[0].split("/")
        return [_symbol(stream.partition("@")[0].upper()) for stream in streams if stream.endswith("@trade")]

    def message(self, text: str) -> Subscription:
        return Subscription([], [])

    def trades(self, trades: Sequence[Trade], *, snapshot: bool = False) -> str:
        (trade,) = trades
        market = trade.symbol.replace("-", "")
        moment = trade.traded_at // 1000
        return (
            f'{{"stream":"{market.lower()}@trade","data":{{"e":"trade","E":{moment + 1},"s":"{market}",'
            f'"t":{trade.trade_id},"p":"{trade.price}","q":"{trade.quantity}","T":{moment},'
            f'"m":{"true" if trade.side == "sell" else "false"},"M":true}}}}'
        )

    def heartbeat(self) -> str | None:
        return None

    def shutdown(self) -> str | None:
        return '{"e":"serverShutdown","E":1770123456789}'

    @classmethod
    def rest(cls, path: str, query: Mapping[str, str], history: History) -> object | None:
        if path not in ("/api/v3/trades", "/api/v3/historicalTrades"):
            return None
        trades = history(_symbol(query["symbol"]))
        limit = min(int(query.get("limit", 500)), 1000)
        if path.endswith("historicalTrades"):
            first = bisect_left(trades, int(query["fromId"]), key=by_id)
            found = trades[first : first + limit]
        else:
            found = trades[-limit:]
        return [
            {
                "id": trade.trade_id,
                "price": trade.price,
                "qty": trade.quantity,
                "quoteQty": "0",
                "time": trade.traded_at // 1000,
                "isBuyerMaker": trade.side == "sell",
                "isBestMatch": True,
            }
            for trade in found
        ]


def _symbol(market: str) -> str:
    quote = "USDT" if market.endswith("USDT") else market[-3:]
    return f"{market[: -len(quote)]}-{quote}"
