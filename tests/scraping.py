"""The scraper between a stand-in of B3's host and an S3, both on real sockets; for tests."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bovespa.stand_ins.b3_site import B3Site
from functions.b3.client import B3Client, Patience
from functions.b3.lake import Lake
from functions.b3.parquet import Row
from functions.b3.request import read_request
from functions.scraper.handler import scrape
from functions.scraper.raw import from_parquet
from lake.tables.carteira import day_key
from tests.portfolios import CAPTURED, DAY

HASTY = Patience(connect=2.0, read=5.0, retries=2, backoff=0.001, backoff_max=0.01, jitter=0.001)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Refused bytes, and the reason kept beside them."""

    body: bytes
    note: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scraping:
    """One bucket, one host, and the scraper between them."""

    site: B3Site
    s3: Any
    bucket: str

    def run(
        self, *indices: str, language: str = "pt-br", at: datetime = CAPTURED, patience: Patience = HASTY
    ) -> dict[str, Any]:
        """One invocation, but for Lambda's own part."""
        event = {"captured_at": at.isoformat(), "language": language}
        request = read_request(event, default_indices=",".join(indices) or "IBOV", now=at)
        client = B3Client(self.site.url, language=language, patience=patience)
        return scrape(request, client, Lake(self.s3, self.bucket))

    def keys(self, prefix: str = "") -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def body(self, key: str) -> bytes:
        read: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return read

    def raw(self, day: date = DAY) -> list[Row]:
        return from_parquet(self.body(day_key(day)))

    def archived(self) -> dict[str, bytes]:
        """Unzipped bodies by key."""
        return {key: gzip.decompress(self.body(key)) for key in self.keys("payloads/")}

    def quarantined(self) -> list[Quarantined]:
        keys = [key for key in self.keys("quarantine/") if not key.endswith(".reason.json")]
        return [
            Quarantined(body=self.body(key), note=json.loads(self.body(f"{key}.reason.json"))) for key in keys
        ]
