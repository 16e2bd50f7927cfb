"""`bovespa preview`: what a deployment would create."""

from __future__ import annotations

from collections import Counter

import click
from rich.table import Table

from bovespa.errors import UserError
from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import preview as preview_stack
from bovespa.local.errors import LocalError
from bovespa.output import console, json_option, print_json


@click.command()
@click.option(
    "--stack", default="dev", show_default=True, help="The stack, a Pulumi.NAME.yaml of the project."
)
@json_option
def preview(stack: str, as_json: bool) -> None:
    """Print what `pulumi up` would create, without calling anything.

    The program itself is run in this process; no Pulumi CLI and no AWS account are needed.
    """
    try:
        planned = preview_stack(load_configuration(stack))
    except LocalError as error:
        raise UserError(str(error)) from error
    if as_json:
        print_json(
            {
                "stack": stack,
                "resources": [
                    {"type": r.type, "name": r.name, "inputs": _plain(r.inputs)} for r in planned.resources
                ],
                "exports": dict(planned.exports),
            }
        )
        return
    table = Table("type", "name", box=None, header_style="bold", pad_edge=False)
    for resource in sorted(planned.resources, key=lambda r: (r.type, r.name)):
        table.add_row(resource.type, resource.name)
    output = console()
    output.print(table)
    kinds = Counter(resource.type for resource in planned.resources)
    output.print(
        f"\n{len(planned.resources)} resources of {len(kinds)} types; exports: {', '.join(planned.exports)}"
    )


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return (
        value
        if isinstance(value, (str, int, float, bool, type(None)))
        else getattr(value, "path", str(value))
    )
