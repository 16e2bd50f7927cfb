"""`bovespa doctor`: whether this machine and this account can deploy the stack."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click
from botocore.exceptions import BotoCoreError
from rich.text import Text

from bovespa.doctor import Verdict, examine
from bovespa.errors import UserError
from bovespa.language import language_option
from bovespa.local.configuration import load_configuration
from bovespa.local.errors import LocalError
from bovespa.output import console, json_option, print_json
from bovespa.words import EN, words
from components.aws_configuration import KEYS, AwsConfiguration, AwsConfigurationError
from components.aws_session import AwsSession
from components.pandas_layer import pandas_layer_arn
from components.settings import SettingsError
from reports.notation import Language

_MARKS = {Verdict.GOOD: ("✓", "green"), Verdict.UNKNOWN: ("?", "yellow"), Verdict.BAD: ("✗", "dark_orange3")}


@click.command()
@click.option(
    "--stack", default="dev", show_default=True, metavar="NAME", help="Whose Pulumi.NAME.yaml to follow."
)
@language_option
@json_option
def doctor(stack: str, language: Language, as_json: bool) -> None:
    """Whether this machine and this account can deploy the stack; nothing is changed.

    Looks at the Pulumi CLI, the region, the credentials, the rights that matter, the functions' layer, quotas,
    and the database. Ends with status 1 where something is missing.
    """
    try:
        values: Mapping[str, Any] = load_configuration(stack, {}).values
    except LocalError as error:
        raise UserError(str(error)) from error
    region = values.get("aws:region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    said = (EN if as_json else words(language)).examined
    found = list(
        examine(
            _signed_in(values, region),
            region=region,
            layer=_layer(region, str(values.get("bovespa:pandasLayerArn") or "")),
            creates_default=str(values.get("bovespa:createDefaultDatabase", "true")).lower() == "true",
            said=said,
        )
    )
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        output = console()
        for finding in found:
            mark, style = _MARKS[finding.verdict]
            line = f"{said.names.get(finding.name, finding.name)}: {finding.seen}" + (
                f" — {finding.todo}" if finding.todo else ""
            )
            output.print(Text.assemble((f"{mark} ", style), line), soft_wrap=True)
    if any(finding.verdict is Verdict.BAD for finding in found):
        raise click.exceptions.Exit(1)


def _signed_in(values: Mapping[str, Any], region: str | None) -> AwsSession:
    """Clients with the credentials that `pulumi up` will take."""
    given = {key: value for key, value in values.items() if '"secure"' not in str(value)}
    if hidden := sorted(key for key in values.keys() - given.keys() if key in KEYS):
        raise UserError(f"{', '.join(hidden)}: encrypted in the stack's file; the doctor can't sign with it")
    try:
        return AwsSession(AwsConfiguration(given), region)
    except (AwsConfigurationError, BotoCoreError, OSError) as error:
        raise UserError(str(error)) from error


def _layer(region: str | None, configured: str) -> str | None:
    try:
        return pandas_layer_arn(region, configured=configured) if region else None
    except SettingsError:
        return None
