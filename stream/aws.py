"""Signed requests to AWS over the asynchronous client: botocore's credentials and signers, not its transport."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import botocore.session

from stream.errors import ConfigError
from stream.http import HttpClient, HttpError, Response
from stream.rest import USER_AGENT


class AwsClient:
    """One service in one region.

    Credentials come from botocore's standard chain and are refreshed in time.
    """

    def __init__(
        self, service: str, http: HttpClient, *, region: str, endpoint: str, credentials: Any
    ) -> None:
        self.endpoint = endpoint
        self.region = region
        self._service = service
        self._http = http
        self._credentials = credentials
        self._signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth

    async def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Sign and send.

        Raises:
            HttpError: no answer came, or no credentials.
        """
        request = botocore.awsrequest.AWSRequest(method, url, data=body, headers=dict(headers or {}))
        self._signer(await self._frozen(), self._service, self.region).add_auth(request)
        signed = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        signed["User-Agent"] = USER_AGENT
        return await self._http.request(method, url, signed, body)

    async def _frozen(self) -> Any:
        """Refreshing asks the container's or instance's endpoint, blocking: that happens in a thread."""
        credentials = self._credentials
        refreshable = isinstance(credentials, botocore.credentials.RefreshableCredentials)
        try:
            if refreshable and credentials.refresh_needed():
                return await asyncio.to_thread(credentials.get_frozen_credentials)
            return credentials.get_frozen_credentials()
        except botocore.exceptions.BotoCoreError as error:
            raise HttpError(f"AWS credentials could not be refreshed: {error}") from None

    async def close(self) -> None:
        await self._http.close()


def aws_client(service: str, timeout: float) -> AwsClient:
    """A client by the environment: region, endpoint override, credentials. Blocking.

    Raises:
        ConfigError: no region or no credentials are set.
    """
    session = botocore.session.get_session()
    region = os.environ.get("AWS_REGION") or session.get_config_variable("region")
    if not region:
        raise ConfigError("AWS_REGION", "is not set, and no region is configured")
    try:
        credentials = session.get_credentials()
    except botocore.exceptions.BotoCoreError as error:
        raise ConfigError("AWS credentials", str(error)) from None
    if credentials is None:
        raise ConfigError("AWS credentials", "none found in the environment, the profile or the container")
    endpoint = (
        os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        or os.environ.get("AWS_ENDPOINT_URL")
        or _public_endpoint(session, service, region)
    )
    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise ConfigError("AWS_ENDPOINT_URL", f"{endpoint!r} is not an http(s) address")
    return AwsClient(
        service, HttpClient(timeout), region=region, endpoint=endpoint.rstrip("/"), credentials=credentials
    )


def _public_endpoint(session: Any, service: str, region: str) -> str:
    resolved = session.get_component("endpoint_resolver").construct_endpoint(service, region)
    if not resolved:
        raise ConfigError("AWS_REGION", f"{region!r} has no {service}")
    return f"https://{resolved['hostname']}"
