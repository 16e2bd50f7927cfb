"""Which language a command's results are in: ``--language``, else the terminal's (ADR 0042)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from reports.notation import Language

Command = TypeVar("Command", bound=Callable[..., Any])
_CHOICES = {"pt": Language.PT_BR, "pt-br": Language.PT_BR, "en": Language.EN}
# The first that is set decides (POSIX.1-2017, Base Definitions, 8.2 "Internationalization Variables").
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


def terminal_language(environment: Mapping[str, str] = os.environ) -> Language:
    """The terminal's language: Portuguese where the locale says so, else English."""
    found = next((value for name in _LOCALE if (value := environment.get(name))), "")
    return Language.PT_BR if found.lower().startswith("pt") else Language.EN


def language_option(command: Command) -> Command:
    """``--language``: the command is called with a ``language``."""
    option: Callable[[Command], Command] = click.option(
        "--language",
        type=click.Choice(list(_CHOICES), case_sensitive=False),
        callback=lambda _context, _option, value: _CHOICES[value] if value else terminal_language(),
        help="Of what is printed. [default: the locale's, English where that isn't Portuguese]",
    )
    return option(command)
