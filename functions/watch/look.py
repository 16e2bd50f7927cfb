"""What a session should have in the lake by the evening, and what of it isn't there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from functions.b3.parquet import UnreadableRaw, check_readable
from lake.calendar import previous_session

PORTFOLIO = "carteira"
QUOTES = "negociacao"


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    written: datetime


def problems(s3: Any, bucket: str, day: date) -> list[str]:
    """What is missing by the evening of a session, a line each.

    The portfolio of the day itself, and the quotes of the session before (B3 publishes some after
    midnight): in raw, readable, and refined since raw was last written. Quotes are not missed in a
    lake that never had any.

    Args:
        s3: a boto3 S3 client.
        bucket: the lake's bucket.
        day: a session.
    """
    found = _problems(s3, bucket, PORTFOLIO, day)
    if next(_entries(s3, bucket, f"raw/{QUOTES}/"), None):
        found += _problems(s3, bucket, QUOTES, previous_session(day))
    return found


def _problems(s3: Any, bucket: str, dataset: str, day: date) -> list[str]:
    raw = list(_entries(s3, bucket, f"raw/{dataset}/dt={day.isoformat()}/"))
    if not raw:
        return [f"{dataset} {day}: nothing in raw"]
    for entry in raw:
        try:
            check_readable(s3.get_object(Bucket=bucket, Key=entry.key)["Body"].read())
        except UnreadableRaw as error:
            return [f"{dataset} {day}: {entry.key} can't be read: {error}"]
    refined = list(_entries(s3, bucket, f"REFINED/{dataset}/data_pregao={day.isoformat()}/"))
    if not refined:
        return [f"{dataset} {day}: in raw, and not refined"]
    if max(entry.written for entry in refined) < max(entry.written for entry in raw):
        return [f"{dataset} {day}: not refined since raw was last written"]
    return []


def _entries(s3: Any, bucket: str, prefix: str) -> Iterator[_Entry]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            if not entry["Key"].endswith(("/", "_$folder$")):
                yield _Entry(entry["Key"], entry["LastModified"])
