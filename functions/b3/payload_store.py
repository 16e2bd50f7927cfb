"""Where answers of B3 are kept as received: the archive, and quarantine for those that were refused."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import Any

from functions.b3.client import Payload


class PayloadStore:
    """``payloads/`` and ``quarantine/`` of the lake's bucket.

    Args:
        s3: a boto3 S3 client.
        bucket: the lake's bucket.
        dataset: the folder of both: ``carteira``.
    """

    def __init__(self, s3: Any, bucket: str, *, dataset: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._dataset = dataset

    def archive(self, payload: Payload, *, captured_at: datetime) -> str:
        """Keep the bytes as received, gzipped; the key names their SHA-256. Returns the key."""
        key = f"payloads/{self._dataset}/{captured_at:%Y/%m/%d}/{payload.name}-{payload.sha256}.gz"
        self._put(key, gzip.compress(payload.body, mtime=0), ContentEncoding="gzip")
        return key

    def quarantine(self, payload: Payload, reason: str, *, captured_at: datetime) -> str:
        """Keep refused bytes beside the reason, for a person to look at. Returns the bytes' key."""
        key = f"quarantine/{self._dataset}/{captured_at:%Y/%m/%d}/{payload.name}-{payload.sha256}"
        note = {"reason": reason, "url": payload.url, "captured_at": captured_at.isoformat()}
        self._put(key, payload.body)
        self._put(f"{key}.reason.json", json.dumps(note, ensure_ascii=False, indent=1).encode())
        return key

    def _put(self, key: str, body: bytes, **options: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, **options)
