"""Errors that end the command with one line for the person who typed it."""

from __future__ import annotations

from typing import IO, Any

import click


class UserError(click.ClickException):
    """A mistake or a failure the user can act on: one line on stderr, exit status 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"error: {self.format_message()}", err=True, file=file)
