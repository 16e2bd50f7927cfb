"""Every setting of the producer, in one place; each can come from an environment variable.

The variable's name is `STREAM_` and the field's name in capitals: `STREAM_FLUSH_INTERVAL=0.5`. Lists are
separated by commas. `STREAM_ENDPOINTS` is a JSON object, `{"binance": {"websocket": "ws://…", "rest":
"http://…"}}`. AWS's own variables (`AWS_REGION`, `AWS_ENDPOINT_URL_KINESIS`, credentials, `AWS_CA_BUNDLE`)
are honoured where AWS is used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from stream.errors import ConfigError
from stream.exchanges import exchange_named
from stream.exchanges.base import Endpoints

PREFIX = "STREAM_"


def _setting(default: Any, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of one producer; durations in seconds, sizes in bytes.

    Raises:
        ConfigError: a setting cannot work.
    """

    exchanges: tuple[str, ...] = _setting(("binance", "coinbase"), "exchanges to record")
    symbols: tuple[str, ...] = _setting(
        ("BTC-USD",),
        "markets; on each exchange under its own quote, as BTC-USDT on Binance. `exchange:MARKET` is for that"
        " exchange, in place of the others",
    )
    sink: str = _setting("kinesis", "kinesis, stdout, or a directory")
    kinesis_stream: str = _setting("bitcoin-trades", "name of the Kinesis data stream")
    kinesis_shards: int = _setting(0, "open shards to pace for; 0 asks Kinesis")
    checkpoint: str = _setting("", "where progress is kept: a file, s3://bucket/key, or nothing")
    checkpoint_interval: float = _setting(15.0, "least time between two checkpoints")

    flush_interval: float = _setting(1.0, "longest time that a trade waits for its record to fill")
    record_trades: int = _setting(150, "trades in a record at most")
    buffer_bytes: int = _setting(8 << 20, "records waiting in memory before they go to disk")
    spill_directory: str = _setting("", "where records wait when the sink stalls; empty for none")
    spill_bytes: int = _setting(1 << 30, "records waiting on disk before reading stops")
    spill_kept: int = _setting(1, "1: that disk outlives the process; 0: it goes with it, as on Fargate")
    senders: int = _setting(4, "batches in flight to the sink at once")
    stop_timeout: float = _setting(25.0, "time to deliver what was accepted after SIGTERM")

    backoff: float = _setting(0.5, "first pause before a reconnect or a retry")
    backoff_limit: float = _setting(30.0, "longest pause")
    idle_timeout: float = _setting(0.0, "silence of a connection, heartbeats included; 0: the exchange's own")
    quiet_after: float = _setting(0.0, "time without a trade until REST is asked; 0: the exchange's own")
    max_age: float = _setting(0.0, "age at which a connection is replaced; 0: the exchange's own")
    overlap: float = _setting(2.0, "time that an old connection stays open beside its working successor")

    repair_grace: float = _setting(0.2, "time for late trades before a hole is repaired by REST")
    repair_attempts: int = _setting(
        5, "times that the exchange's history must be without a trade before it counts as not there"
    )
    repair_timeout: float = _setting(600.0, "age of an open gap at which the data says so; it is tried on")
    repair_interval: float = _setting(300.0, "longest pause between two tries of an open gap")
    repair_limit: int = _setting(200_000, "trades repaired of one exchange in an hour; the rest waits")
    refused_pause: float = _setting(300.0, "time that a host is left alone after it refused this address")
    rest_interval: float = _setting(0.0, "least time between two REST calls; 0: the exchange's own")
    reconcile_interval: float = _setting(
        60.0, "least often that REST is compared where ids have holes; 0: never"
    )
    rest_timeout: float = _setting(10.0, "time-out of one REST call")

    health_port: int = _setting(8080, "HTTP health endpoint; 0 picks a free port, -1 turns it off")
    health_host: str = _setting("127.0.0.1", "address that the health endpoint listens on")
    health_max_age: float = _setting(
        300.0, "time without a delivery, all buffers being full, that counts as unhealthy"
    )
    metrics_interval: float = _setting(60.0, "time between two metric lines; 0: none")
    metrics_namespace: str = _setting("BitcoinStream", "CloudWatch namespace")

    endpoints: Mapping[str, Endpoints] = field(
        default_factory=dict, metadata={"doc": "other addresses of exchanges, for the simulator"}
    )

    def __post_init__(self) -> None:
        if not self.exchanges:
            raise ConfigError("exchanges", "at least one is needed")
        if not self.symbols:
            raise ConfigError("symbols", "at least one is needed")
        for symbol in self.symbols:
            place = symbol.rpartition(":")[0]
            if place and place not in self.exchanges:
                raise ConfigError("symbols", f"{symbol}: {place} is not among the exchanges")
        for name in self.exchanges:
            exchange_named(name)
            if not self.markets_of(name):
                raise ConfigError("symbols", f"none is for {name}")
        for name, low, high in _BOUNDS:
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(name, f"{value} is not between {low} and {high}")
        if self.sink == "kinesis" and not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", self.kinesis_stream):
            raise ConfigError("kinesis_stream", f"{self.kinesis_stream!r} is not a stream name")
        for name in self.endpoints:
            exchange_named(name)

    def endpoints_of(self, exchange: str) -> Endpoints:
        return self.endpoints.get(exchange) or exchange_named(exchange).endpoints

    def markets_of(self, exchange: str) -> tuple[str, ...]:
        """The normalised symbols recorded on an exchange, as it trades them."""
        split = [symbol.rpartition(":") for symbol in self.symbols]
        own = [market for place, _, market in split if place == exchange]
        wanted = own or [market for place, _, market in split if not place]
        return tuple(dict.fromkeys(exchange_named(exchange).market(market) for market in wanted))


_BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("kinesis_shards", 0, 10_000),
    ("checkpoint_interval", 0.05, 3600),
    ("flush_interval", 0.01, 900),
    ("record_trades", 1, 150),
    ("buffer_bytes", 1 << 16, 1 << 32),
    ("spill_bytes", 0, 1 << 40),
    ("spill_kept", 0, 1),
    ("senders", 1, 64),
    ("stop_timeout", 0.1, 3600),
    ("backoff", 0.001, 60),
    ("backoff_limit", 0.001, 3600),
    ("overlap", 0, 60),
    ("repair_grace", 0, 60),
    ("repair_attempts", 1, 100),
    ("repair_timeout", 0.1, 86_400),
    ("repair_interval", 0.01, 86_400),
    ("repair_limit", 1, 10_000_000),
    ("refused_pause", 0.01, 86_400),
    ("rest_interval", 0, 60),
    ("rest_timeout", 0.1, 300),
    ("health_port", -1, 65_535),
)


def silence_alarm_of(exchange: str) -> int:
    """The seconds without a trade after which an exchange's silence is worth a person's look.

    Raises:
        ConfigError: no exchange of that name.
    """
    return exchange_named(exchange).silence_alarm


def from_environment(environment: Mapping[str, str] = os.environ, **overrides: Any) -> Config:
    """The configuration that `STREAM_…` variables describe; `overrides` win.

    Raises:
        ConfigError: a value is of the wrong kind, or no setting has a `STREAM_` variable's name.
    """
    known = {PREFIX + item.name.upper(): item for item in fields(Config)}
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        item = known.get(name)
        if item is None:
            raise ConfigError(name, "no such setting")
        values[item.name] = _parse(name, text, str(item.type))
    values.update(overrides)
    return Config(**values)


def _parse(name: str, text: str, kind: str) -> Any:
    try:
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
        if kind.startswith("tuple"):
            return tuple(part.strip() for part in text.split(",") if part.strip())
        if kind.startswith("Mapping"):
            return msgspec.json.decode(text.encode(), type=dict[str, Endpoints])
    except (ValueError, msgspec.MsgspecError) as error:
        raise ConfigError(name, f"{text!r}: {error}") from None
    return text


def describe() -> Sequence[tuple[str, str, str]]:
    """(variable, default, meaning) of every setting, for documentation and `--help`."""
    rows = []
    for item in fields(Config):
        default = item.default
        text = (
            ",".join(default)
            if isinstance(default, tuple)
            else ""
            if item.name == "endpoints"
            else str(default)
        )
        rows.append((PREFIX + item.name.upper(), text, str(item.metadata["doc"])))
    return rows
