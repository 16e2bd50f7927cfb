"""What a job's process in the emulator finds out there: its run, its role's credentials, where its logs go."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.s3_store import client

DEFAULT_LOG_PREFIX = "/aws-glue/jobs"
_CLAIM_SECONDS = 10.0
_POLL_SECONDS = 0.05
_ACTIVE = ("STARTING", "RUNNING")
_EVENT_BYTES = 200_000
_BATCH_EVENTS = 1000
_BATCH_BYTES = 900_000
_SOURCE_KEYS = ("aws:sourceaccount", "aws:sourcearn")
_BLANK = re.compile(r"\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """The emulator as its own environment describes it, with its own credentials."""

    endpoint: str
    region: str
    account: str

    def client(self, service: str, credentials: Mapping[str, str] | None = None) -> Any:
        own = credentials or {}
        return client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=own.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=own.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=own.get("AWS_SESSION_TOKEN"),
        )

    def environment(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """The AWS variables of a process that has a role's rights and no others."""
        return {
            **credentials,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


def emulator(environment: Mapping[str, str]) -> Emulator:
    """The emulator that a process in it sees in its environment.

    Raises:
        RuntimeFailure: the environment is not the emulator's.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL")
    if not endpoint:
        port = environment.get("GATEWAY_PORT")
        if not port:
            raise RuntimeFailure("neither AWS_ENDPOINT_URL nor GATEWAY_PORT is set: this is not the emulator")
        endpoint = f"http://127.0.0.1:{port}"
    named = ("AWS_REGION", "AWS_DEFAULT_REGION", "MINISTACK_REGION")
    region = next((environment[name] for name in named if environment.get(name)), "us-east-1")
    return Emulator(
        endpoint=endpoint, region=region, account=environment.get("MINISTACK_ACCOUNT_ID", "000000000000")
    )


def claim(where: Emulator, job: str, environment: Mapping[str, str], claims: Path) -> dict[str, Any]:
    """The run that this process carries out: the oldest active one of its arguments that nobody has claimed.

    A claim is a file in `claims`; making it is what decides a race.

    Raises:
        RuntimeFailure: no such run shows up in 10 seconds.
    """
    claims.mkdir(parents=True, exist_ok=True)
    glue = where.client("glue")
    deadline = time.monotonic() + _CLAIM_SECONDS
    while True:
        for run in sorted(_runs(glue, job), key=lambda run: str(run.get("StartedOn", ""))):
            arguments = run.get("Arguments", {})
            mine = all(environment.get(name.lstrip("-")) == str(value) for name, value in arguments.items())
            if run["JobRunState"] in _ACTIVE and mine and _take(claims / run["Id"]):
                return run
        if time.monotonic() > deadline:
            raise RuntimeFailure(f"the emulator shows no run of the job {job} that is waiting for a process")
        time.sleep(_POLL_SECONDS)


def credentials(where: Emulator, role_arn: str, session: str) -> dict[str, str]:
    """Credentials of the role as environment variables.

    Raises:
        RuntimeFailure: it may not be assumed.
    """
    try:
        name = re.sub(r"[^\w+=,.@-]", "-", session)[:64]
        given = where.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name)["Credentials"]
    except (BotoCoreError, ClientError) as error:
        raise RuntimeFailure(f"cannot assume the job's role {role_arn}: {error}") from error
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


def trust_for_emulator(document: str) -> str:
    """A role's trust policy without the conditions on `aws:SourceAccount` and `aws:SourceArn`.

    In AWS the Glue service itself assumes the role, and names its account; here `credentials` does it with
    the emulator's root user, for whom those keys don't exist. A deployer into the emulator passes trust
    policies through this; who may assume the role stays as it was.
    """
    policy = json.loads(document)
    statements = policy.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        conditions = statement.get("Condition", {})
        for operator in list(conditions):
            kept = {
                key: value for key, value in conditions[operator].items() if key.lower() not in _SOURCE_KEYS
            }
            conditions[operator] = kept
            if not kept:
                del conditions[operator]
        if not conditions:
            statement.pop("Condition", None)
    return json.dumps(policy)


def put_logs(logs: Any, group: str, stream: str, text: str) -> None:
    """Write a text's lines as one stream of a log group, in batches of the API's size.

    The group is created where it is missing and may be created.

    Raises:
        RuntimeFailure: the logs refuse.
    """
    lines = [line for line in text.splitlines() if not _BLANK.match(line)]
    now = int(time.time() * 1000)
    try:
        _create_stream(logs, group, stream)
        for batch in _batches(lines) if lines else []:
            events = [{"timestamp": now, "message": line} for line in batch]
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    except (BotoCoreError, ClientError) as error:
        raise RuntimeFailure(f"cannot write the log {group}/{stream}: {error}") from error


def _create_stream(logs: Any, group: str, stream: str) -> None:
    exists = logs.exceptions.ResourceAlreadyExistsException
    with contextlib.suppress(exists):
        try:
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except logs.exceptions.ResourceNotFoundException:
            with contextlib.suppress(exists):
                logs.create_log_group(logGroupName=group)
            logs.create_log_stream(logGroupName=group, logStreamName=stream)


def _batches(lines: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = [[]]
    size = 0
    for line in lines:
        cut = line.encode()[:_EVENT_BYTES].decode(errors="ignore")
        length = len(cut.encode()) + 26  # what the API counts for an event besides its text
        if len(batches[-1]) >= _BATCH_EVENTS or size + length > _BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(cut)
        size += length
    return batches


def _runs(glue: Any, job: str) -> list[dict[str, Any]]:
    try:
        runs: list[dict[str, Any]] = glue.get_job_runs(JobName=job)["JobRuns"]
    except (BotoCoreError, ClientError) as error:
        raise RuntimeFailure(f"cannot ask the emulator for the runs of {job}: {error}") from error
    return runs


def _take(claim_file: Path) -> bool:
    try:
        claim_file.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
