"""From Pulumi's names on the wire (``roleArn``) to the API's (``RoleArn``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pascal(value: Any) -> Any:
    """Nested keys with an upper-case first letter; for structures of the API, not for maps of the user's."""
    if isinstance(value, Mapping):
        return {key[:1].upper() + key[1:]: pascal(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [pascal(item) for item in value]
    return value


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments that were given: boto3 takes no None."""
    return {key: value for key, value in arguments.items() if value is not None}
