"""Options and errors that the commands of the stream share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click
import msgspec

from bovespa.errors import UserError
from stream.errors import StreamError
from stream.exchanges.base import Endpoints

TO = click.option(
    "--to", "sink", default=None, metavar="kinesis|stdout|DIR", help="Where records go. [default: kinesis]"
)
AS_JSON = click.option(
    "--json", "as_json", is_flag=True, help="End with one JSON document (on stderr with --to stdout)."
)
KINESIS_STREAM = click.option("--kinesis-stream", default=None, help="Name of the Kinesis data stream.")


def endpoints_of(text: str | None) -> dict[str, Endpoints] | None:
    """The value of --endpoints.

    Raises:
        UserError: not the JSON that the simulator prints.
    """
    if text is None:
        return None
    try:
        return msgspec.json.decode(text.encode(), type=dict[str, Endpoints])
    except msgspec.MsgspecError as error:
        raise UserError(f"--endpoints: {error}") from None


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """The stream's own errors as one line."""
    try:
        yield
    except StreamError as error:
        raise UserError(str(error)) from None
    except OSError as error:
        raise UserError(f"{error.filename or 'the system'}: {error.strerror or error}") from None
