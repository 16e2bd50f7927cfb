"""Changes a resource in place in the embedded AWS.

The provision functions only make; most of what they call replaces what is there. The rest is made anew under the
same name, which keeps its ARN, where nothing is kept in it; a resource that keeps data is never made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bovespa.local.aws import Clients
from bovespa.local.program import Registration
from bovespa.local.provision import PROVISIONS
from tests.engine.aws_provider.deletion import DELETIONS

# Known to the provider alone, or shown in the console and read by nobody here.
_WITHOUT_EFFECT = frozenset({"forceDestroy", "skipDestroy", "tags", "tagsAll", "description"})
# Making it again replaces what is there.
_REPLACED_BY_MAKING = frozenset(
    {
        "aws:cloudwatch/dashboard:Dashboard",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sqs/queuePolicy:QueuePolicy",
    }
)
# Made anew: nothing is kept in it, and its ARN follows from its name.
_MADE_ANEW = frozenset(
    {
        "aws:athena/workgroup:Workgroup",
        "aws:ecs/service:Service",
        "aws:glue/catalogTable:CatalogTable",
        "aws:lambda/function:Function",
        "aws:scheduler/schedule:Schedule",
    }
)


def change(
    aws: Clients, wanted: Registration, id_: str, old: Mapping[str, Any], changed: list[str]
) -> Mapping[str, Any]:
    """Make the resource as wanted and return its further outputs, as far as they are new.

    Raises:
        NotImplementedError: this plugin doesn't know how the type is changed.
    """
    effective = [key for key in changed if key not in _WITHOUT_EFFECT]
    if not effective:
        return {}
    if wanted.type == "aws:iam/role:Role" and effective == ["assumeRolePolicy"]:
        aws["iam"].update_assume_role_policy(RoleName=id_, PolicyDocument=wanted.inputs["assumeRolePolicy"])
        return {}
    if wanted.type == "aws:cloudwatch/logGroup:LogGroup" and effective == ["retentionInDays"]:
        days = wanted.inputs["retentionInDays"]
        aws["logs"].put_retention_policy(logGroupName=id_, retentionInDays=days)
        return {}
    if wanted.type in _MADE_ANEW:
        DELETIONS[wanted.type](aws, id_, old)
    elif wanted.type not in _REPLACED_BY_MAKING:
        raise NotImplementedError(f"{wanted.type}: add how {', '.join(effective)} are changed to {__name__}")
    return PROVISIONS[wanted.type](aws, wanted).outputs
