"""The server's side of the five exchanges' protocols, by name."""

from __future__ import annotations

from stream.simulator.wire.base import Wire
from stream.simulator.wire.binance import BinanceWire
from stream.simulator.wire.bitstamp import BitstampWire
from stream.simulator.wire.coinbase import CoinbaseWire
from stream.simulator.wire.kraken import KrakenWire
from stream.simulator.wire.mercado_bitcoin import MercadoBitcoinWire

WIRES: dict[str, type[Wire]] = {
    wire.name: wire for wire in (BinanceWire, CoinbaseWire, KrakenWire, BitstampWire, MercadoBitcoinWire)
}
