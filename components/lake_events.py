"""The lake's events: which function is invoked for which new objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket
from components.trigger import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeEventsArgs:
    """``triggers`` hear of their arrivals in ``lake``."""

    lake: PrivateBucket
    triggers: Sequence[Trigger]


class LakeEvents(pulumi.ComponentResource):
    """S3 event → triggers. A bucket has one notification configuration, so all of them are in it."""

    notification: aws.s3.BucketNotification

    def __init__(self, name: str, args: LakeEventsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:LakeEvents", name, None, opts)
        self.notification = aws.s3.BucketNotification(
            f"{name}-notification",
            bucket=args.lake.name,
            lambda_functions=[
                aws.s3.BucketNotificationLambdaFunctionArgs(
                    id=trigger.arrival.prefix.strip("/").replace("/", "-"),
                    lambda_function_arn=trigger.function.function.arn,
                    events=["s3:ObjectCreated:*"],
                    filter_prefix=trigger.arrival.prefix,
                    filter_suffix=trigger.arrival.suffix,
                )
                for trigger in args.triggers
            ],
            # S3 refuses a notification to a function that it may not invoke.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[part for trigger in args.triggers for part in trigger.ready]
            ),
        )
        self.register_outputs({"notification": self.notification.id})
