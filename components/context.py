"""Where the stack is being built: names and ARNs that more than one component needs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The stack's name prefix, region and account."""

    prefix: str
    region: str
    account_id: str

    def name(self, part: str) -> str:
        """``bovespa-dev-scraper``: what a person looks for in the console."""
        return f"{self.prefix}-{part}"

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


def current_context() -> Context:
    """The context of the running program, from the AWS provider."""
    return Context(
        prefix=f"{pulumi.get_project()}-{pulumi.get_stack()}",
        region=aws.get_region().region,
        account_id=aws.get_caller_identity().account_id,
    )
