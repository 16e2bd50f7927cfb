"""The stream's bucket: list, copy, delete, and the notes of what waits for its removal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from lake.tables.bitcoin_trades import PENDING_PREFIX, pending_key

_DELETE_AT_ONCE = 1000  # DeleteObjects' limit


class DeletionFailed(Exception):
    """S3 kept objects that were to be deleted; the message names the first and S3's reason."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as a listing shows it."""

    key: str
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """``targets`` hold every row of ``sources``, which may go once no query reads them any more."""

    day: date
    published_at: datetime
    sources: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """``client`` is boto3's S3 client."""

    client: Any
    name: str

    def address(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def list(self, prefix: str) -> list[Stored]:
        """Every object under the prefix that holds something, by key."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [
            Stored(found["Key"], found["ETag"])
            for page in pages
            for found in page.get("Contents", [])
            if found["Size"]
        ]

    def copy(self, source: str, target: str) -> None:
        """In parts where it is large; the target appears whole or not at all."""
        self.client.copy({"Bucket": self.name, "Key": source}, self.name, target)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete them.

        Raises:
            DeletionFailed: S3 kept some of them.
        """
        wanted = list(keys)
        for start in range(0, len(wanted), _DELETE_AT_ONCE):
            part = wanted[start : start + _DELETE_AT_ONCE]
            answer = self.client.delete_objects(
                Bucket=self.name, Delete={"Objects": [{"Key": key} for key in part], "Quiet": True}
            )
            if errors := answer.get("Errors"):
                raise DeletionFailed(f"{errors[0]['Key']}: {errors[0]['Code']} ({len(errors)} in all)")

    def note(self, pending: Pending) -> None:
        body = {
            "published_at": pending.published_at.isoformat(),
            "sources": list(pending.sources),
            "targets": list(pending.targets),
        }
        self.client.put_object(
            Bucket=self.name,
            Key=pending_key(pending.day),
            Body=json.dumps(body, indent=1).encode(),
            ContentType="application/json",
        )

    def pending(self) -> Sequence[Pending]:
        """All notes, by day."""
        return [self._read(found.key) for found in self.list(PENDING_PREFIX)]

    def forget(self, pending: Pending) -> None:
        self.delete([pending_key(pending.day)])

    def _read(self, key: str) -> Pending:
        body = json.load(self.client.get_object(Bucket=self.name, Key=key)["Body"])
        day = date.fromisoformat(key.removeprefix(f"{PENDING_PREFIX}dt=").removesuffix(".json"))
        return Pending(
            day=day,
            published_at=datetime.fromisoformat(body["published_at"]).astimezone(UTC),
            sources=tuple(body["sources"]),
            targets=tuple(body["targets"]),
        )
