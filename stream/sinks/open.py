"""The sink that a configuration names."""

from __future__ import annotations

from pathlib import Path

from stream.config import Config
from stream.sinks.base import Sink
from stream.sinks.directory import DirectorySink
from stream.sinks.stdout import StdoutSink
from stream.stats import Stats


def open_sink(config: Config, stats: Stats) -> Sink:
    """`kinesis`, `stdout`, or a directory.

    Raises:
        ConfigError: AWS's own settings are missing.
    """
    if config.sink == "kinesis":
        from stream.sinks.kinesis import kinesis_sink

        return kinesis_sink(config, stats)
    if config.sink == "stdout":
        return StdoutSink()
    return DirectorySink(Path(config.sink))
