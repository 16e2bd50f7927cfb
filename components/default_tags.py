"""The stack's `aws:defaultTags`, for what the AWS provider doesn't tag by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import is_config_secret

from components.errors import SettingsError

KEY = "aws:defaultTags"
# The narrowest rule of the services that the tags go to (AWS IAM API Reference, "Tag").
_KEY = re.compile(r"(?!aws:)[\w\s.:/=+\-@]{1,128}", re.IGNORECASE)
_VALUE = re.compile(r"[\w\s.:/=+\-@]{0,256}")
_MOST = 50


def default_tags() -> dict[str, str]:
    """The tags, with values as text: YAML makes a number of ``1234``, and the AWS provider text again.

    Raises:
        SettingsError: a tag that AWS would refuse.
    """
    try:
        given = pulumi.Config("aws").get_object("defaultTags")
    except (ValueError, pulumi.ConfigTypeError):
        raise SettingsError(f"{KEY}: expected an object such as {{tags: {{team: data}}}}") from None
    tags = given.get("tags") if isinstance(given, Mapping) else given
    if tags is None:
        return {}
    if not isinstance(tags, Mapping):
        raise SettingsError(f"{KEY}: expected an object such as {{tags: {{team: data}}}}")
    if len(tags) > _MOST:
        raise SettingsError(f"{KEY}: expected at most {_MOST} tags, AWS's limit, found {len(tags)}")
    return {_key(key): _value(key, value) for key, value in tags.items() if value is not None}


def default_tags_are_secret() -> bool:
    """Whether the configuration keeps them encrypted."""
    return bool(is_config_secret(KEY))


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise SettingsError(f"{KEY}: expected keys of 1 to 128 letters, digits and .:/=+-@_, not {key!r}")
    return key


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else str(value)
    text = str(value)
    if not isinstance(value, str | int) or not _VALUE.fullmatch(text):
        raise SettingsError(
            f"{KEY}: expected as the value of {key} at most 256 letters, digits, spaces and .:/=+-@_"
        )
    return text
