"""Where pages lie: one a session, beside it the answers that it was made of, and a note of what was mailed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from botocore.exceptions import ClientError

PREFIX = "reports/"
CONTENT_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """What the last mail about a session said: the digest of its numbers, its headline, and when it went out."""

    numbers: str
    headline: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """``client`` is boto3's S3 client, ``bucket`` a private one.

    A client that is to sign links has to sign with Signature Version 4 and name buckets in the host: else a link
    names no region's endpoint, and an object under a key of KMS refuses it.
    """

    client: Any
    bucket: str

    def key(self, indice: str, day: date) -> str:
        """``reports/IBOV/2025-09-03.html``."""
        return f"{PREFIX}{indice}/{day.isoformat()}.html"

    def address(self, key: str) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, html: str, answers: str) -> None:
        """Write a page and its answers (JSON), in place of those that were there."""
        self._put_json(_beside(key, ".json"), answers)
        self.client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=html.encode(),
            ContentType=CONTENT_TYPE,
            CacheControl="private, no-cache",
        )

    def link(self, key: str, *, seconds: int) -> str:
        """A link that opens the page for whoever has it.

        It ends with the credentials that signed it, if that is earlier ("If you created a presigned URL using a
        temporary token, then the URL expires when the token expires": S3 User Guide, "Sharing objects with
        presigned URLs").
        """
        signed: str = self.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=seconds
        )
        return signed

    def answers(self, key: str) -> str:
        """What a page was made of."""
        body: bytes = self.client.get_object(Bucket=self.bucket, Key=_beside(key, ".json"))["Body"].read()
        return body.decode()

    def mailed(self, key: str) -> Mailed | None:
        """What was mailed about a page; None where nothing was."""
        try:
            body = self.client.get_object(Bucket=self.bucket, Key=_beside(key, ".mailed.json"))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        note = json.loads(body)
        return Mailed(numbers=note["numbers"], headline=note["headline"], at=note["at"])

    def note(self, key: str, mailed: Mailed) -> None:
        """Remember what was mailed."""
        self._put_json(_beside(key, ".mailed.json"), json.dumps(asdict(mailed), ensure_ascii=False, indent=1))

    def _put_json(self, key: str, text: str) -> None:
        self.client.put_object(
            Bucket=self.bucket, Key=key, Body=text.encode(), ContentType="application/json"
        )


def _beside(key: str, ending: str) -> str:
    return key.removesuffix(".html") + ending
