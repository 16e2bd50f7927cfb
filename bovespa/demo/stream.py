"""The stream's demo: simulated exchanges trade, the deployed stack records them, the saved queries answer."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from bovespa.demo.stream_account import Account, await_delivery, opening
from bovespa.demo.stream_session import SETTINGS, Session, TradesMissing, Watcher, trade
from bovespa.local.stack import Stack, embedded_stack
from lake.athena import Result
from lake.saved_queries import SavedQuery, stream_queries

SECONDS = 20.0


class Progress(Watcher, Protocol):
    """The demo's progress."""

    def started(self, step: str) -> None:
        """A step has begun."""

    def ended(self, step: str, seconds: float, outcome: str) -> None:
        """The step is done; ``outcome`` says what came of it, possibly nothing."""

    def delivered(self, found: int, wanted: int) -> None:
        """So many of so many trades can be asked for in Athena."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A saved query over the session, and what Athena said."""

    query: SavedQuery
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """What happened; ``answers`` are empty where the session was interrupted."""

    session: Session
    account: Account
    answers: tuple[Answer, ...]
    seconds: Mapping[str, float]


@dataclass(slots=True)
class _Steps:
    """Times the steps and passes them on."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    outcome: str = ""

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.progress.started(name)
        self.outcome = ""
        started = time.monotonic()
        yield
        spent = time.monotonic() - started
        self.seconds[name] = round(spent, 2)
        self.progress.ended(name, spent, self.outcome)


def demonstrate(
    *,
    progress: Progress,
    seconds: float = SECONDS,
    keep: Callable[[Stack], None] | None = None,
) -> Demonstration:
    """Deploy the program with its stream, trade for some seconds, and ask the saved queries.

    SIGINT and SIGTERM during the trading end it early: what the producer accepted is delivered to Kinesis, and
    nothing is asked.

    Args:
        progress: is told of each step, and looks on while it lasts.
        seconds: of trading.
        keep: called with the running stack before it is ended, to keep it for a while.

    Raises:
        LocalError: a part didn't start, a hop lost trades, or an answer counts a trade twice.
        QueryFailed: Athena refused a saved query.
    """
    steps = _Steps(progress)
    with embedded_stack(settings={"stream": SETTINGS}, spark=False, step=steps) as stack:
        with steps("record"):
            session = trade(stack, seconds, progress)
            account = opening(session)
            steps.outcome = f"{account.acknowledged:,} of {account.sent:,} trades acknowledged by Kinesis"
        answers: tuple[Answer, ...] = ()
        if session.interrupted is None:
            with steps("Firehose → parquet"):
                account = await_delivery(stack, session, told=progress.delivered)
                steps.outcome = f"{account.distinct:,} of {account.sent:,} trades are in Athena"
            with steps("ask the saved queries"):
                answers = _ask(stack, session)
            account = replace(account, duplicated=_counted(answers) - account.sent + (account.lost or 0))
            if not account.balanced:
                raise TradesMissing(
                    f"the account does not balance: {account.lost} trades lost, {account.unknown} never sent, "
                    f"{account.duplicated} counted twice; look at {stack.emulator.log}"
                )
            if keep is not None:
                keep(stack)
    return Demonstration(session=session, account=account, answers=answers, seconds=steps.seconds)


def _ask(stack: Stack, session: Session) -> tuple[Answer, ...]:
    """Every saved query of the stream, over the minutes of the session."""
    end = session.ended + timedelta(seconds=1)
    minutes = math.ceil((end - session.began).total_seconds() / 60) + 1
    asked = [query.window(end, minutes) for query in stream_queries()]
    return tuple(Answer(query=query, result=stack.athena.run(query.sql)) for query in asked)


def _counted(answers: tuple[Answer, ...]) -> int:
    """Trades by the OHLCV query, which drops what was delivered twice."""
    (answer,) = (answer for answer in answers if answer.query.name == "bitcoin_ohlcv")
    return sum(int(str(row["trades"])) for row in answer.result.records())
