"""Objects in S3; endpoint, region and credentials come from the environment."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.botocore_session import botocore_session
from bovespa.glue.runtime.errors import StorageError
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.store import PARALLEL, StoredObject

_DELETE_AT_ONCE = 1000
_SINGLE_PUT_LIMIT = 64 * 1024 * 1024
_CHUNK = 1024 * 1024

CLIENT_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "max_attempts": 4},
    max_pool_connections=PARALLEL + 2,
    s3={"addressing_style": "path"},
)


def client(service: str, **settings: Any) -> Any:
    """A client of botocore with bounded time-outs and retries; boto3 takes half a second more to import."""
    return botocore_session().create_client(service, config=CLIENT_CONFIG, **settings)


class S3Store:
    """Objects in S3 by bucket and key; every method raises StorageError with the place in its text.

    Needs `s3:ListBucket` (with the prefix), `s3:GetObject`, `s3:PutObject` and `s3:DeleteObject` on what is
    used, and nothing else.
    """

    def __init__(self, s3: Any = None) -> None:
        self._given = s3

    @cached_property
    def _s3(self) -> Any:
        return self._given or client("s3")

    def list(self, prefix: Location) -> Iterator[StoredObject]:
        """All objects whose key starts with `prefix.key`, in key order."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
        try:
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield StoredObject(
                        location=Location(prefix.bucket, entry["Key"]),
                        size=entry["Size"],
                        modified=entry["LastModified"],
                        etag=entry.get("ETag", "").strip('"'),
                    )
        except (BotoCoreError, ClientError) as error:
            raise StorageError(f"cannot list {prefix}: {error}") from error

    def read(self, location: Location) -> bytes | None:
        """The object's bytes, or None where there is no such object."""
        try:
            body: bytes = self._s3.get_object(Bucket=location.bucket, Key=location.key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise StorageError(f"cannot read {location}: {error}") from error
        except BotoCoreError as error:
            raise StorageError(f"cannot read {location}: {error}") from error
        return body

    def write(self, location: Location, body: bytes) -> None:
        """Replace the object as a whole."""
        try:
            self._s3.put_object(Bucket=location.bucket, Key=location.key, Body=body)
        except (BotoCoreError, ClientError) as error:
            raise StorageError(f"cannot write {location}: {error}") from error

    def fetch(self, location: Location, target: Path) -> None:
        """Copy the object into the file `target`."""
        try:
            body = self._s3.get_object(Bucket=location.bucket, Key=location.key)["Body"]
            with target.open("wb") as out:
                for chunk in body.iter_chunks(_CHUNK):
                    out.write(chunk)
        except (BotoCoreError, ClientError, OSError) as error:
            raise StorageError(f"cannot read {location}: {error}") from error

    def upload(self, source: Path, location: Location) -> None:
        """Replace the object by the file's bytes, as a whole."""
        if source.stat().st_size <= _SINGLE_PUT_LIMIT:
            self.write(location, source.read_bytes())
            return
        from boto3.exceptions import Boto3Error
        from boto3.s3.transfer import S3Transfer

        try:
            S3Transfer(self._s3).upload_file(str(source), location.bucket, location.key)
        except (BotoCoreError, ClientError, Boto3Error) as error:
            raise StorageError(f"cannot write {location}: {error}") from error

    def delete(self, locations: Iterable[Location]) -> int:
        """Delete objects, of which absent ones are no error; how many were asked for."""
        count = 0
        by_bucket = itertools.groupby(sorted(locations), key=lambda location: location.bucket)
        for bucket, group in by_bucket:
            for batch in _batches(group):
                count += self._delete_batch(bucket, [location.key for location in batch])
        return count

    def _delete_batch(self, bucket: str, keys: Sequence[str]) -> int:
        objects = [{"Key": key} for key in keys]
        try:
            answer = self._s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        except (BotoCoreError, ClientError) as error:
            raise StorageError(f"cannot delete s3://{bucket}/{keys[0]} …: {error}") from error
        if failed := answer.get("Errors"):
            first = failed[0]
            raise StorageError(
                f"cannot delete s3://{bucket}/{first['Key']}: {first['Code']} {first['Message']}"
            )
        return len(keys)


def _batches(items: Iterable[Location]) -> Iterator[tuple[Location, ...]]:
    iterator = iter(items)
    while batch := tuple(itertools.islice(iterator, _DELETE_AT_ONCE)):
        yield batch
