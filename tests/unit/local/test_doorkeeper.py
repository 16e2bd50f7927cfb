"""Whom the embedded AWS answers: programs that were given this run's key, and nobody else."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from bovespa.local.aws import Clients
from bovespa.local.doorkeeper import refusal
from bovespa.local.emulator import REGION, Emulator, emulator

PORT = 4567
SIGNED = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE1/20250901/sa-east-1/s3/aws4_request, Signature=00"
ACTION = "X-Amz-Target"
CREATE = {"FunctionName": "stranger", "Role": "arn:aws:iam::000000000000:role/any", "Runtime": "python3.13"}


def why(path: str = "/lake/key", query: str = "", method: str = "GET", **headers: str) -> str | None:
    """The door's answer to a request that is right but for what is given."""
    given = {"host": f"127.0.0.1:{PORT}", "authorization": SIGNED, **headers}
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items() if value]
    return refusal(method, path, query, lines, port=PORT)


def test_a_signed_request_for_this_server_passes() -> None:
    assert why() is None
    assert why(host=f"localhost:{PORT}") is None
    assert (
        why(authorization="", query="X-Amz-Credential=AKIA1/d/r/s3/aws4_request&X-Amz-Signature=00") is None
    )


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1", f"attacker.example:{PORT}", f"lake.127.0.0.1:{PORT}", "127.0.0.1:1"]
)
def test_another_host_is_refused(host: str) -> None:
    assert why(host=host) == "the request is for another host"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://attacker.example"},
        {"origin": "null"},
        {"origin": f"http://127.0.0.1:{PORT}"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_mode": "no-cors"},
        {"referer": "https://attacker.example/"},
    ],
)
def test_web_pages_are_refused(headers: Mapping[str, str]) -> None:
    assert why(**headers) == "web pages are not answered"


@pytest.mark.parametrize(
    "path",
    [
        "/_ministack/reset",
        "//_ministack/reset",
        "/_ministack/config",
        "/_ministack/lambda-code/x",
        "/_localstack/health",
        "/_aws/lambda-url/x/",
        "/_aws/execute-api/x/y",
        "/health",
        "/v2/_catalog",
    ],
)
def test_administration_is_closed_even_to_signed_requests(path: str) -> None:
    assert why(path, method="POST") == "the emulator's own paths are closed"


def test_readiness_may_be_asked_for() -> None:
    assert why("/_ministack/ready", authorization="") is None
    assert why("/_ministack/ready", authorization="", method="POST") is not None


@pytest.mark.parametrize(
    ("authorization", "query"),
    [
        ("", ""),
        ("AWS AKIA1:00", ""),
        ("Bearer token", ""),
        ("", "X-Amz-Credential=AKIA1/d/r/s3/aws4_request"),
        ("", "AWSAccessKeyId=AKIA1&Signature=00&Expires=9999999999"),
        ("Basic dGVzdDp0ZXN0", "X-Amz-Credential=AKIA1/d/r/s3/aws4_request&X-Amz-Signature=00"),
    ],
)
def test_a_request_without_a_signature_is_refused(authorization: str, query: str) -> None:
    assert (
        why(authorization=authorization, query=query) == "the request has no signature (Signature Version 4)"
    )


@pytest.mark.parametrize("key", ["test", "000000000000", "123456789012"])
def test_the_keys_that_the_emulator_takes_from_anybody_are_refused(key: str) -> None:
    assert (
        why(authorization=SIGNED.replace("AKIAEXAMPLEEXAMPLE1", key)) == "that access key is not of this run"
    )


# --- against the running emulator ---


def post(
    running: Emulator, body: bytes, headers: Mapping[str, str], path: str = "/"
) -> tuple[int, bytes, dict[str, str]]:
    place = urlsplit(running.url)
    assert place.hostname is not None
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def test_a_form_that_a_page_posts_makes_no_function(running_emulator: Emulator, aws: Clients) -> None:
    body = json.dumps(CREATE).encode()
    simple = {"Content-Type": "text/plain", "Origin": "https://attacker.example"}

    status, _, headers = post(running_emulator, body, simple, "/2015-03-31/functions")

    assert status == 403
    assert "access-control-allow-origin" not in headers
    assert "stranger" not in {found["FunctionName"] for found in aws["lambda"].list_functions()["Functions"]}


@pytest.mark.parametrize("target", ["AWSGlue.CreateDatabase"])
def test_an_unsigned_call_changes_nothing(running_emulator: Emulator, aws: Clients, target: str) -> None:
    body = json.dumps({"DatabaseInput": {"Name": "stranger"}}).encode()

    status, _, _ = post(
        running_emulator, body, {"Content-Type": "application/x-amz-json-1.1", ACTION: target}
    )

    assert status == 403
    assert "stranger" not in {found["Name"] for found in aws["glue"].get_databases()["DatabaseList"]}


def test_reset_forgets_nothing(running_emulator: Emulator, aws: Clients, bucket: str) -> None:
    status, _, _ = post(running_emulator, b"", {}, "/_ministack/reset")

    assert status == 403
    assert bucket in {found["Name"] for found in aws["s3"].list_buckets()["Buckets"]}


@pytest.mark.parametrize("key", ["test", "000000000000"])
def test_the_well_known_keys_open_nothing(running_emulator: Emulator, key: str) -> None:
    stranger = boto3.client(
        "s3",
        endpoint_url=running_emulator.url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=key,
    )

    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.list_buckets()


def test_the_runs_key_with_another_secret_opens_nothing(running_emulator: Emulator) -> None:
    key = running_emulator.key.access_key_id
    url = f"{running_emulator.url}/"
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

    def identity(secret: str) -> int:
        request = AWSRequest("POST", url, data=body, headers=form)
        SigV4Auth(Credentials(key, secret), "sts", REGION).add_auth(request)
        return post(running_emulator, body, dict(request.headers))[0]

    assert identity(running_emulator.key.secret_access_key) == 200
    assert identity("guessed") == 403


def test_each_run_has_a_key_of_its_own_and_does_not_show_it(
    tmp_path: Path, running_emulator: Emulator
) -> None:
    with emulator(tmp_path / "emulator") as other:
        assert other.key != running_emulator.key
        assert other.key.secret_access_key not in repr(other)
