"""Some seconds of simulated trading that the real producer records, with faults on the way.

The exchanges run in this process, so that what they sent is known to the last id. The producer runs in one of its
own: its command, variables, rights, code archive and reaction to signals are those of the deployed task, and its
event loop doesn't share a core's time with five exchanges. What the terminal shows comes from its health endpoint,
what is counted at the end from its metric lines.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from bovespa.local.errors import AwaitedInVain, LocalError
from bovespa.local.producer_task import STOP_SECONDS, ProducerTask, Totals, producer_task
from bovespa.local.stack import Stack
from bovespa.stand_ins.exchanges import Simulator, serve
from bovespa.stand_ins.tls import self_signed
from stream.health import read_report
from stream.http import HttpClient, HttpError
from stream.stats import Snapshot

Market = tuple[str, str]
# Trades per second: the shape of a quiet hour, with Binance's bursts on top.
RATES: Mapping[Market, float] = {
    ("binance", "BTC-USDT"): 30.0,
    ("coinbase", "BTC-USD"): 20.0,
    ("kraken", "BTC-USD"): 10.0,
    ("bitstamp", "BTC-USD"): 6.0,
    ("mercado_bitcoin", "BTC-BRL"): 2.0,
}
SETTINGS = {
    "enabled": True,
    "exchanges": list(dict.fromkeys(exchange for exchange, _ in RATES)),
    "symbols": ["BTC-USD", "mercado_bitcoin:BTC-BRL"],
}
CONNECT_SECONDS = 30.0
SETTLE_SECONDS = 30.0
_POLL_SECONDS = 0.4
_HEALTH_SECONDS = 5.0


class TradesMissing(LocalError):
    """Trades are missing after a hop; the message names the hop, how many, and where to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, ``at`` which fraction of the session."""

    at: float
    text: str
    commit: Callable[[Simulator], Awaitable[None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A fault as it happened, ``second`` counted from the first trade."""

    second: float
    text: str


class Watcher(Protocol):
    """Who looks on."""

    def watch(self, shown: Snapshot | None, sent: int, second: float, seconds: float) -> None:
        """A moment: the producer's counters (None until it answers), trades sent, time since the first one."""

    def fault(self, committed: Committed) -> None:
        """A fault was committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What happened: ids by market, the moments of the first and last trade, and the producer's own counts.

    ``shown`` is the last that was seen of its counters, ``interrupted`` the signal that ended the session early.
    """

    sent: Mapping[Market, frozenset[int]]
    began: datetime
    ended: datetime
    totals: Totals
    shown: Snapshot | None
    faults: Sequence[Committed]
    interrupted: signal.Signals | None


def trade(stack: Stack, seconds: float, watcher: Watcher) -> Session:
    """Let the exchanges trade for some seconds, and end the producer once it has taken everything.

    SIGINT and SIGTERM end the session early, and in order too: what the producer has accepted by then is
    delivered.

    Raises:
        ProducerFailed: it didn't start, or ended by itself.
        TradesMissing: it didn't accept what was sent, or didn't deliver what it accepted.
        AwaitedInVain: it didn't connect, or doesn't end.
    """
    return asyncio.run(_trade(stack, seconds, watcher))


@dataclass(slots=True)
class _Floor:
    """The trading floor while it is open."""

    simulator: Simulator
    task: ProducerTask
    watcher: Watcher
    seconds: float
    stopped: asyncio.Event
    http: HttpClient
    opened: float = 0.0  # on the monotonic clock; 0 before the first trade
    shown: Snapshot | None = None
    faults: list[Committed] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return sum(map(len, self.simulator.published.values()))

    @property
    def second(self) -> float:
        return time.monotonic() - self.opened if self.opened else 0.0

    async def look(self) -> None:
        """Ask the producer how it is, and tell."""
        self.task.check()
        with contextlib.suppress(HttpError, msgspec.MsgspecError):  # it may be starting, or busy
            self.shown = read_report((await self.http.request("GET", self.task.health)).body)
        self.watcher.watch(self.shown, self.sent, self.second, self.seconds)

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Look again and again until it holds; False when the time is over, or somebody ends the session."""
        deadline = time.monotonic() + seconds
        while not holds():
            if self.stopped.is_set() or time.monotonic() > deadline:
                return False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopped.wait(), _POLL_SECONDS)
            await self.look()
        return True


async def _trade(stack: Stack, seconds: float, watcher: Watcher) -> Session:
    caught: list[signal.Signals] = []
    stopped = asyncio.Event()

    def interrupt(number: signal.Signals) -> None:
        caught.append(number)
        stopped.set()

    with _signals(interrupt):
        authority, tls = _certificate(stack)
        async with (
            serve(markets=list(RATES), tls=tls) as simulator,
            contextlib.AsyncExitStack() as parts,
        ):
            task = parts.enter_context(producer_task(stack, simulator.endpoints, authority))
            http = HttpClient(_HEALTH_SECONDS)
            parts.push_async_callback(http.close)
            floor = _Floor(simulator, task, watcher, seconds, stopped, http)
            began = datetime.now(UTC)
            if await _connected(floor):
                began = datetime.now(UTC)
                await _trading(floor)
                # Gaps are still being repaired, which needs the exchanges.
                await floor.until(lambda: _accepted(floor) >= floor.sent, SETTLE_SECONDS)
            ended = datetime.now(UTC)
            task.terminate()
            await _ended(task)
            session = Session(
                sent={market: frozenset(simulator.ids(*market)) for market in simulator.published},
                began=began,
                ended=ended,
                totals=task.totals(),
                shown=floor.shown,
                faults=tuple(floor.faults),
                interrupted=caught[0] if caught else None,
            )
            _check(session, task)
            return session


def _certificate(stack: Stack) -> tuple[Path, ssl.SSLContext]:
    try:
        return self_signed(stack.folder)
    except (OSError, subprocess.SubprocessError) as error:
        raise LocalError(f"no certificate for the simulated exchanges could be made: {error}") from error


async def _connected(floor: _Floor) -> bool:
    """Whether the producer has subscribed everywhere; what is traded before that, it can't know of."""

    def everywhere() -> bool:
        return all(floor.simulator.clients(exchange) for exchange, _ in RATES)

    if not await floor.until(everywhere, CONNECT_SECONDS) and not floor.stopped.is_set():
        missing = [exchange for exchange, _ in RATES if not floor.simulator.clients(exchange)]
        raise AwaitedInVain(
            f"the producer's subscription at {', '.join(missing)}", CONNECT_SECONDS, str(floor.task.log)
        )
    return not floor.stopped.is_set()


