"""The lake's bucket as the collectors see it: payloads as received, quarantine, and raw objects."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from functions.b3.errors import B3Error

ATTEMPTS = 6  # of a change that others keep overtaking
_CHUNK = 1 << 20
# S3's words for "not the object that you read": changed, being changed, deleted since.
_OVERTAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class ReplacedMeanwhile(B3Error):
    """The object changed between reading and writing it; running again heals it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key}: another run wrote it at the same time; run again")
        self.key = key


class Payload(Protocol):
    """Bytes as received: what they are called in the archive, and where they came from."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    def open(self) -> BinaryIO: ...


@dataclass(frozen=True, slots=True)
class Found:
    """An object, or the end of one, and the version (S3's ETag) that it is."""

    body: bytes
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of portfolios: their object, and which of them were new (none: nothing was written).

    ``healed`` says why what was there could not be read and was replaced; the bucket keeps it as an old
    version.
    """

    key: str
    changed: tuple[str, ...]
    healed: str | None = None


class Lake:
    """Objects of the lake's bucket. A put is whole or not at all.

    Args:
        s3: a boto3 S3 client.
        bucket: the lake's bucket.
        sleep: waits that many seconds.
    """

    def __init__(self, s3: Any, bucket: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._sleep = sleep

    def archive(self, dataset: str, payload: Payload, *, captured_at: datetime) -> str:
        """Keep the bytes as received, gzipped; the key names their SHA-256. Returns the key."""
        key = f"payloads/{dataset}/{captured_at:%Y/%m/%d}/{payload.name}-{payload.sha256}.gz"
        with tempfile.TemporaryFile() as scratch:
            with payload.open() as body, gzip.GzipFile("", "wb", 1, scratch, mtime=0) as packed:
                shutil.copyfileobj(body, packed, _CHUNK)
            scratch.seek(0)
            self.put(key, scratch)
        return key

    def quarantine(self, dataset: str, payload: Payload, reason: str, *, captured_at: datetime) -> str:
        """Keep refused bytes beside the reason, for a person to look at. Returns the bytes' key."""
        key = f"quarantine/{dataset}/{captured_at:%Y/%m/%d}/{payload.name}-{payload.sha256}"
        note = {"reason": reason, "url": payload.url, "captured_at": captured_at.isoformat()}
        with payload.open() as body:
            self.put(key, body)
        self.put(f"{key}.reason.json", json.dumps(note, indent=1).encode())
        return key

    def read(self, key: str, *, last: int | None = None) -> Found | None:
        """An object, or its ``last`` bytes; None where there is no such object."""
        # A list, not a get that may miss: S3 hides a missing key behind 403 from whoever may list
        # only a prefix.
        if next(self.keys(key), None) != key:
            return None
        part = {} if last is None else {"Range": f"bytes=-{last}"}
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, **part)
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "InvalidRange":  # an object of no bytes has no last ones
                answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            else:
                raise
        return Found(answer["Body"].read(), answer["ETag"])

    def put(self, key: str, body: bytes | BinaryIO) -> None:
        """Write an object, whatever was there."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)

    def replace(self, key: str, body: bytes, *, version: str | None) -> None:
        """Write an object if it still is that version; with None, if there still is none.

        Raises:
            ReplacedMeanwhile: it isn't.
        """
        condition = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, **condition)
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _OVERTAKEN:
                raise ReplacedMeanwhile(key) from None
            raise

    def update(
        self, key: str, change: Callable[[Found | None], bytes | None], *, last: int | None = None
    ) -> None:
        """Replace an object by what ``change`` makes of it; again, from what is there then, if overtaken.

        Args:
            key: the object's.
            change: gets what is there, gives the new body, or None to leave it.
            last: how many bytes of its end ``change`` needs; None for all.

        Raises:
            ReplacedMeanwhile: others were faster :data:`ATTEMPTS` times.
        """
        for attempt in range(ATTEMPTS):
            found = self.read(key, last=last)
            body = change(found)
            if body is None:
                return
            try:
                self.replace(key, body, version=found.version if found else None)
            except ReplacedMeanwhile:
                if attempt == ATTEMPTS - 1:
                    raise
                self._sleep(random.uniform(0.5, 1) * 0.1 * 2**attempt)  # noqa: S311
            else:
                return

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """The keys that begin so and come after that one, sorted."""
        start = {"StartAfter": after} if after else {}
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, **start
        )
        for page in pages:
            for entry in page.get("Contents", ()):
                yield entry["Key"]
