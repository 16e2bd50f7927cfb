"""Which Athena and which lake a command works on: the embedded stack's, or a deployed one's on AWS."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import click
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from bovespa.errors import UserError
from bovespa.local.aws import local_athena
from bovespa.local.configuration import PROJECT
from bovespa.local.daemon import running_stack
from bovespa.local.errors import LocalError
from components.aws_configuration import AwsConfiguration, AwsConfigurationError
from components.aws_session import AwsSession, WrongAccount, known_account
from lake.athena import Athena

Command = TypeVar("Command", bound=Callable[..., Any])
EMBEDDED = "local"
_WORKGROUP, _DATABASE = "BOVESPA_WORKGROUP", "BOVESPA_DATABASE"
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")  # boto3 reads the second alone
_DEFAULT_DATABASE = "default"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Whom an analyst asks, as typed: a stack by its name, or a workgroup of Athena's, or neither."""

    stack: str | None = None
    workgroup: str | None = None
    region: str | None = None
    database: str | None = None


def athena_options(command: Command) -> Command:
    """``--stack``, or ``--workgroup``, ``--region`` and ``--database``; the command is called with a ``where``."""

    @functools.wraps(command)
    def asked(
        *arguments: Any,
        stack: str | None,
        workgroup: str | None,
        region: str | None,
        database: str | None,
        **more: Any,
    ) -> Any:
        where = Where(stack=stack, workgroup=workgroup, region=region, database=database)
        return command(*arguments, where=where, **more)

    decorated: Any = stack_option(asked)
    for name, metavar, told in (
        ("--database", "NAME", f"With --workgroup: of the Glue catalogue. [{_DATABASE}, or default]"),
        ("--region", "CODE", "With --workgroup: AWS's. [AWS_REGION, or the profile's]"),
        ("--workgroup", "NAME", f"Ask this workgroup of Athena's; no Pulumi is needed. [{_WORKGROUP}]"),
    ):
        decorated = click.option(name, metavar=metavar, help=told)(decorated)
    found: Command = decorated
    return found


def find_athena(where: Where) -> Target:
    """Whom to ask: what the options name, else the workgroup of the environment, else the embedded stack.

    Raises:
        UserError: it isn't there; says what to do.
        click.UsageError: the options contradict each other.
    """
    if where.stack and (where.workgroup or where.region or where.database):
        raise click.UsageError("--stack says the region and the database too: leave the other options out")
    workgroup = where.workgroup or (None if where.stack else os.environ.get(_WORKGROUP))
    if workgroup:
        return _workgroup(workgroup, where)
    if where.region or where.database:
        raise click.UsageError(f"--region and --database go with --workgroup, or {_WORKGROUP}")
    return find_target(where.stack)


def _workgroup(workgroup: str, where: Where) -> Target:
    region = where.region or next((found for name in _REGIONS if (found := os.environ.get(name))), None)
    database = where.database or os.environ.get(_DATABASE) or _DEFAULT_DATABASE
    try:
        aws = AwsSession(AwsConfiguration({}), region)
        client = aws["athena"]
    except NoRegionError:
        raise UserError("no region: give it with --region or AWS_REGION") from None
    except (AwsConfigurationError, BotoCoreError, OSError, ValueError) as error:
        raise UserError(" ".join(str(error).split())) from None
    exports = {"workgroup": workgroup, "database": database, "region": client.meta.region_name}
    athena = Athena(
        client=client, workgroup=workgroup, database=database, counts_scans=_is_aws(client.meta.endpoint_url)
    )
    return Target(exports=exports, aws=aws, athena=athena, embedded=False)


def _is_aws(url: str) -> bool:
    """Whether an endpoint is AWS's own; the embedded one's number of scanned bytes means nothing."""
    return (urlsplit(url).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))


def find_target(stack: str | None) -> Target:
    """The stack to work on.

    Raises:
        UserError: it isn't there; says what to do.
    """
    if stack in (None, EMBEDDED):
        try:
            running = running_stack()
        except LocalError as error:
            raise UserError(
                f"{error}, or name a stack on AWS with --stack, or a workgroup with --workgroup"
            ) from error
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
        aws = AwsSession(AwsConfiguration(values), exports["region"])
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
