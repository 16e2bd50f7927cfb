"""`bovespa demo --stream`: the Bitcoin stream on this machine."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bovespa.commands.stream import live_table, summary
from bovespa.demo.stream import SECONDS, Answer, Demonstration, demonstrate
from bovespa.demo.stream_account import Account
from bovespa.demo.stream_session import Committed, Session
from bovespa.errors import UserError
from bovespa.local.errors import LocalError
from bovespa.local.stack import Stack
from bovespa.output import console, print_json
from bovespa.steps import StepLines
from lake.athena import QueryFailed, Value
from stream.errors import StreamError
from stream.stats import Snapshot

_SHOWN_ROWS = 10
_DOCUMENT_ROWS = 1000
_LINE_SECONDS = 5.0
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


class _Watching(StepLines):
    """The steps, and between them the producer as a live table; plain lines where nobody watches."""

    def __init__(self, output: Console) -> None:
        super().__init__(output)
        self._live: Live | None = None
        self._told = 0.0

    def watch(self, shown: Snapshot | None, sent: int, second: float, seconds: float) -> None:
        if shown is None:
            return
        if self._output.is_terminal:
            self._show(shown, f"{sent:,} trades sent in {min(second, seconds):.0f} of {seconds:.0f} s")
        elif second - self._told >= _LINE_SECONDS:
            self._told = second
            self._output.print(
                f"{second:7.1f} s  {sent:,} sent, {shown.trades:,} accepted, {shown.acknowledged:,} acknowledged, "
                f"{shown.rate:,.0f}/s, {shown.gaps} gaps, {shown.repaired} of {shown.missing} repaired, "
                f"{shown.duplicates} duplicates dropped",
                soft_wrap=True,
            )

    def fault(self, committed: Committed) -> None:
        self._output.print(f"{committed.second:7.1f} s  [yellow]fault:[/] {committed.text}", soft_wrap=True)

    def delivered(self, found: int, wanted: int) -> None:
        if self._status is not None:
            self._status.update(f"Firehose → parquet: {found:,} of {wanted:,} trades are in Athena")

    def stop(self) -> None:
        super().stop()
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show(self, shown: Snapshot, title: str) -> None:
        table = live_table(shown, title)
        if self._live is None:
            super().stop()  # a terminal has one moving part at a time
            self._live = Live(table, console=self._output, auto_refresh=False)
            self._live.start()
        self._live.update(table, refresh=True)


def demo_stream(seconds: float | None, *, keep: Callable[[Stack], None] | None, as_json: bool) -> None:
    """Run the demo and print its outcome.

    Interrupted, it ends as a command without a handler would: 130 after SIGINT, by the signal after SIGTERM.

    Raises:
        UserError: a part didn't start, a hop lost trades, or Athena refused a query.
    """
    output = console(stderr=as_json)
    progress = _Watching(output)
    started = time.monotonic()
    try:
        shown = demonstrate(progress=progress, seconds=seconds or SECONDS, keep=keep)
    except (LocalError, QueryFailed, StreamError, OSError) as error:
        raise UserError(str(error)) from error
    finally:
        progress.stop()
    spent = time.monotonic() - started
    if as_json:
        print_json(_document(shown, spent))
    else:
        _print(shown, spent, output)
    if shown.session.interrupted is not None:
        _end_by(shown.session.interrupted)


def _end_by(number: signal.Signals) -> None:
    if number is signal.SIGINT:
        raise KeyboardInterrupt
    sys.stdout.flush()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _print(shown: Demonstration, seconds: float, output: Console) -> None:
    for answer in shown.answers:
        output.print()
        output.print(_table(answer))
        if (left := len(answer.result.rows) - _SHOWN_ROWS) > 0:
            output.print(f"… and {left:,} more")
    output.print()
    output.print(_recorded(shown.session), soft_wrap=True)
    output.print(f"[bold]{_accounted(shown.account)}[/], {seconds:.1f} s in all", soft_wrap=True)


def _table(answer: Answer) -> Table:
    """The first rows; of times the clock alone, as everything happened within minutes."""
    table = Table(
        title=answer.query.title, title_justify="left", header_style="bold", box=None, pad_edge=False
    )
    rows = answer.result.rows[:_SHOWN_ROWS]
    for place, name in enumerate(answer.result.columns):
        numeric = any(isinstance(row[place], (int, Decimal)) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    return table


def _cell(value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, Decimal):
        digits = f"{value:,f}"
        whole, point, places = digits.partition(".")
        return f"{whole}{point}{places.rstrip('0').ljust(2, '0')}" if point else digits
    text = str(value)
    return text[11:23] if _MOMENT.match(text) else text


def _recorded(session: Session) -> str:
    shown, totals = session.shown, session.totals
    gaps = f"{shown.gaps} gaps, {shown.reconnects} lost connections, " if shown is not None else ""
    return f"{gaps}{totals.repaired} trades repaired, {totals.duplicates} duplicates dropped"


def _accounted(account: Account) -> str:
    """The account in one line; the latter half where Athena was asked."""
    line = f"{account.sent:,} sent, {account.accepted:,} accepted, {account.acknowledged:,} acknowledged"
    if account.distinct is None:
        return line
    return f"{line}, {account.distinct:,} in Athena, {account.lost} lost, {account.duplicated} duplicated"


def _document(shown: Demonstration, seconds: float) -> dict[str, Any]:
    session, account = shown.session, shown.account
    return {
        "interrupted": session.interrupted.name if session.interrupted is not None else None,
        "account": {
            "sent": account.sent,
            "accepted": account.accepted,
            "acknowledged": account.acknowledged,
            "stored": account.stored,
            "distinct": account.distinct,
            "lost": account.lost,
            "unknown": account.unknown,
            "duplicated": account.duplicated,
        },
        "repaired": session.totals.repaired,
        "duplicates_dropped": session.totals.duplicates,
        "faults": [{"second": fault.second, "fault": fault.text} for fault in session.faults],
        "producer": summary(session.shown) if session.shown is not None else None,
        "answers": {
            answer.query.name: {
                "title": answer.query.title,
                "row_count": len(answer.result.rows),
                "columns": answer.result.columns,
                "rows": answer.result.rows[:_DOCUMENT_ROWS],
            }
            for answer in shown.answers
        },
        "seconds": {**shown.seconds, "total": round(seconds, 2)},
    }
