"""Why Athena gave no answer, in one line that says what to do."""

from __future__ import annotations

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from lake.athena import Athena

_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_STRANGERS = (
    "IncompleteSignature", "InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken",
    "SignatureDoesNotMatch", "UnrecognizedClientException",
)  # fmt: skip
_SIGN_IN = "sign in with `aws configure` or `aws sso login`, or name a profile with AWS_PROFILE"
_NO_WORKGROUP = re.compile(r"workgroup.*(not found|does not exist)", re.IGNORECASE | re.DOTALL)
# What Athena says of a statement, and what whoever typed it may not know.
_HINTS = (
    (
        re.compile(r"SCHEMA_NOT_FOUND|Schema '?[\w.]+'? does not exist|Database \S+ not found", re.IGNORECASE),
        "SHOW DATABASES lists those there are; --database names another",
    ),
    (re.compile(r"TABLE_NOT_FOUND|Table \S+ does not exist", re.IGNORECASE), "SHOW TABLES lists those there are"),
    (re.compile(r"Cannot apply operator: (date \S+ varchar|varchar\S* \S+ date)"), "a date is written DATE '2025-09-03'"),
)  # fmt: skip


def failure(error: Exception) -> str:
    """A refused statement in one line; an engine's message may have several, with the statement repeated."""
    first = (str(error.args[0] if error.args else error).strip().splitlines() or ["no reason given"])[0]
    hint = next((hint for pattern, hint in _HINTS if pattern.search(first)), None)
    return f"{first} ({hint})" if hint else first


def unasked(error: ClientError | BotoCoreError, athena: Athena | None = None) -> str:
    """Why a call did not come to an answer: credentials, region, workgroup, rights.

    Args:
        error: what boto3 raised.
        athena: who was asked, where there is one.
    """
    region = athena.client.meta.region_name if athena is not None else "the region"
    if isinstance(error, ClientError):
        code, message = (str(error.response["Error"].get(key, "")) for key in ("Code", "Message"))
        message = " ".join(message.split()) or code
        if code in _EXPIRED:
            return "the AWS credentials have expired: sign in again"
        if code in _STRANGERS:
            return f"AWS doesn't take the credentials ({message}): {_SIGN_IN}"
        if code.startswith("AccessDenied"):
            return f"AWS doesn't allow it: {message}"
        if athena is not None and code == "InvalidRequestException":
            if _NO_WORKGROUP.search(message):
                return (
                    f"there is no workgroup {athena.workgroup} in {region}: "
                    f"`aws athena list-work-groups --region {region}` lists those there are"
                )
            return message
        return f"Athena can't be asked: {message}"
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return f"no AWS credentials: {_SIGN_IN}"
    if isinstance(error, (SSOTokenLoadError, TokenRetrievalError, UnauthorizedSSOTokenError)):
        return "the AWS sign-in has ended: `aws sso login`"
    if isinstance(error, EndpointConnectionError):
        return f"{error.kwargs.get('endpoint_url')} does not answer: is {region} the region?"
    return f"Athena can't be asked: {' '.join(str(error).split())}"
