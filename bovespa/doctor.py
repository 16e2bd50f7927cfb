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


def examine(
    aws: Services, *, region: str | None, layer: str | None, creates_default: bool
) -> Iterator[Finding]:
    """Look at everything, in the order in which it is needed; nothing is changed.

    Args:
        aws: clients that sign as the deployment will.
        region: where the stack is to be; None where nobody said.
        layer: the ARN of the pandas layer that the functions will have; None where it isn't known.
        creates_default: whether the stack will create the database ``default``.
    """
    yield _cli()
    if region is None:
        yield Finding(
            name="region",
            verdict=Verdict.BAD,
            seen="none is configured",
            todo="set aws:region in the stack's configuration, or AWS_REGION",
        )
        return
    yield Finding(name="region", verdict=Verdict.GOOD, seen=region)
    identity = _identity(aws)
    yield identity
    if identity.verdict is not Verdict.GOOD:
        return
    caller = _principal(identity.seen.split()[-1])
    yield _rights(aws, caller, "rights", ACTIONS, "ask the account's administrator for them")
    yield _rights(
        aws,
        caller,
        "roles",
        ROLE_ACTIONS,
        "deploy with a role that is there: Pulumi.lab.yaml and existingRoleArn (README, 'A student's account')",
    )
    if layer is not None:
        yield _layer(aws, layer)
    yield _concurrency(aws)
    yield _default_database(aws, creates_default)


def _cli() -> Finding:
    path = shutil.which("pulumi")
    if path is None:
        return Finding(
            name="pulumi",
            verdict=Verdict.BAD,
            seen="not on PATH",
            todo="install it: https://www.pulumi.com/docs/install",
        )
    try:
        done = subprocess.run(
            [path, "version"], capture_output=True, text=True, timeout=_CLI_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(
            name="pulumi", verdict=Verdict.BAD, seen=f"{path} does not run: {error}", todo="install it anew"
        )
    return Finding(name="pulumi", verdict=Verdict.GOOD, seen=done.stdout.strip())


def _identity(aws: Services) -> Finding:
    try:
        caller = aws["sts"].get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        return Finding(
            name="credentials",
            verdict=Verdict.BAD,
            seen=_first_line(error),
            todo="sign in: `aws configure`, `aws sso login`, or paste the lab's keys into ~/.aws/credentials",
        )
    return Finding(
        name="credentials", verdict=Verdict.GOOD, seen=f"account {caller['Account']} as {caller['Arn']}"
    )


def _principal(arn: str) -> str:
    """The IAM principal behind a session: its policies are the role's."""
    if assumed := _ASSUMED.fullmatch(arn):
        return f"arn:{assumed[1]}:iam::{assumed[2]}:role/{assumed[3]}"
    return arn


def _rights(aws: Services, principal: str, name: str, actions: Sequence[str], todo: str) -> Finding:
    if principal.endswith(":root"):
        return Finding(name=name, verdict=Verdict.GOOD, seen="the account's root may do everything")
    found = _asked(
        name,
        lambda: aws["iam"].simulate_principal_policy(PolicySourceArn=principal, ActionNames=list(actions)),
        "whether they are there shows with `pulumi up`",
    )
    if isinstance(found, Finding):
        return found
    denied = [
        result["EvalActionName"]
        for result in found["EvaluationResults"]
        if result["EvalDecision"] != "allowed"
    ]
    if denied:
        return Finding(name=name, verdict=Verdict.BAD, seen=f"{', '.join(denied)} denied", todo=todo)
    return Finding(name=name, verdict=Verdict.GOOD, seen=f"{', '.join(actions)} allowed")


def _layer(aws: Services, arn: str) -> Finding:
    found = _asked(
        "layer",
        lambda: aws["lambda"].get_layer_version_by_arn(Arn=arn),
        "name another with pandasLayerArn if `pulumi up` can't find it",
    )
    return found if isinstance(found, Finding) else Finding(name="layer", verdict=Verdict.GOOD, seen=arn)


def _concurrency(aws: Services) -> Finding:
    found = _asked("quotas", lambda: aws["lambda"].get_account_settings(), "")
    if isinstance(found, Finding):
        return found
    limit = found["AccountLimit"]["ConcurrentExecutions"]
    if limit < LAMBDA_CONCURRENCY:
        return Finding(
            name="quotas",
            verdict=Verdict.BAD,
            seen=f"{limit} concurrent Lambda executions",
            todo=f"ask for at least {LAMBDA_CONCURRENCY} (Service Quotas, L-B99A9384)",
        )
    return Finding(name="quotas", verdict=Verdict.GOOD, seen=f"{limit} concurrent Lambda executions")


def _default_database(aws: Services, creates: bool) -> Finding:
    try:
        aws["glue"].get_database(Name="default")
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            return _hidden("database", error, "")
        if creates:
            return Finding(
                name="database", verdict=Verdict.GOOD, seen="default is not there and will be made"
            )
        return Finding(
            name="database",
            verdict=Verdict.BAD,
            seen="default is not there",
            todo="pulumi config set createDefaultDatabase true",
        )
    except BotoCoreError as error:
        return _hidden("database", error, "")
    if creates:
        return Finding(
            name="database",
            verdict=Verdict.BAD,
            seen="default is there already, and the stack would make it",
            todo="pulumi config set createDefaultDatabase false",
        )
    return Finding(name="database", verdict=Verdict.GOOD, seen="default is there")


def _asked(name: str, ask: Callable[[], Any], todo: str) -> Any:
    """The answer, or a finding that says why there is none."""
    try:
        return ask()
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] in (
            "ResourceNotFoundException",
            "NoSuchEntity",
        ):
            return Finding(name=name, verdict=Verdict.BAD, seen=_first_line(error), todo=todo)
        return _hidden(name, error, todo)


def _hidden(name: str, error: Exception, todo: str) -> Finding:
    return Finding(
        name=name, verdict=Verdict.UNKNOWN, seen=f"can't be looked at: {_first_line(error)}", todo=todo
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
