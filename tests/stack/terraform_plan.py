"""The program's resources as a plan of Terraform's, the form in which checkov knows AWS best.

pulumi-aws is bridged from Terraform's provider: types and properties are the same but for case, and a block that Pulumi
has as one object is a list of one there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bovespa.local.program import Registration

# Words of Pulumi's modules that Terraform's types don't have, or have otherwise.
_TYPES = {
    "aws:cloudwatch/dashboard:Dashboard": "aws_cloudwatch_dashboard",
    "aws:cloudwatch/eventRule:EventRule": "aws_cloudwatch_event_rule",
    "aws:cloudwatch/eventTarget:EventTarget": "aws_cloudwatch_event_target",
    "aws:cloudwatch/logGroup:LogGroup": "aws_cloudwatch_log_group",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "aws_cloudwatch_log_metric_filter",
    "aws:cloudwatch/logStream:LogStream": "aws_cloudwatch_log_stream",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": "aws_kinesis_firehose_delivery_stream",
}
_WITHOUT_MODULE = ("ec2",)  # aws_vpc, aws_subnet, aws_security_group …
_BLOCKS = {"rules": "rule", "lambda_functions": "lambda_function", "queues": "queue", "settings": "setting"}
_REFERRED = {
    "bucket": "aws_s3_bucket",
    "vpc_id": "aws_vpc",
    "subnets": "aws_subnet",
    "security_groups": "aws_security_group",
}
_MAPS = {"tags", "tags_all", "variables", "parameters", "dimensions"}
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def terraform_plan(resources: Iterable[Registration]) -> dict[str, Any]:
    """A plan that creates every AWS resource of the program's; components and dynamic resources are none."""
    mine = [resource for resource in resources if resource.type.startswith("aws:")]
    # In a preview a bucket is known by its name, and what EC2 numbers by the resource's.
    owners = {
        value: f"{_type(resource.type)}.{resource.name}"
        for resource in mine
        for value in (resource.inputs.get("bucket"), resource.inputs.get("name"), resource.name)
        if isinstance(value, str) and _type(resource.type) in _REFERRED.values()
    }
    planned = [
        {
            "address": f"{_type(resource.type)}.{resource.name}",
            "mode": "managed",
            "type": _type(resource.type),
            "name": resource.name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "schema_version": 0,
            "values": _block(resource.inputs),
        }
        for resource in mine
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": [
            {key: entry[key] for key in ("address", "mode", "type", "name", "provider_name")}
            | {"change": {"actions": ["create"], "before": None, "after": entry["values"]}}
            for entry in planned
        ],
        "configuration": {
            "provider_config": {"aws": {"name": "aws"}},
            "root_module": {
                "resources": [
                    {key: entry[key] for key in ("address", "mode", "type", "name")}
                    | {"provider_config_key": "aws", "expressions": _references(entry, owners)}
                    for entry in planned
                ]
            },
        },
    }


def _references(entry: Mapping[str, Any], owners: Mapping[str, str]) -> dict[str, Any]:
    """The attributes by which a resource belongs to another, as the configuration of Terraform's writes them."""
    found: dict[str, Any] = {}
    for name, value in _leaves(entry["values"]):
        owner = owners.get(value, "")
        if owner.startswith(f"{_REFERRED.get(name)}.") and owner != entry["address"]:
            found[name] = {"references": [f"{owner}.id", owner]}
    return found


def _leaves(values: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from _leaves(value, key)
    elif isinstance(values, list):
        for value in values:
            yield from _leaves(value, name)
    elif isinstance(values, str):
        yield name, values


def _type(token: str) -> str:
    if token in _TYPES:
        return _TYPES[token]
    module, name = token.removeprefix("aws:").split(":")[0].split("/")
    return f"aws_{_snake(name)}" if module in _WITHOUT_MODULE else f"aws_{module}_{_snake(name)}"


def _snake(name: str) -> str:
    return _WORDS.sub("_", name).lower()


def _block(values: Mapping[str, Any]) -> dict[str, Any]:
    named = {_snake(key): value for key, value in values.items()}
    return {_BLOCKS.get(name, name): _value(name, value) for name, value in named.items()}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value) if name in _MAPS else [_block(value)]
    if isinstance(value, list | tuple):
        return [_block(item) if isinstance(item, Mapping) else item for item in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
