"""Unpacks the producer's archive from S3 into a volume; the init container's whole program.

It runs in a plain Python image, so it has the standard library alone: the request is signed by hand
(AWS Signature Version 4, "Authenticating Requests (AWS Signature Version 4)" in the S3 API reference), with
the task's credentials (Amazon ECS, "Task IAM role"). Environment: ARCHIVE_URL, ARCHIVE_SHA256, AWS_REGION,
TARGET, SPILL, SPILL_OWNER, and AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI from ECS.
"""

import hashlib
import hmac
import io
import json
import os
import sys
import time
import urllib.error
import urllib.request
import zipfile
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

TRIES = 5
TIMEOUT = 30
EMPTY = hashlib.sha256(b"").hexdigest()


def credentials() -> Any:
    relative = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    url = f"http://169.254.170.2{relative}" if relative else os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 (ECS gives the address)
        return json.load(answer)


def signed(url: str, region: str, keys: dict[str, str], now: datetime) -> urllib.request.Request:
    place = urlsplit(url)
    moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {
        "host": place.netloc,
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": moment,
        "x-amz-security-token": keys["Token"],
    }
    names = ";".join(headers)
    canonical = "\n".join(
        ["GET", place.path, "", *(f"{name}:{value}" for name, value in headers.items()), "", names, EMPTY]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{keys['SecretAccessKey']}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/{scope},SignedHeaders={names},Signature={signature}"
    )
    return urllib.request.Request(url, headers=headers)  # noqa: S310 (https, from the task definition)


def fetch(url: str, region: str) -> bytes:
    for left in reversed(range(TRIES)):
        try:
            request = signed(url, region, credentials(), datetime.now(UTC))
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                data: bytes = answer.read()
                return data
        except urllib.error.HTTPError as error:
            if error.code < 500 or not left:
                sys.exit(f"error: {url}: HTTP {error.code}: {error.read(300).decode(errors='replace')}")
        except OSError as error:
            if not left:
                sys.exit(f"error: {url}: {error}")
        time.sleep(2 ** (TRIES - left) / 2)
    raise AssertionError("unreachable")


def main() -> None:
    url, wanted = os.environ["ARCHIVE_URL"], os.environ["ARCHIVE_SHA256"]
    data = fetch(url, os.environ["AWS_REGION"])
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        sys.exit(f"error: {url} has SHA-256 {found}, expected {wanted}: deploy again")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(os.environ["TARGET"])
    owner = int(os.environ["SPILL_OWNER"])
    os.chown(os.environ["SPILL"], owner, owner)
    sys.stdout.write(f"unpacked {len(data)} bytes into {os.environ['TARGET']}\n")


if __name__ == "__main__":
    main()
