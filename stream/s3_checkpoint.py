"""The checkpoint as one S3 object, written conditionally: two producers are noticed, and neither loses.

Source: Amazon S3 User Guide, "Conditional writes" (If-Match, If-None-Match). An object PUT is atomic.
"""

from __future__ import annotations

import asyncio
import html
import logging
import re
from urllib.parse import quote, urlsplit

import msgspec

from stream.aws import AwsClient, aws_client
from stream.backoff import Backoff
from stream.checkpoint import State, decode, merge, warn
from stream.errors import ConfigError, StreamError
from stream.http import HttpError

log = logging.getLogger(__name__)
_TIMEOUT = 10.0
_ATTEMPTS = 5
_PAUSE, _LONGEST_PAUSE = 0.5, 8.0


class CheckpointError(StreamError):
    """S3 refused to read or write the checkpoint."""


class S3Checkpoint:
    """`s3://bucket/key`.

    Needs s3:GetObject and s3:PutObject on the key, and s3:ListBucket with the key as the prefix.
    """

    def __init__(self, where: str, client: AwsClient | None = None) -> None:
        parts = urlsplit(where)
        if parts.scheme != "s3" or not parts.netloc or len(parts.path) < 2:
            raise ConfigError("checkpoint", f"{where!r} is not of the form s3://bucket/key")
        self._where = where
        self._client = client or aws_client("s3", _TIMEOUT)
        self._key = parts.path.lstrip("/")
        self._url = _address(self._client, parts.netloc, quote(parts.path))
        self._listing = _address(self._client, parts.netloc, f"/?{_query(self._key)}")
        self._etag: str | None = None
        self._others = State()

    async def load(self) -> State:
        self._others = State()
        backoff = Backoff(_PAUSE, _LONGEST_PAUSE)
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._read()
            except (CheckpointError, HttpError) as error:
                log.warning("the checkpoint can't be read yet: %s", error)
            await asyncio.sleep(backoff.next())
        return await self._read()

    async def _read(self) -> State:
        response = await self._client.request("GET", self._url)
        if response.status == 404 or (response.status == 403 and await self._is_missing()):
            self._etag = None
            return State()
        if response.status >= 500 or response.status == 429:
            raise CheckpointError(f"{self._where} cannot be read: HTTP {response.status}")
        if response.status != 200:
            raise ConfigError("checkpoint", f"{self._where} cannot be read: HTTP {response.status}")
        self._etag = response.headers.get("etag")
        state, problems = decode(response.body)
        if problems:
            version = response.headers.get("x-amz-version-id", "none")
            warn(self._where, problems, f"it is the object's version {version}, and will be replaced")
        return state

    async def save(self, state: State) -> None:
        """When another producer wrote meanwhile, both progresses are merged.

        Raises:
            CheckpointError: others wrote again and again.
            HttpError: no complete answer came.
        """
        whole = merge(state, self._others)
        for _ in range(_ATTEMPTS):
            condition = {"If-Match": self._etag} if self._etag else {"If-None-Match": "*"}
            response = await self._client.request("PUT", self._url, condition, msgspec.json.encode(whole))
            if response.status == 200:
                self._etag = response.headers.get("etag")
                return
            if response.status not in (404, 409, 412):
                raise CheckpointError(f"{self._where} was not written: HTTP {response.status}")
            log.error("%s was written by another producer: is one running twice? Merging.", self._where)
            # Kept, since this producer's own progress alone would take back the other's at the next save.
            self._others = merge(self._others, await self._read())
            whole = merge(state, self._others)
        raise CheckpointError(f"{self._where} was not written: another producer keeps changing it")

    async def _is_missing(self) -> bool:
        """S3 says 403 of a missing object to whoever may not list the whole bucket (GetObject, "Permissions")."""
        response = await self._client.request("GET", self._listing)
        found = {html.unescape(key.decode()) for key in re.findall(rb"<Key>(.*?)</Key>", response.body)}
        return response.status == 200 and self._key not in found


def _query(key: str) -> str:
    return f"list-type=2&max-keys=1&prefix={quote(key, safe='')}"


def _address(client: AwsClient, bucket: str, path: str) -> str:
    """Virtual-hosted on AWS, path-style where the endpoint is overridden or the name has dots."""
    parts = urlsplit(client.endpoint)
    if "amazonaws." in parts.netloc and "." not in bucket:
        return f"{parts.scheme}://{bucket}.{parts.netloc}{path}"
    return f"{client.endpoint}/{bucket}{path}"
