"""boto3 clients that are bounded in time and know where to go."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from bovespa.botocore_session import botocore_session
from lake.athena import Athena

# Everything is on this machine or one HTTPS call away; Lambda invocations take the longest.
_CONFIG = Config(connect_timeout=5, read_timeout=320, retries={"mode": "standard", "total_max_attempts": 3})


class Clients:
    """One client per service, made when first asked for; safe to share between threads.

    Args:
        environment: AWS variables as in :func:`bovespa.local.emulator.aws_environment`; empty leaves boto3 to
            its own way of finding credentials, region and endpoint.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        given = dict(environment or {})
        self._environment = given
        self._endpoint = given.get("AWS_ENDPOINT_URL")
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._session = boto3.Session(
            botocore_session=botocore_session(),
            aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=given.get("AWS_SESSION_TOKEN"),
            region_name=given.get("AWS_REGION"),
        )

    def __getitem__(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service, endpoint_url=self._endpoint, config=_CONFIG
                )
            return self._clients[service]

    def as_role(self, arn: str) -> Clients:
        """Clients with a role's rights and no others."""
        return Clients(self.environment_of(arn))

    def environment_of(self, arn: str) -> dict[str, str]:
        """The variables of a process that is to have a role's rights and no others."""
        answer = self["sts"].assume_role(RoleArn=arn, RoleSessionName="embedded-stack")["Credentials"]
        return {
            **self._environment,
            "AWS_ACCESS_KEY_ID": answer["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": answer["SecretAccessKey"],
            "AWS_SESSION_TOKEN": answer["SessionToken"],
        }


def local_athena(aws: Clients, exports: Mapping[str, Any]) -> Athena:
    """The embedded Athena."""
    return Athena(
        client=aws["athena"],
        workgroup=exports["workgroup"],
        database=exports["database"],
        counts_scans=False,  # the emulator's number is the length of the answer
    )
