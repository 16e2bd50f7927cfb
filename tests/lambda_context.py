"""What Lambda hands to a handler beside the event, as far as the functions look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True, slots=True)
class _Context:
    function_name: str
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:sa-east-1:123456789012:function:bovespa-test"
    aws_request_id: str = "52fdfc07-2182-154f-163f-5f0f9a621d72"


def lambda_context(function_name: str) -> LambdaContext:
    """A context of one invocation."""
    return cast(LambdaContext, _Context(function_name))
