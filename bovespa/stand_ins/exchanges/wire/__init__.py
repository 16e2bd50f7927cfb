"""The server's side of the five exchanges' protocols, by name."""

from __future__ import annotations

from bovespa.stand_ins.exchanges.wire.base import Wire
from bovespa.stand_ins.exchanges.wire.binance import BinanceWire
from bovespa.stand_ins.exchanges.wire.bitstamp import BitstampWire
from bovespa.stand_ins.exchanges.wire.coinbase import CoinbaseWire
from bovespa.stand_ins.exchanges.wire.kraken import KrakenWire
from bovespa.stand_ins.exchanges.wire.mercado_bitcoin import MercadoBitcoinWire

WIRES: dict[str, type[Wire]] = {
    wire.name: wire for wire in (BinanceWire, CoinbaseWire, KrakenWire, BitstampWire, MercadoBitcoinWire)
}
