"""Which Athena and which lake a command works on: the embedded stack's, or a deployed one's on AWS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.errors import UserError
from bovespa.local.aws import local_athena
from bovespa.local.configuration import PROJECT
from bovespa.local.daemon import running_stack
from bovespa.local.errors import LocalError
from components.aws_configuration import AwsConfigurationError, aws_configuration
from components.aws_session import AwsSession, WrongAccount, known_account
from lake.athena import Athena

Command = TypeVar("Command", bound=Callable[..., Any])
EMBEDDED = "local"
_OUTPUT_SECONDS = 60


class Services(Protocol):
    """boto3 clients by the names of services."""

    def __getitem__(self, service: str, /) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A deployed stack: its exports, clients that reach it, and whether it is the embedded one."""

    exports: dict[str, Any]
    aws: Services
    athena: Athena
    embedded: bool


def stack_option(command: Command) -> Command:
    """``--stack NAME``: a stack on AWS instead of the embedded one."""
    option: Callable[[Command], Command] = click.option(
        "--stack",
        metavar="NAME",
        help="A stack on AWS (`pulumi up` made it), or local. [default: local, the embedded stack]",
    )
    return option(command)


def find_target(stack: str | None) -> Target:
    """The stack to work on.

    Raises:
        UserError: it isn't there; says what to do.
    """
    if stack in (None, EMBEDDED):
        try:
            running = running_stack()
        except LocalError as error:
            raise UserError(f"{error}, or name a stack on AWS with --stack") from error
        athena = local_athena(running.aws, running.exports)
        return Target(exports=running.exports, aws=running.aws, athena=athena, embedded=True)
    exports = _outputs(stack)
    aws = _signed_in(stack, exports)
    athena = Athena(client=aws["athena"], workgroup=exports["workgroup"], database=exports["database"])
    return Target(exports=exports, aws=aws, athena=athena, embedded=False)


def _outputs(stack: str) -> dict[str, Any]:
    outputs: dict[str, Any] = _pulumi(stack, "stack", "output")
    if "workgroup" not in outputs:
        raise UserError(f"stack {stack} has no outputs: deploy it with `pulumi up --stack {stack}`")
    return outputs


def _signed_in(stack: str, exports: dict[str, Any]) -> AwsSession:
    """Clients with the credentials that `pulumi up` takes, once they are sure to be of the stack's account."""
    values = {key: entry.get("value") for key, entry in _pulumi(stack, "config", "--show-secrets").items()}
    try:
        aws = AwsSession(aws_configuration(values), exports["region"])
        aws.require(_account(exports))
    except (AwsConfigurationError, BotoCoreError, ClientError, OSError, WrongAccount) as error:
        raise UserError(f"stack {stack}: {' '.join(str(error).split())}") from None
    return aws


def _account(exports: dict[str, Any]) -> str | None:
    """The stack's account: exported, and part of its topic's ARN."""
    topic = str(exports.get("alarmTopic", "")).split(":")
    return known_account(exports.get("account") or (topic[4] if len(topic) > 4 else None))


def _pulumi(stack: str, *arguments: str) -> Any:
    """What `pulumi … --json` prints of a stack."""
    command = ["pulumi", *arguments, "--json", "--stack", stack, "--non-interactive"]
    shown = f"`pulumi {' '.join(arguments)} --stack {stack}`"
    try:
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, timeout=_OUTPUT_SECONDS, check=True
        )
        return json.loads(done.stdout)
    except FileNotFoundError:
        raise UserError(
            "--stack needs the Pulumi CLI, which is not on PATH: https://www.pulumi.com/docs/install"
        ) from None
    except subprocess.TimeoutExpired:
        raise UserError(f"{shown} did not answer within {_OUTPUT_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(f"{shown} failed: {reason}") from None
    except ValueError:
        raise UserError(f"{shown} printed no JSON") from None
