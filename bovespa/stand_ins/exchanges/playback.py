"""Recorded sessions as the simulator's source: the same trades, ids and order, on any exchange's wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from bovespa.recordings.recording import open_recording
from bovespa.stand_ins.exchanges.server import Simulator
from stream.exchanges import exchange_named
from stream.exchanges.base import Session
from stream.exchanges.kraken import decode_rest
from stream.trade import Trade


def recorded_trades(path: Path) -> Iterator[tuple[int, list[Trade]]]:
    """(receive time in µs, new trades of one symbol) of a recording.

    Raises:
        RecordingError: it is no recording, or ends in the middle.
    """
    recording = open_recording(path)
    exchange = exchange_named(recording.exchange)
    sessions: dict[str, Session] = {}
    newest: dict[str, int] = {}
    for frame in recording.frames:
        if frame.opened or frame.connection not in sessions:
            sessions[frame.connection] = exchange.session()
        if recording.rest_symbol:
            trades, _ = decode_rest(frame.payload, recording.rest_symbol, frame.received_at)
        else:
            trades = list(sessions[frame.connection].decode(frame.payload, frame.received_at))
        for symbol, group in groupby(trades, lambda trade: trade.symbol):
            fresh = [trade for trade in group if trade.trade_id > newest.get(symbol, -1)]
            if fresh:
                newest[symbol] = fresh[-1].trade_id
                yield frame.received_at, fresh


def recorded_markets(path: Path) -> list[tuple[str, str]]:
    """(exchange, symbol) of everything traded in a recording."""
    return sorted({(trade.exchange, trade.symbol) for _, trades in recorded_trades(path) for trade in trades})


async def play(simulator: Simulator, path: Path, speed: float) -> None:
    """Let a recording's trades happen, `speed` times as fast as they did; 0: as fast as possible.

    Begins when the first client has subscribed to the exchange.
    """
    started: tuple[float, int] | None = None
    for received_at, trades in recorded_trades(path):
        exchange, symbol = trades[0].exchange, trades[0].symbol
        if started is None:
            while not simulator.clients(exchange):
                await asyncio.sleep(0.02)
            started = (time.monotonic(), received_at)
        due = started[0] + (received_at - started[1]) / 1e6 / speed if speed else 0.0
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        simulator.publish(exchange, symbol, trades)
