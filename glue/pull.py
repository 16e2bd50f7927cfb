"""Fetching a visual job from AWS, as a definition that fits this repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glue.definition import parse
from glue.errors import DefinitionError, PullError
from glue.model import JobDefinition
from glue.placeholders import restore

CONNECT_SECONDS = 10
READ_SECONDS = 30


def client(region: str | None = None) -> Any:
    """A Glue client with bounded waits and retries.

    Raises:
        PullError: none can be made, for want of a region say.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    limits = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "max_attempts": 3},
    )
    try:
        return boto3.client("glue", region_name=region, config=limits)
    except (BotoCoreError, ValueError) as error:
        raise PullError(f"no Glue client: {error}") from error


def pull(glue: Any, name: str, placeholders: Mapping[str, str] | None = None) -> JobDefinition:
    """The job `name` by *GetJob*; each value of `placeholders` that occurs in it becomes its `${key}` again.

    Raises:
        PullError: the job cannot be fetched or isn't a visual one.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = glue.get_job(JobName=name)
    except ClientError as error:
        detail = error.response.get("Error", {})
        if detail.get("Code") == "EntityNotFoundException":
            raise PullError(f"job {name}: there is no such job in this account and region") from error
        raise PullError(f"job {name}: GetJob failed: {detail.get('Message') or error}") from error
    except BotoCoreError as error:
        raise PullError(f"job {name}: GetJob failed: {error}") from error
    try:
        definition = parse(answer["Job"])
    except (DefinitionError, KeyError) as error:
        raise PullError(f"job {name}: {error}") from error
    return with_placeholders(definition, placeholders or {})


def with_placeholders(definition: JobDefinition, placeholders: Mapping[str, str]) -> JobDefinition:
    """The definition with known values replaced by their placeholders; the reverse of `definition.fill`."""
    return definition.changed(lambda value: restore(value, placeholders))
