"""From Pulumi's names on the wire (``roleArn``, ``okActions``) to the API's own (``RoleARN``, ``OKActions``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bovespa.local.errors import LocalError


def arguments(
    client: Any, method: str, inputs: Mapping[str, Any], *, without: Collection[str] = (), **named: str
) -> dict[str, Any]:
    """What the program declares, spelt as an operation's input shape spells it; nothing is left out unsaid.

    Args:
        client: boto3's.
        method: its name of the operation.
        inputs: a resource's properties, at any depth.
        without: properties, at any depth, that the embedded AWS has no use for.
        named: properties that the API calls otherwise, by its name (``FunctionName="name"``).

    Raises:
        LocalError: a property has no counterpart.
    """
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    renamed = {name: api for api, name in named.items()}
    return dict(_spelt({renamed.get(key, key): value for key, value in inputs.items()}, shape, without))


def _spelt(value: Any, shape: Any, without: Collection[str]) -> Any:
    if shape.type_name == "structure":
        members = {name.lower(): name for name in shape.members}
        found = {}
        for key, item in value.items():
            if item is None or key in without:
                continue
            if key.lower() not in members:
                raise LocalError(f"{key}: not a member of {shape.name}; see bovespa/local/provision")
            name = members[key.lower()]
            found[name] = _spelt(item, shape.members[name], without)
        return found
    if shape.type_name == "list":
        return [_spelt(item, shape.member, without) for item in value]
    return value


def given(**values: Any) -> dict[str, Any]:
    """The arguments that were given: boto3 takes no None."""
    return {key: value for key, value in values.items() if value is not None}
