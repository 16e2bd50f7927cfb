"""Which Athena and which lake a command works on: the embedded stack's, or a deployed one's on AWS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from bovespa.errors import UserError
from bovespa.local.aws import Clients
from bovespa.local.configuration import PROJECT
from bovespa.local.daemon import running_stack
from bovespa.local.errors import LocalError
from bovespa.local.stack import local_athena
from lake.athena import Athena

Command = TypeVar("Command", bound=Callable[..., Any])
EMBEDDED = "local"
_OUTPUT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A deployed stack: its exports, clients that reach it, and whether it is the embedded one."""

    exports: dict[str, Any]
    aws: Clients
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
        aws = running.aws
        return Target(
            exports=running.exports, aws=aws, athena=local_athena(aws, running.exports), embedded=True
        )
    exports = _pulumi_outputs(stack)
    aws = Clients({"AWS_REGION": exports["region"]})
    athena = Athena(client=aws["athena"], workgroup=exports["workgroup"], database=exports["database"])
    return Target(exports=exports, aws=aws, athena=athena, embedded=False)


def _pulumi_outputs(stack: str) -> dict[str, Any]:
    command = ["pulumi", "stack", "output", "--json", "--stack", stack, "--non-interactive"]
    try:
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, timeout=_OUTPUT_SECONDS, check=True
        )
    except FileNotFoundError:
        raise UserError(
            "--stack needs the Pulumi CLI, which is not on PATH: https://www.pulumi.com/docs/install"
        ) from None
    except subprocess.TimeoutExpired:
        raise UserError(f"`pulumi stack output` did not answer within {_OUTPUT_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(f"`pulumi stack output --stack {stack}` failed: {reason}") from None
    outputs: dict[str, Any] = json.loads(done.stdout)
    if "workgroup" not in outputs:
        raise UserError(f"stack {stack} has no outputs: deploy it with `pulumi up --stack {stack}`")
    return outputs
