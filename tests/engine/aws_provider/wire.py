"""Properties between the engine's wire and Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from google.protobuf import struct_pb2
from pulumi.runtime.rpc import UNKNOWN

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
DEFAULTS = "__defaults"  # where pulumi-aws remembers which inputs it made up

Properties = dict[str, Any]


def from_wire(struct: struct_pb2.Struct) -> Properties:
    """Plain values; the wire knows only floats, so whole numbers get their type back."""
    return {key: _value(item) for key, item in struct.fields.items()}


def to_wire(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct


def unknown(value: Any) -> bool:
    """Whether a value, or a part of it, is known only once another resource was made."""
    if isinstance(value, Mapping):
        return any(map(unknown, value.values()))
    if isinstance(value, list):
        return any(map(unknown, value))
    return bool(value == UNKNOWN)


def provisioned(properties: Mapping[str, Any]) -> Properties:
    """Inputs as the provision functions take them: archives and assets are objects, nothing is the plugin's own."""
    return {key: _with_files(item) for key, item in properties.items() if key != DEFAULTS}


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Top-level properties that differ; files differ by content, not by where they lie."""
    keys = (old.keys() | new.keys()) - {DEFAULTS}
    return sorted(key for key in keys if _content(old.get(key)) != _content(new.get(key)))


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return from_wire(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def _with_files(value: Any) -> Any:
    if isinstance(value, Mapping):
        signature = value.get(_SIGNATURE)
        if signature == _ARCHIVE:
            return pulumi.FileArchive(value["path"])
        if signature == _ASSET:
            return pulumi.FileAsset(value["path"])
        return {key: _with_files(item) for key, item in value.items()}
    return [_with_files(item) for item in value] if isinstance(value, list) else value


def _content(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) in (_ASSET, _ARCHIVE):
            return value["hash"]
        return {key: _content(item) for key, item in value.items() if item is not None}
    return [_content(item) for item in value] if isinstance(value, list) else value
