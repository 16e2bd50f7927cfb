"""Whether a resource is still there: what `pulumi refresh` asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from bovespa.local.aws import Clients

_GONE = ("NotFound", "NoSuch", "404", "NonExistent", "DoesNotExist")
_Look = Callable[[Clients, str, Mapping[str, Any]], object]


def gone(error: ClientError) -> bool:
    """Whether the service says that there is no such thing."""
    return any(word in error.response["Error"]["Code"] for word in _GONE)


def present(aws: Clients, type_: str, id_: str, properties: Mapping[str, Any]) -> bool:
    """Whether the resource is there; of the types without a look it is taken for granted."""
    look = _LOOKS.get(type_)
    if look is None:
        return True
    try:
        return look(aws, id_, properties) is not False
    except ClientError as error:
        if gone(error):
            return False
        raise


def _permission(aws: Clients, id_: str, properties: Mapping[str, Any]) -> bool:
    policy = json.loads(aws["lambda"].get_policy(FunctionName=properties["function"])["Policy"])
    return any(statement["Sid"] == id_ for statement in policy["Statement"])


def _call(service: str, operation: str, argument: str) -> _Look:
    return lambda aws, id_, _: getattr(aws[service], operation)(**{argument: id_})


# Of those that a person would delete by hand, and what goes with them.
_LOOKS: Mapping[str, _Look] = {
    "aws:athena/namedQuery:NamedQuery": _call("athena", "get_named_query", "NamedQueryId"),
    "aws:athena/workgroup:Workgroup": _call("athena", "get_work_group", "WorkGroup"),
    "aws:iam/role:Role": _call("iam", "get_role", "RoleName"),
    "aws:lambda/function:Function": _call("lambda", "get_function", "FunctionName"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _call(
        "lambda", "get_function_event_invoke_config", "FunctionName"
    ),
    "aws:lambda/permission:Permission": _permission,
    "aws:s3/bucket:Bucket": _call("s3", "head_bucket", "Bucket"),
    "aws:sns/topic:Topic": _call("sns", "get_topic_attributes", "TopicArn"),
    "aws:sqs/queue:Queue": _call("sqs", "get_queue_attributes", "QueueUrl"),
}
