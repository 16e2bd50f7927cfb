"""The `aws:` keys of a stack's configuration that decide who signs, for which account, and where requests go.

They are the AWS provider's own (Pulumi Registry, "AWS: Installation & Configuration"). Pulumi hands values over as
text, objects and lists as JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

PREFIX = "aws:"
KEYS = tuple(
    PREFIX + key
    for key in (
        "region", "stsRegion", "profile", "accessKey", "secretKey", "token", "sharedConfigFiles",
        "sharedCredentialsFiles", "assumeRoles", "assumeRoleWithWebIdentity", "endpoints", "allowedAccountIds",
        "forbiddenAccountIds", "ignoreTags", "skipMetadataApiCheck", "customCaBundle", "insecure", "httpProxy",
        "httpsProxy", "maxRetries", "retryMode", "useFipsEndpoint", "useDualstackEndpoint",
    )
)  # fmt: skip
# An AssumeRole's members as the provider spells them, and as STS does ("AssumeRole" in the AWS STS API Reference).
_ROLE_MEMBERS = {
    "roleArn": "RoleArn",
    "sessionName": "RoleSessionName",
    "externalId": "ExternalId",
    "policy": "Policy",
    "policyArns": "PolicyArns",
    "sourceIdentity": "SourceIdentity",
    "tags": "Tags",
    "transitiveTagKeys": "TransitiveTagKeys",
    "duration": "DurationSeconds",
    "webIdentityToken": "WebIdentityToken",
    "webIdentityTokenFile": "webIdentityTokenFile",
}
_SESSION_NAME = "bovespa"
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")  # Go's notation, such as 1h30m


class AwsConfigurationError(ValueError):
    """A key of `aws:` with a value that can't work; the message is one line and names the key."""


class AwsConfiguration:
    """What a stack says about its credentials; empty, everything is left to the environment.

    ``roles`` and ``web_identity`` are inputs of AssumeRole and AssumeRoleWithWebIdentity; ``endpoints`` are URLs by
    boto3's names of services.

    Args:
        values: by full keys, of which ``KEYS`` are read; None is as good as absent.

    Raises:
        AwsConfigurationError: a value that can't work, or one that boto3 can't do.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        given = _Given(values)
        if bool(given.text("accessKey")) != bool(given.text("secretKey")):
            raise AwsConfigurationError("aws:accessKey and aws:secretKey: expected both or neither")
        ignored = given.mapping("ignoreTags")
        web = given.mapping("assumeRoleWithWebIdentity")
        self.region = given.text("region")
        self.sts_region = given.text("stsRegion")
        self.profile = given.text("profile")
        self.access_key = given.text("accessKey")
        self.secret_key = given.text("secretKey")
        self.token = given.text("token")
        self.config_file = given.one("sharedConfigFiles")
        self.credentials_file = given.one("sharedCredentialsFiles")
        self.roles = tuple(_role("assumeRoles", role) for role in given.sequence("assumeRoles"))
        self.web_identity = _role("assumeRoleWithWebIdentity", web) if web else None
        self.endpoints = {
            service: str(url)
            for entry in given.sequence("endpoints")
            for service, url in _object("endpoints", entry).items()
            if url
        }
        self.allowed_accounts = given.accounts("allowedAccountIds")
        self.forbidden_accounts = given.accounts("forbiddenAccountIds")
        self.ignored_tags = tuple(map(str, ignored.get("keys") or ()))
        self.ignored_tag_prefixes = tuple(map(str, ignored.get("keyPrefixes") or ()))
        self.skip_metadata = given.flag("skipMetadataApiCheck")
        self.ca_bundle = given.text("customCaBundle")
        self.insecure = given.flag("insecure")
        self.proxies = {
            scheme: url for scheme in ("http", "https") if (url := given.text(f"{scheme}Proxy")) is not None
        }
        self.max_attempts = given.whole("maxRetries")
        self.retry_mode = given.text("retryMode")
        self.fips = given.flag("useFipsEndpoint")
        self.dualstack = given.flag("useDualstackEndpoint")


class _Given:
    """The values by their short keys, each read as what it should be."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {key.removeprefix(PREFIX): values[key] for key in KEYS if values.get(key) is not None}

    def text(self, key: str) -> str | None:
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            raise _wrong(key, "text")
        return value or None

    def flag(self, key: str) -> bool:
        value = str(self._values.get(key, False)).lower()
        if value not in ("true", "false"):
            raise _wrong(key, "true or false")
        return value == "true"

    def whole(self, key: str) -> int | None:
        value = self._values.get(key)
        try:
            return None if value is None else int(value)
        except (TypeError, ValueError):
            raise _wrong(key, "a whole number") from None

    def one(self, key: str) -> str | None:
        """The only entry of a list of files: botocore reads one of each kind."""
        files = self.sequence(key)
        if len(files) > 1 or not all(isinstance(file, str) for file in files):
            raise _wrong(key, "one file: the visual job's client, boto3, reads no more")
        return files[0] if files else None

    def accounts(self, key: str) -> tuple[str, ...]:
        return tuple(
            f"{account:.0f}" if isinstance(account, float) else str(account) for account in self.sequence(key)
        )

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self._decoded(key, "an object")
        return {} if value is None else _object(key, value)

    def sequence(self, key: str) -> list[Any]:
        value = self._decoded(key, "a list")
        if value is None:
            return []
        if not isinstance(value, list):
            raise _wrong(key, "a list")
        return value

    def _decoded(self, key: str, expected: str) -> Any:
        value = self._values.get(key)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise _wrong(key, expected) from None


def _role(key: str, given: Any) -> dict[str, Any]:
    """The input of AssumeRole."""
    values = {name: value for name, value in _object(key, given).items() if value is not None}
    if unknown := sorted(values.keys() - _ROLE_MEMBERS.keys()):
        raise _wrong(key, f"{', '.join(_ROLE_MEMBERS)}; not {', '.join(unknown)}")
    if not values.get("roleArn"):
        raise _wrong(key, "a roleArn")
    role = {_ROLE_MEMBERS[name]: value for name, value in values.items()}
    role.setdefault("RoleSessionName", _SESSION_NAME)
    if "DurationSeconds" in role:
        role["DurationSeconds"] = _seconds(key, role["DurationSeconds"])
    if "Tags" in role:
        role["Tags"] = [{"Key": name, "Value": str(value)} for name, value in role["Tags"].items()]
    if "PolicyArns" in role:
        role["PolicyArns"] = [{"arn": arn} for arn in role["PolicyArns"]]
    return role


def _seconds(key: str, duration: Any) -> int:
    found = _DURATION.fullmatch(str(duration))
    if not found or not any(found.groups()):
        raise _wrong(key, f"a duration such as 1h or 15m, not {duration!r}")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _object(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(key, "an object")
    return value


def _wrong(key: str, expected: str) -> AwsConfigurationError:
    return AwsConfigurationError(f"{PREFIX}{key}: expected {expected}")
