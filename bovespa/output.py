"""How commands write: text for people, one JSON document for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """``--json``: one JSON document on standard output, and nothing else there."""
    option: Callable[[Command], Command] = click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document."
    )
    return option(command)


def print_json(document: Any) -> None:
    """The document on standard output; dates in ISO 8601, decimals as text, exactly."""
    click.echo(json.dumps(document, ensure_ascii=False, default=_plain))


def console(*, stderr: bool = False) -> Console:
    """A terminal that keeps lines whole when it isn't one."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=160)


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (Decimal, Path)):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
