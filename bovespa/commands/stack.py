"""`bovespa up` and `bovespa down`: an embedded stack that stays, for trying things."""

from __future__ import annotations

import click

from bovespa.errors import UserError
from bovespa.local import daemon
from bovespa.local.errors import LocalError
from bovespa.output import json_option, print_json


@click.command()
@click.option("--stream", is_flag=True, help="With the Bitcoin stream.")
@json_option
def up(stream: bool, as_json: bool) -> None:
    """Start an embedded stack that stays until `bovespa down`.

    `bovespa ingest`, `backfill`, `query` and `report` then work on it; so does the AWS CLI with the endpoint and
    the credentials that are printed.
    """
    try:
        stack = daemon.start(stream=stream)
    except LocalError as error:
        raise UserError(str(error)) from error
    if as_json:
        print_json({"url": stack.url, "environment": stack.environment, "exports": stack.exports})
        return
    click.echo(f"The embedded stack answers at {stack.url}. To use it from other programs:")
    click.echo(f"  export AWS_ENDPOINT_URL={stack.url} AWS_REGION={stack.exports['region']}")
    click.echo(f"  export AWS_ACCESS_KEY_ID={stack.key.access_key_id}")
    click.echo(f"  export AWS_SECRET_ACCESS_KEY={stack.key.secret_access_key}")
    for name, value in sorted(stack.exports.items()):
        click.echo(f"{name:16} {value}")


@click.command()
def down() -> None:
    """End the embedded stack; its data goes with it."""
    try:
        daemon.stop()
    except LocalError as error:
        raise UserError(str(error)) from error
    click.echo("ended")
