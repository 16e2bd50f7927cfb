"""The exchanges that the producer can record, by name."""

from __future__ import annotations

from stream.errors import ConfigError
from stream.exchanges.base import Exchange
from stream.exchanges.binance import Binance
from stream.exchanges.bitstamp import Bitstamp
from stream.exchanges.coinbase import Coinbase
from stream.exchanges.kraken import Kraken
from stream.exchanges.mercado_bitcoin import MercadoBitcoin

EXCHANGES: dict[str, Exchange] = {
    exchange.name: exchange for exchange in (Binance(), Coinbase(), Kraken(), Bitstamp(), MercadoBitcoin())
}


def exchange_named(name: str) -> Exchange:
    """An exchange's module by its name.

    Raises:
        ConfigError: there is none; names those that there are.
    """
    try:
        return EXCHANGES[name]
    except KeyError:
        raise ConfigError("exchange", f"{name!r} is none of {', '.join(EXCHANGES)}") from None
