"""Kraken's side, websocket v2: numbers as JSON numbers, snapshot of 50, heartbeats."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from bovespa.stand_ins.exchanges.wire.base import History, Subscription, Wire, by_time
from stream.trade import Trade, iso


class KrakenWire(Wire):
    name = "kraken"
    heartbeat_interval = 1.0
    snapshot_trades = 50
    trades_per_frame = 20

    def message(self, text: str) -> Subscription:
        request = msgspec.json.decode(text)
        symbols = [name.replace("/", "-") for name in request["params"]["symbol"]]
        answers = [
            msgspec.json.encode(
                {
                    "method": "subscribe",
                    "result": {"channel": "trade", "snapshot": True, "symbol": name},
                    "success": True,
                }
            ).decode()
            for name in request["params"]["symbol"]
        ]
        return Subscription(answers, symbols)

    def trades(self, trades: Sequence[Trade], *, snapshot: bool = False) -> str:
        rows = ",".join(
            f'{{"symbol":"{trade.symbol.replace("-", "/")}","side":"{trade.side}","price":{trade.price},'
            f'"qty":{_number(trade.quantity)},"ord_type":"limit","trade_id":{trade.trade_id},'
            f'"timestamp":"{iso(trade.traded_at)}"}}'
            for trade in trades
        )
        return f'{{"channel":"trade","type":"{"snapshot" if snapshot else "update"}","data":[{rows}]}}'

    def heartbeat(self) -> str | None:
        return '{"channel":"heartbeat"}'

    @classmethod
    def rest(cls, path: str, query: Mapping[str, str], history: History) -> object | None:
        if path != "/0/public/Trades":
            return None
        pair = query["pair"]
        symbol = pair.replace("XBT", "BTC")
        symbol = f"{symbol[:-3]}-{symbol[-3:]}"
        since = int(query.get("since", 0))
        limit = min(int(query.get("count", 1000)), 1000)
        trades = history(symbol)
        start = bisect_right(trades, since // 1000, key=by_time)
        found = trades[start : start + limit]
        last = str(found[-1].traded_at * 1000 if found else since)
        rows = [
            [
                trade.price,
                trade.quantity,
                trade.traded_at / 1e6,
                "b" if trade.side == "buy" else "s",
                "l",
                "",
                trade.trade_id,
            ]
            for trade in found
        ]
        return {"error": [], "result": {pair: rows, "last": last}}


def _number(text: str) -> str:
    """As Kraken prints: the smallest quantities come in exponent form."""
    value = Decimal(text)
    return "1e-08" if value == Decimal("0.00000001") else text
