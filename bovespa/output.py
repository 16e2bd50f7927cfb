"""How commands write: text for people, one JSON document for machines."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from lake.visible import visible

_NO_LIMIT = 10_000  # columns of a line that nobody wraps

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """``--json``: one JSON document on standard output, and nothing else there."""
    option: Callable[[Command], Command] = click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document."
    )
    return option(command)


def print_json(document: Any) -> None:
    """The document on standard output; dates in ISO 8601, decimals as text, exactly."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    click.echo(json.dumps(document, ensure_ascii=not unicode, default=_plain))


def say(text: str, *, err: bool = False) -> None:
    """A line for people; what in it can't be seen is written as escapes."""
    click.echo(visible(text, keep="\n"), err=err)


def console(*, stderr: bool = False) -> Console:
    """A terminal; where it isn't one, lines as long as what they hold."""
    made = _Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else _Console(stderr=stderr, highlight=False, width=_NO_LIMIT)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to :func:`bovespa.terminal.writing`: Rich would end the program with status 1."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (Decimal, Path)):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