async def _trading(floor: _Floor) -> None:
    floor.opened = time.monotonic()
    running = [
        asyncio.create_task(floor.simulator.run_market(exchange, symbol, rate))
        for (exchange, symbol), rate in RATES.items()
    ]
    running.append(asyncio.create_task(_commit_faults(floor)))
    try:
        await floor.until(lambda: floor.second >= floor.seconds, floor.seconds + 1)
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)


async def _commit_faults(floor: _Floor) -> None:
    for fault in FAULTS:
        await asyncio.sleep(max(0.0, fault.at * floor.seconds - floor.second))
        done = fault.commit(floor.simulator)
        if done is not None:
            await done
        committed = Committed(second=round(floor.second, 1), text=fault.text)
        floor.faults.append(committed)
        floor.watcher.fault(committed)


def _accepted(floor: _Floor) -> int:
    return floor.shown.trades if floor.shown is not None else 0


def _check(session: Session, task: ProducerTask) -> None:
    """What was under way when the session was interrupted is nobody's loss; what was accepted would be."""
    sent, totals = sum(map(len, session.sent.values())), session.totals
    if task.status() != 0:
        seen = session.shown
        last = (
            f"{seen.acknowledged} of {seen.trades} trades were acknowledged when last seen"
            if seen
            else "unseen"
        )
        raise TradesMissing(
            f"producer → Kinesis: the producer could not deliver within {STOP_SECONDS:.0f} s of SIGTERM "
            f"(status {task.status()}, {last}); its log is {task.log}"
        )
    if session.interrupted is None and totals.accepted != sent:
        shown = session.shown
        detail = f", {shown.missing - shown.repaired} wait for repair" if shown is not None else ""
        raise TradesMissing(
            f"exchanges → producer: {totals.accepted} of {sent} trades were accepted{detail}; its log is {task.log}"
        )
    if totals.acknowledged != totals.accepted:
        raise TradesMissing(
            f"producer → Kinesis: {totals.acknowledged} of {totals.accepted} trades were acknowledged before the "
            f"producer ended; its log is {task.log}"
        )


async def _ended(task: ProducerTask) -> None:
    deadline = time.monotonic() + STOP_SECONDS + 10
    while task.status() is None:
        if time.monotonic() > deadline:
            raise AwaitedInVain("the producer's end after SIGTERM", STOP_SECONDS + 10, str(task.log))
        await asyncio.sleep(0.05)


@contextlib.contextmanager
def _signals(caught: Callable[[signal.Signals], object]) -> Iterator[None]:
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        loop.add_signal_handler(number, caught, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])


def _mark(exchange: str, **faults: int) -> Callable[[Simulator], None]:
    """So many trades or frames of an exchange are to go wrong from now on."""

    def commit(simulator: Simulator) -> None:
        for name, count in faults.items():
            setattr(simulator.faults[exchange], name, count)

    return commit


FAULTS: Sequence[Fault] = (
    Fault(at=0.15, text="binance keeps 40 trades to itself", commit=_mark("binance", drop=40)),
    Fault(
        at=0.30,
        text="coinbase drops the connection",
        commit=lambda s: s.disconnect("coinbase", in_frame=True),
    ),
    Fault(at=0.45, text="kraken sends 10 frames twice", commit=_mark("kraken", duplicate=10)),
    Fault(
        at=0.55,
        text="binance trades 1,000 times in 100 ms",
        commit=lambda s: s.burst("binance", "BTC-USDT", 1000, 0.1),
    ),
    Fault(
        at=0.65,
        text="bitstamp asks for a new connection",
        commit=lambda s: s.announce_shutdown("bitstamp", 3.0),
    ),
    Fault(at=0.75, text="kraken sends a frame cut in half", commit=_mark("kraken", corrupt=1)),
)
