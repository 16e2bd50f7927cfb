"""boto3 clients that sign as the stack's AWS provider does, and know whose account they are in.

Precedence as in the provider (hashicorp/aws-sdk-go-base, "Authentication and Configuration"): keys in the
configuration, then its profile, then the environment; a web identity and assumed roles on top, one after another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, RefreshableCredentials
from botocore.exceptions import UnknownRegionError
from botocore.session import Session as BotocoreSession

from components.aws_configuration import AwsConfiguration

# The account that AWS's documentation uses, which is nobody's: what answers where there is no account to ask.
STAND_IN_ACCOUNT = "123456789012"
_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_MAX_ATTEMPTS = 5


class WrongAccount(RuntimeError):
    """The credentials are of an account in which the stack may not work; the message is one line."""


class AwsSession:
    """One client a service, made when first asked for; safe to share between threads.

    Args:
        configuration: of the stack.
        region: of the clients; the configuration's, or the environment's where it has none.

    Raises:
        BotoCoreError: there is no such profile.
    """

    def __init__(self, configuration: AwsConfiguration, region: str | None = None) -> None:
        self._configuration = configuration
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._account: str | None = None
        base = _base(configuration)
        self.region: str | None = (
            region or configuration.region or boto3.Session(botocore_session=base).region_name
        )
        if web := configuration.web_identity:
            base = _assuming(configuration, self._assume_with_web_identity(base, web))
        for role in configuration.roles:
            base = _assuming(configuration, self._assume(base, role))
        self._session = boto3.Session(botocore_session=base, region_name=self.region)

    def __getitem__(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._client(self._session, service)
            return self._clients[service]

    @property
    def account(self) -> str:
        """The account that the credentials are of, by STS's GetCallerIdentity; asked once.

        Raises:
            BotoCoreError, ClientError: STS can't be asked.
        """
        with self._lock:
            if self._account is None:
                self._account = str(self["sts"].get_caller_identity()["Account"])
            return self._account

    def require(self, account: str | None) -> str:
        """The account, once it is sure that the stack may work in it.

        Args:
            account: the stack's; None where it isn't known.

        Raises:
            WrongAccount: STS names another one than ``account``, or one that the configuration rules out.
            BotoCoreError, ClientError: STS can't be asked.
        """
        found, allowed = self.account, self._configuration.allowed_accounts
        if account is not None and found != account:
            raise WrongAccount(
                f"the credentials are of account {found}, the stack is in {account}: "
                "give those that the stack was deployed with (aws:profile, AWS_PROFILE …)"
            )
        if allowed and found not in allowed:
            raise WrongAccount(
                f"the credentials are of account {found}, aws:allowedAccountIds has {', '.join(allowed)}"
            )
        if found in self._configuration.forbidden_accounts:
            raise WrongAccount(
                f"the credentials are of account {found}, which aws:forbiddenAccountIds forbids"
            )
        return found

    @property
    def partition(self) -> str:
        """``aws``, or that of the region in China or for the US government."""
        try:
            return str(self._session.get_partition_for_region(self.region))
        except UnknownRegionError:
            return "aws"

    def ignores_tag(self, key: str) -> bool:
        """Whether a tag is none of the stack's business: AWS's own, or ignored by the configuration."""
        ignored = self._configuration
        return key.startswith(("aws:", *ignored.ignored_tag_prefixes)) or key in ignored.ignored_tags

    def _client(self, session: boto3.Session, service: str, **changed: Any) -> Any:
        given = self._configuration
        retries = {
            "mode": given.retry_mode or "standard",
            "total_max_attempts": given.max_attempts or _MAX_ATTEMPTS,
        }
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries=retries,
            proxies=dict(given.proxies) or None,
            use_fips_endpoint=given.fips or None,
            use_dualstack_endpoint=given.dualstack or None,
            **changed,
        )
        region = given.sts_region or self.region if service == "sts" else self.region
        return session.client(
            service,
            region_name=region,
            endpoint_url=given.endpoints.get(service),
            verify=False if given.insecure else given.ca_bundle,
            config=config,
        )

    def _assume(self, base: BotocoreSession, role: Mapping[str, Any]) -> Callable[[], dict[str, Any]]:
        sts = self._client(boto3.Session(botocore_session=base), "sts")
        return lambda: _metadata(sts.assume_role(**role))

    def _assume_with_web_identity(
        self, base: BotocoreSession, role: Mapping[str, Any]
    ) -> Callable[[], dict[str, Any]]:
        given = dict(role)
        file = given.pop("webIdentityTokenFile", None)
        sts = self._client(boto3.Session(botocore_session=base), "sts", signature_version=UNSIGNED)

        def assume() -> dict[str, Any]:
            # Read anew each time: whoever issues the token renews it in place.
            token = (
                {"WebIdentityToken": Path(file).expanduser().read_text(encoding="utf-8").strip()}
                if file
                else {}
            )
            return _metadata(sts.assume_role_with_web_identity(**given, **token))

        return assume


class _Assumed(CredentialProvider):  # type: ignore[misc]
    """A role's credentials, assumed when first needed and again before they end."""

    METHOD = CANONICAL_NAME = "stack-role"

    def __init__(self, assume: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._assume = assume

    def load(self) -> Any:
        return RefreshableCredentials.create_from_metadata(
            metadata=self._assume(), refresh_using=self._assume, method=self.METHOD
        )


def known_account(text: Any) -> str | None:
    """An account's id, or None for what is none: nothing, a preview's unknown, the stand-in of AWS's documentation."""
    known = isinstance(text, str) and len(text) == 12 and text.isdecimal() and text != STAND_IN_ACCOUNT
    return str(text) if known else None


def _base(given: AwsConfiguration) -> BotocoreSession:
    """The session whose credentials everything else starts from."""
    session = _located(given)
    if given.access_key:
        session.set_credentials(given.access_key, given.secret_key, given.token)
    elif given.skip_metadata:
        session.get_component("credential_provider").remove("iam-role")
    return session


def _assuming(given: AwsConfiguration, assume: Callable[[], dict[str, Any]]) -> BotocoreSession:
    """A session with a role's credentials, and what the profile says of everything else."""
    session = _located(given)
    session.register_component("credential_provider", CredentialResolver([_Assumed(assume)]))
    return session


def _located(given: AwsConfiguration) -> BotocoreSession:
    session = BotocoreSession()
    # Keys come before the profile; with both, the profile is left out, or it would have to exist.
    if given.profile and not given.access_key:
        session.set_config_variable("profile", given.profile)
    for variable, file in (("config_file", given.config_file), ("credentials_file", given.credentials_file)):
        if file:
            session.set_config_variable(variable, file)
    return session


def _metadata(answer: Mapping[str, Any]) -> dict[str, Any]:
    """STS's answer as botocore's refreshable credentials want it."""
    found = answer["Credentials"]
    ends = found["Expiration"]
    return {
        "access_key": found["AccessKeyId"],
        "secret_key": found["SecretAccessKey"],
        "token": found["SessionToken"],
        "expiry_time": ends.isoformat() if isinstance(ends, datetime) else str(ends),
    }
