"""Where the scraper writes: payloads as received, quarantine, and the raw day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from functions.b3.parquet import Row
from functions.b3.payload_store import PayloadStore
from functions.scraper.raw import brings_news, from_parquet, to_parquet
from lake.tables.carteira import day_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of a day: its object, and the indices that the write changed (none: nothing new)."""

    day: date
    key: str
    changed: tuple[str, ...]


class Lake(PayloadStore):
    """The lake's bucket, seen by the scraper.

    Args:
        s3: a boto3 S3 client.
        bucket: the lake's bucket.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        super().__init__(s3, bucket, dataset="carteira")

    def store(self, day: date, rows_by_index: Mapping[str, Sequence[Row]]) -> Stored:
        """Write the day's rows, keeping those of other indices; nothing is written if nothing is new.

        The object is replaced in one put, and only if it is still the one that was read.

        Raises:
            botocore.exceptions.ClientError: PreconditionFailed where another capture of the same day
                was faster; running again heals it.
        """
        key = day_key(day)
        existing, condition = self._read(key)
        old = {indice: [row for row in existing if row["indice"] == indice] for indice in rows_by_index}
        changed = tuple(i for i, rows in rows_by_index.items() if brings_news(old[i], rows))
        if changed:
            kept = [row for row in existing if row["indice"] not in changed]
            new = [row for indice in changed for row in rows_by_index[indice]]
            self._put(key, to_parquet(kept + new), **condition)
        return Stored(day=day, key=key, changed=changed)

    def _read(self, key: str) -> tuple[list[Row], dict[str, str]]:
        # A list, not a get that may miss: S3 hides a missing key behind 403 from whoever may list
        # only a prefix.
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        if not any(entry["Key"] == key for entry in listed.get("Contents", [])):
            return [], {"IfNoneMatch": "*"}
        answer = self._s3.get_object(Bucket=self._bucket, Key=key)
        return from_parquet(answer["Body"].read()), {"IfMatch": answer["ETag"]}
