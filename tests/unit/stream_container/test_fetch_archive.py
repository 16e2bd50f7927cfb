"""The init container's program: signed as botocore signs, and nothing unpacked that isn't what was deployed."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from components.packaging import PROJECT
from components.stream import fetch_archive

KEYS = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "secret/+", "Token": "token=="}
PROGRAM = (PROJECT / "components" / "stream" / "fetch_archive.py").read_text(encoding="utf-8")


def zipped() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("stream/__main__.py", "print('hello')")
    return body.getvalue()


@dataclass
class Site:
    """Hands out the task's credentials and the archive; `answers` are the statuses to give first."""

    url: str = ""
    archive: bytes = field(default_factory=zipped)
    answers: list[int] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/credentials":
                status, body = 200, json.dumps(KEYS).encode()
            else:
                found.asked.append((self.path, self.headers.get("Authorization", "")))
                status, body = (found.answers.pop(0), b"no") if found.answers else (200, found.archive)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield found
        server.shutdown()


def run(site: Site, tmp_path: Path, digest: str) -> subprocess.CompletedProcess[str]:
    target, spill = tmp_path / "code", tmp_path / "spill"
    target.mkdir()
    spill.mkdir()
    environment = {
        "ARCHIVE_URL": f"{site.url}/stream/code/a.zip",
        "ARCHIVE_SHA256": digest,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{site.url}/credentials",
        "AWS_REGION": "sa-east-1",
        "SPILL": str(spill),
        "SPILL_OWNER": str(os.getuid()),
        "TARGET": str(target),
    }
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60
    )


def test_the_signature_is_botocores() -> None:
    url, now = "https://bucket.s3.sa-east-1.amazonaws.com/stream/code/0a1b.zip", datetime.now(UTC)
    ours = fetch_archive.signed(url, "sa-east-1", KEYS, now)

    request = botocore.awsrequest.AWSRequest("GET", url)
    keys = botocore.credentials.Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"])
    signer = botocore.auth.S3SigV4Auth(keys, "s3", "sa-east-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: now.replace(tzinfo=None))
        signer.add_auth(request)

    theirs = request.headers["Authorization"].replace(", ", ",")
    assert ours.get_header("Authorization") == theirs


@pytest.mark.emulator
def test_the_archive_is_unpacked_where_the_producer_looks(site: Site, tmp_path: Path) -> None:
    done = run(site, tmp_path, hashlib.sha256(site.archive).hexdigest())

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "code" / "stream" / "__main__.py").exists()
    ((path, authorization),) = site.asked
    assert path == "/stream/code/a.zip"
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


@pytest.mark.emulator
def test_another_archive_than_the_deployed_one_is_refused(site: Site, tmp_path: Path) -> None:
    done = run(site, tmp_path, "0" * 64)

    assert done.returncode == 1
    assert "expected 0000" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "code").iterdir()) == []


@pytest.mark.emulator
def test_a_refusal_ends_it_and_a_failure_of_s3_is_tried_again(site: Site, tmp_path: Path) -> None:
    site.answers = [503, 403]

    done = run(site, tmp_path, hashlib.sha256(site.archive).hexdigest())

    assert done.returncode == 1
    assert "HTTP 403" in done.stderr
    assert len(site.asked) == 2
