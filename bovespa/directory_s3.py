"""A directory in place of S3: as much of a boto3 client as the collectors' lake needs.

The bucket is a folder of the root, the key a path in it. For one writer at a time.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

_PARTIAL = ".partial-"


class DirectoryS3:
    """Objects as files under ``root``; conditional writes as S3's."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self, root: Path) -> None:
        self._root = root

    def get_object(self, *, Bucket: str, Key: str, Range: str = "bytes=0-") -> dict[str, Any]:  # noqa: N803
        try:
            body = (self._root / Bucket / Key).read_bytes()
        except FileNotFoundError:
            raise _refusal("NoSuchKey", "GetObject") from None
        last = re.fullmatch(r"bytes=-(\d+)", Range)
        part = body[-int(last[1]) :] if last else body
        return {"Body": io.BytesIO(part), "ETag": hashlib.sha256(body).hexdigest()}

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes | BinaryIO,  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
    ) -> None:
        path = self._root / Bucket / Key
        if (IfNoneMatch and path.exists()) or (IfMatch and self._etag(Bucket, Key) != IfMatch):
            raise _refusal("PreconditionFailed", "PutObject")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=_PARTIAL, delete=False) as file:
            try:
                file.write(Body) if isinstance(Body, bytes) else shutil.copyfileobj(Body, file)
                file.close()
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(file.name).unlink()
                raise

    def get_paginator(self, _operation: str) -> DirectoryS3:
        return self

    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        bucket = self._root / Bucket
        found = (path for path in (bucket / Prefix.rpartition("/")[0]).rglob("*") if path.is_file())
        keys = sorted(p.relative_to(bucket).as_posix() for p in found if not p.name.startswith(_PARTIAL))
        yield {"Contents": [{"Key": key} for key in keys if key.startswith(Prefix) and key > StartAfter]}

    def _etag(self, bucket: str, key: str) -> str:
        return str(self.get_object(Bucket=bucket, Key=key)["ETag"])


def _refusal(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
