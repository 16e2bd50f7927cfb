"""What a deployment needs, looked at one by one: each finding says what was seen and what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bovespa.target import Services
from bovespa.words import Examined

# One action of each service that a first `pulumi up` calls (Service Authorization Reference).
ACTIONS = (
    "s3:CreateBucket", "lambda:CreateFunction", "glue:CreateJob", "glue:CreateTable", "glue:StartJobRun",
    "athena:CreateWorkGroup", "scheduler:CreateSchedule", "events:PutRule", "sns:CreateTopic", "sqs:CreateQueue",
    "logs:CreateLogGroup", "cloudwatch:PutMetricAlarm",
)  # fmt: skip
ROLE_ACTIONS = ("iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole")
LAMBDA_CONCURRENCY = 10  # what all functions of the stack together may need at once, with room to spare
_CLI_SECONDS = 20
_ASSUMED = re.compile(r"arn:(aws[\w-]*):sts::(\d{12}):assumed-role/([^/]+)/.+")


class Verdict(StrEnum):
    """``UNKNOWN`` where the account doesn't let the caller look."""

    GOOD = "ok"
    UNKNOWN = "unknown"
    BAD = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's: ``todo`` is empty where there is nothing to do."""

    name: str
    verdict: Verdict
    seen: str
    todo: str = ""


def _good(name: str, seen: str) -> Finding:
    return Finding(name=name, verdict=Verdict.GOOD, seen=seen)


def _bad(name: str, seen: str, todo: str) -> Finding:
    return Finding(name=name, verdict=Verdict.BAD, seen=seen, todo=todo)


def examine(
    aws: Services, *, region: str | None, layer: str | None, creates_default: bool, said: Examined
) -> Iterator[Finding]:
    """Look at everything, in the order in which it is needed; nothing is changed.

    Args:
        aws: clients that sign as the deployment will.
        region: where the stack is to be; None where nobody said.
        layer: the ARN of the pandas layer that the functions will have; None where it isn't known.
        creates_default: whether the stack will create the database ``default``.
        said: the words of the findings.
    """
    yield _cli(said)
    if region is None:
        yield _bad("region", said.region_missing, said.region_set)
        return
    yield _good("region", region)
    identity = _identity(aws, said)
    yield identity
    if identity.verdict is not Verdict.GOOD:
        return
    caller = _principal(identity.seen.split()[-1])
    yield _rights(aws, caller, "rights", ACTIONS, said.rights_ask, said)
    yield _rights(aws, caller, "roles", ROLE_ACTIONS, said.roles_ready, said)
    if layer is not None:
        yield _layer(aws, layer, said)
    yield _concurrency(aws, said)
    yield _default_database(aws, creates_default, said)


def _cli(said: Examined) -> Finding:
    path = shutil.which("pulumi")
    if path is None:
        return _bad("pulumi", said.cli_missing, said.cli_install)
    try:
        done = subprocess.run(
            [path, "version"], capture_output=True, text=True, timeout=_CLI_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return _bad("pulumi", said.cli_broken.format(path=path, reason=error), said.cli_anew)
    return _good("pulumi", done.stdout.strip())


def _identity(aws: Services, said: Examined) -> Finding:
    try:
        caller = aws["sts"].get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        return _bad("credentials", _first_line(error), said.sign_in)
    return _good("credentials", said.account.format(account=caller["Account"], arn=caller["Arn"]))


def _principal(arn: str) -> str:
    """The IAM principal behind a session: its policies are the role's."""
    if assumed := _ASSUMED.fullmatch(arn):
        return f"arn:{assumed[1]}:iam::{assumed[2]}:role/{assumed[3]}"
    return arn


def _rights(
    aws: Services, principal: str, name: str, actions: Sequence[str], todo: str, said: Examined
) -> Finding:
    if principal.endswith(":root"):
        return _good(name, said.root)
    found = _asked(
        name,
        lambda: aws["iam"].simulate_principal_policy(PolicySourceArn=principal, ActionNames=list(actions)),
        said.rights_show,
        said,
    )
    if isinstance(found, Finding):
        return found
    denied = [
        result["EvalActionName"]
        for result in found["EvaluationResults"]
        if result["EvalDecision"] != "allowed"
    ]
    if denied:
        return _bad(name, said.denied.format(actions=", ".join(denied)), todo)
    return _good(name, said.allowed.format(actions=", ".join(actions)))


def _layer(aws: Services, arn: str, said: Examined) -> Finding:
    found = _asked(
        "layer",
        lambda: aws["lambda"].get_layer_version_by_arn(Arn=arn),
        said.layer_other,
        said,
    )
    return found if isinstance(found, Finding) else _good("layer", arn)


def _concurrency(aws: Services, said: Examined) -> Finding:
    found = _asked("quotas", lambda: aws["lambda"].get_account_settings(), "", said)
    if isinstance(found, Finding):
        return found
    limit = found["AccountLimit"]["ConcurrentExecutions"]
    if limit < LAMBDA_CONCURRENCY:
        return _bad(
            "quotas",
            said.concurrency.format(limit=limit),
            said.concurrency_ask.format(least=LAMBDA_CONCURRENCY),
        )
    return _good("quotas", said.concurrency.format(limit=limit))


def _default_database(aws: Services, creates: bool, said: Examined) -> Finding:
    try:
        aws["glue"].get_database(Name="default")
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            return _hidden("database", error, "", said)
        if creates:
            return _good("database", said.database_will_be)
        return _bad("database", said.database_missing, "pulumi config set createDefaultDatabase true")
    except BotoCoreError as error:
        return _hidden("database", error, "", said)
    if creates:
        return _bad("database", said.database_twice, "pulumi config set createDefaultDatabase false")
    return _good("database", said.database_there)


def _asked(name: str, ask: Callable[[], Any], todo: str, said: Examined) -> Any:
    """The answer, or a finding that says why there is none."""
    try:
        return ask()
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] in (
            "ResourceNotFoundException",
            "NoSuchEntity",
        ):
            return _bad(name, _first_line(error), todo)
        return _hidden(name, error, todo, said)


def _hidden(name: str, error: Exception, todo: str, said: Examined) -> Finding:
    return Finding(
        name=name, verdict=Verdict.UNKNOWN, seen=said.hidden.format(reason=_first_line(error)), todo=todo
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
