"""Where the stack is being built: names and ARNs that more than one component needs, and the stack's settings."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.settings import Settings, SettingsError, load_settings

# What Firehose takes (64 characters) less the longest name there, `-bitcoin-delivery-1a2b3c4`; then the others have
# room too: SQS 80, S3 63, Lambda 64.
_LONGEST = 39
_STACK = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The stack's name prefix, region, account and settings."""

    prefix: str
    region: str
    account_id: str
    settings: Settings

    @property
    def kms_key_arn(self) -> str:
        """A key of the account's own for buckets, streams, topics and logs; empty leaves each service its own."""
        return self.settings.kms_key_arn

    def name(self, part: str) -> str:
        """``bovespa-dev-scraper``: a name that people and other programs know beforehand.

        Names that nobody outside needs are the engine's to give: it can then make a replacement before it deletes
        what is replaced, and a renamed stack keeps what it has.
        """
        return f"{self.prefix}-{part}"

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


def current_context() -> Context:
    """The context of the running program, from the AWS provider and the stack's configuration.

    Raises:
        SettingsError: a key has a value that can't work, or names on AWS can't be made of the stack's.
    """
    region = aws.get_region().region
    settings = load_settings(region)
    project, stack = pulumi.get_project(), pulumi.get_stack()
    room = _LONGEST - len(project) - 1
    if not _STACK.fullmatch(stack) or len(stack) > room:
        raise SettingsError(
            f"stack {stack}: its name becomes part of names on AWS: expected at most {room} of a-z, 0-9 and -"
        )
    return Context(
        prefix=f"{project}-{stack}",
        region=region,
        account_id=aws.get_caller_identity().account_id,
        settings=settings,
    )
