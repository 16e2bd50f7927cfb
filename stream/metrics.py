"""Metrics as CloudWatch's embedded metric format: JSON lines on standard error, which the log driver ships.

Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import TextIO

import msgspec

from stream.config import Config
from stream.stats import ExchangeStats, Snapshot, Stats

_COUNTERS = (
    ("Trades", "trades"),
    ("Acknowledged", "acknowledged"),
    ("Gaps", "gaps"),
    ("MissingTrades", "missing"),
    ("RepairedTrades", "repaired"),
    ("UnrepairedTrades", "unrepaired"),
    ("LostTrades", "lost"),
    ("UnwantedTrades", "unwanted"),
    ("DuplicateTrades", "duplicates"),
    ("BadFrames", "bad_frames"),
    ("Reconnects", "reconnects"),
    ("Retries", "retries"),
    ("Throttled", "throttled"),
)
_GAUGES = (
    ("LagP50", "lag_p50", "Seconds"),
    ("LagP99", "lag_p99", "Seconds"),
    ("DeliveryP50", "delivery_p50", "Seconds"),
    ("DeliveryP99", "delivery_p99", "Seconds"),
    ("LastTradeAge", "last_trade_age", "Seconds"),
    ("QueuedBytes", "queued_bytes", "Bytes"),
    ("SpilledBytes", "spilled_bytes", "Bytes"),
)
EXCHANGE_METRICS = (("LastTradeAge", "Seconds"), ("OpenGapTrades", "Count"), ("RefusedHosts", "Count"))
"""By the dimension `Exchange`."""


def metric_line(namespace: str, moment: float, current: Snapshot, previous: Snapshot | None) -> str:
    """One line; counters are the growth since `previous`. `moment` is Unix time in seconds.

    Gauges without a value yet are left out. Until there was a trade, `LastTradeAge` is the uptime, so that
    its alarm also sees a producer that never received anything.
    """
    values: dict[str, float] = {}
    definitions = []
    for name, attribute in _COUNTERS:
        before = getattr(previous, attribute) if previous is not None else 0
        values[name] = getattr(current, attribute) - before
        definitions.append({"Name": name, "Unit": "Count"})
    for name, attribute, unit in _GAUGES:
        value = getattr(current, attribute)
        if attribute == "last_trade_age" and value is None:
            value = current.uptime
        if value is not None:
            values[name] = round(value, 6)
            definitions.append({"Name": name, "Unit": unit})
    return _line(namespace, moment, [], definitions, values)


def exchange_line(namespace: str, moment: float, name: str, current: Snapshot, age: float | None) -> str:
    """One exchange's line: how long it has been silent, what is missing of it, whether it refuses us."""
    known = current.exchanges.get(name, ExchangeStats())
    values: dict[str, float | str] = {
        "Exchange": name,
        "LastTradeAge": round(max(0.0, current.uptime if age is None else age), 3),
        "OpenGapTrades": known.open_trades,
        "RefusedHosts": len(known.refused),
    }
    definitions = [{"Name": metric, "Unit": unit} for metric, unit in EXCHANGE_METRICS]
    return _line(namespace, moment, ["Exchange"], definitions, values)


def _line(
    namespace: str,
    moment: float,
    dimensions: list[str],
    definitions: list[dict[str, str]],
    values: Mapping[str, float | str],
) -> str:
    directive = {"Namespace": namespace, "Dimensions": [dimensions], "Metrics": definitions}
    line = {"_aws": {"Timestamp": int(moment * 1000), "CloudWatchMetrics": [directive]}, **values}
    return msgspec.json.encode(line).decode()


class MetricLines:
    """The lines of one producer: their counters add up to its own, their quantiles cover one interval each."""

    def __init__(self, config: Config, stats: Stats, stream: TextIO | None = None) -> None:
        self._config = config
        self._stats = stats
        self._target = stream or sys.stderr
        self._previous: Snapshot | None = None

    def emit(self) -> None:
        """A line about everything since the last one, and one about each exchange."""
        stats, current = self._stats, self._stats.snapshot()
        line = metric_line(self._config.metrics_namespace, stats.wall(), current, self._previous)
        self._target.write(line + "\n")
        for name in self._config.exchanges:
            line = exchange_line(self._config.metrics_namespace, stats.wall(), name, current, stats.age(name))
            self._target.write(line + "\n")
        self._target.flush()
        stats.lag.clear()
        stats.delivery.clear()
        self._previous = current

    async def run(self) -> None:
        """A line every `metrics_interval`, until cancelled."""
        while True:
            await asyncio.sleep(self._config.metrics_interval)
            self.emit()
