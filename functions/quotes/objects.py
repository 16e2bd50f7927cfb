"""The lake's objects, in S3 or in a directory: what the market-data path needs of them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from functions.b3.cotahist.errors import CotahistError


class ReplacedMeanwhile(CotahistError):
    """The object changed between reading and writing it; running again heals it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key}: another run wrote it at the same time; run again")
        self.key = key


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of an object, and the version (S3's ETag) that it is the end of."""

    body: bytes
    version: str


class Objects(Protocol):
    """Keys and bytes. A put is whole or not at all."""

    def tail(self, key: str, size: int) -> Tail | None:
        """The last ``size`` bytes of an object; None where there is no such object."""

    def put(self, key: str, body: bytes | BinaryIO) -> None:
        """Write an object, whatever was there."""

    def replace(self, key: str, body: bytes, *, version: str | None) -> None:
        """Write an object if it still is that version; with None, if there still is none.

        Raises:
            ReplacedMeanwhile: it isn't.
        """

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin so, sorted."""


class S3Objects:
    """Objects of an S3 bucket; ``s3`` is a boto3 client."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def tail(self, key: str, size: int) -> Tail | None:
        # A list, not a get that may miss: S3 hides a missing key behind 403 from whoever may list
        # only a prefix.
        if next(self.keys(key), None) != key:
            return None
        answer = self._s3.get_object(Bucket=self._bucket, Key=key, Range=f"bytes=-{size}")
        return Tail(answer["Body"].read()[-size:], answer["ETag"])

    def put(self, key: str, body: bytes | BinaryIO) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)

    def replace(self, key: str, body: bytes, *, version: str | None) -> None:
        condition = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, **condition)
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise ReplacedMeanwhile(key) from None
            raise

    def keys(self, prefix: str) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", ()):
                yield entry["Key"]


class DirectoryObjects:
    """Objects as files under a directory: the key is the path. For one writer at a time."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def tail(self, key: str, size: int) -> Tail | None:
        try:
            with (self._root / key).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - size))
                body = file.read()
        except FileNotFoundError:
            return None
        return Tail(body, hashlib.sha256(body).hexdigest())

    def put(self, key: str, body: bytes | BinaryIO) -> None:
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".partial-", delete=False) as file:
            try:
                file.write(body) if isinstance(body, bytes) else shutil.copyfileobj(body, file)
                file.close()
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(file.name).unlink()
                raise

    def replace(self, key: str, body: bytes, *, version: str | None) -> None:
        there = self.tail(key, 1 << 16)
        if (there.version if there else None) != version:
            raise ReplacedMeanwhile(key)
        self.put(key, body)

    def keys(self, prefix: str) -> Iterator[str]:
        folder = self._root / prefix.rpartition("/")[0]
        found = (
            path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".partial-")
        )
        yield from sorted(
            key for path in found if (key := path.relative_to(self._root).as_posix()).startswith(prefix)
        )
