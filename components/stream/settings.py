"""The stream's configuration: the object ``bovespa:stream`` of a stack, typed and checked.

Absent, or with ``enabled: false``, nothing of the stream is made. In a stack's file::

    bovespa:stream:
      enabled: true
      exchanges: [binance, coinbase]
      symbols: [BTC-USD]  # exchange:MARKET is for that exchange alone, as in mercado_bitcoin:BTC-BRL
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import pulumi

from components.errors import SettingsError
from components.schedule_expression import is_schedule
from stream.config import Config
from stream.errors import ConfigError

KEY = "stream"
# Docker's official image `python:3.13-slim` (3.13.15 on Debian trixie) in AWS's public mirror of it, by the
# digest of its multi-architecture index; ECR Public needs no credentials and no Docker Hub account.
IMAGE = (
    "public.ecr.aws/docker/library/python:3.13-slim"
    "@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b"
)
_PINNED = re.compile(r"[a-z0-9./:_-]+@sha256:[0-9a-f]{64}")
# What Fargate offers in the smallest sizes: MiB of memory by CPU units (Amazon ECS, "Fargate task sizes").
_SIZES = {256: (512, 1024, 2048), 512: (1024, 2048, 3072, 4096), 1024: (2048, 3072, 4096, 8192)}
_KINDS: Mapping[str, tuple[type, str]] = {
    "bool": (bool, "true or false"),
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "str": (str, "text"),
    "tuple[str, ...]": (list, "a list of names"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """What a stack can choose of the stream.

    ``shards`` 0 is on-demand capacity; ``flush_seconds`` is how long a trade waits for its record to fill,
    ``delivery_seconds`` how long Firehose gathers a file; ``cpu`` in Fargate's units, ``memory`` in MiB.
    """

    enabled: bool = False
    exchanges: tuple[str, ...] = ("binance", "coinbase")
    symbols: tuple[str, ...] = ("BTC-USD",)
    flush_seconds: float = 1.0
    shards: int = 0
    delivery_seconds: int = 300
    image: str = IMAGE
    cpu: int = 256
    memory: int = 512
    compaction_schedule: str = "cron(30 1 * * ? *)"
    compaction_scan_limit_mb: int = 102_400

    def __post_init__(self) -> None:
        try:
            Config(exchanges=self.exchanges, symbols=self.symbols, flush_interval=self.flush_seconds)
        except ConfigError as error:
            key = "flushSeconds" if error.setting == "flush_interval" else f"{error.setting}"
            raise SettingsError(f"{pulumi.get_project()}:{KEY}.{key}: {error.problem}") from None
        _require(0.1 <= self.flush_seconds <= 60, "flushSeconds", "0.1 to 60")
        _require(0 <= self.shards <= 200, "shards", "0 (on-demand) to 200")
        _require(60 <= self.delivery_seconds <= 900, "deliverySeconds", "60 to 900, Firehose's range")
        _require(bool(_PINNED.fullmatch(self.image)), "image", "an image pinned by digest, name@sha256:…")
        _require(self.cpu in _SIZES, "cpu", f"one of {', '.join(map(str, _SIZES))}")
        sizes = _SIZES[self.cpu]
        _require(self.memory in sizes, "memory", f"one of {', '.join(map(str, sizes))} with cpu {self.cpu}")
        _require(
            is_schedule(self.compaction_schedule),
            "compactionSchedule",
            "cron(…) or rate(…)",
        )
        _require(self.compaction_scan_limit_mb >= 10, "compactionScanLimitMb", "at least 10")


def load_stream_settings() -> StreamSettings:
    """The stack's settings of the stream; disabled when the stack has none.

    Raises:
        SettingsError: not an object, a key that doesn't exist, or a value that can't work.
    """
    try:
        given = pulumi.Config().get_object(KEY)
    except pulumi.ConfigTypeError:
        given = ""
    if given is None:
        return StreamSettings()
    if not isinstance(given, Mapping):
        raise SettingsError(f"{pulumi.get_project()}:{KEY}: expected an object such as {{enabled: true}}")
    known = {_camel(item.name): item for item in fields(StreamSettings)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise SettingsError(
                f"{pulumi.get_project()}:{KEY}.{key}: no such key; there are {', '.join(known)}"
            )
        values[known[key].name] = _typed(key, value, str(known[key].type))
    return StreamSettings(**values)


def _typed(key: str, value: Any, kind: str) -> Any:
    expected, words = _KINDS[kind]
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if expected is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    right = isinstance(value, expected) and not (expected is int and isinstance(value, bool))
    _require(right, key, words)
    if expected is list:
        _require(all(isinstance(item, str) for item in value), key, words)
        return tuple(value)
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _require(holds: bool, key: str, expected: str) -> None:
    if not holds:
        raise SettingsError(f"{pulumi.get_project()}:{KEY}.{key}: expected {expected}")
