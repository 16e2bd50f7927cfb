"""Errors that end the command with one line for the person who typed it."""

from __future__ import annotations

from typing import IO, Any

import click

from lake.visible import visible


class UserError(click.ClickException):
    """A mistake or a failure the user can act on: one line on stderr, exit status 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"error: {visible(self.format_message(), keep=chr(10))}", err=True, file=file)
