"""The role of one part of the stack: its own, with exactly its statements, or one that the account has already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import Context
from components.existing_roles import SERVICES
from components.policy import Statement, assumable_by, document


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRoleArgs:
    """``service``, one of SERVICES, is the only one that may assume the role."""

    context: Context
    service: str


class ServiceRole(pulumi.ComponentResource):
    """A role, and its policy once :meth:`allow` was called.

    With a role that the account has already, neither is made: its rights are what they are.
    """

    arn: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """What must be there before the role can be used."""

    def __init__(self, name: str, args: ServiceRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:ServiceRole", name, None, opts)
        self._name = name
        self._role: aws.iam.Role | None = None
        # A schedule only invokes a function: nothing encrypted passes its role.
        self._key_arn = args.context.kms_key_arn if args.service != "scheduler" else ""
        self.ready = []
        existing = args.context.settings.existing_roles.arn_for(args.service, args.context.account_id)
        if existing:
            self.arn = pulumi.Output.from_input(existing)
            return
        self._role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=assumable_by(SERVICES[args.service], args.context.account_id),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = self._role.arn
        self.ready.append(self._role)

    def allow(self, statements: Sequence[Statement]) -> None:
        """Give the role its rights, once, when what they are about is known."""
        if self._role is not None:
            # Buckets, streams and topics ask for the key in the name of whoever uses them.
            key = Statement(
                sid="UseKey", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self._key_arn]
            )
            policy = aws.iam.RolePolicy(
                f"{self._name}-policy",
                role=self._role.name,
                policy=document([*statements, key] if self._key_arn else statements),
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.ready.append(policy)
        self.register_outputs({"arn": self.arn})
