from __future__ import annotations

import json
import os
import socket
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from bovespa.local.aws import Clients
from bovespa.local.emulator import Emulator, aws_environment, emulator
from bovespa.local.errors import EmulatorFailed
from bovespa.local.root_key import new_root_key

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


@pytest.mark.skipif(sys.platform != "linux", reason="only there is all of 127/8 the loopback")
def test_it_listens_on_the_loopback_address_alone(running_emulator: Emulator) -> None:
    port = urlsplit(running_emulator.url).port
    assert port is not None

    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


def test_a_role_has_its_own_rights_and_no_others(aws: Clients, bucket: str) -> None:
    name = f"writer-{uuid.uuid4().hex[:8]}"
    arn = aws["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [f"arn:aws:s3:::{bucket}/raw/*"]}
        ],
    }
    aws["iam"].put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
    s3 = aws.as_role(arn)["s3"]

    s3.put_object(Bucket=bucket, Key="raw/day", Body=b"rows")

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key="payloads/day", Body=b"rows")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=bucket, Key="raw/day")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="raw/day")


def test_its_processes_know_nothing_of_the_users_own_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = aws_environment("http://127.0.0.1:1", new_root_key())

    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    with emulator(tmp_path / "emulator") as running:
        given = Path(f"/proc/{running.process.pid}/environ")
        if not given.exists():
            pytest.skip("looks at /proc")
        text = given.read_bytes()

    assert b"AWS_PROFILE" not in text
    assert b"secret" not in text


def test_an_emulator_that_died_is_noticed_and_its_log_named(tmp_path: Path) -> None:
    with emulator(tmp_path / "emulator") as running:
        running.check()
        assert running.process.stdin is not None
        running.process.stdin.close()
        running.process.wait(15)

        with pytest.raises(EmulatorFailed, match=r"emulator ended .*emulator\.log"):
            running.check()


def test_an_emulator_that_does_not_start_fails_at_once_and_names_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(EmulatorFailed, match=r"emulator\.log"),
        emulator(tmp_path / "emulator", {"GATEWAY_PORT": "no port"}),
    ):
        pytest.fail("it started")


def test_nothing_is_left_running_after_the_block(tmp_path: Path) -> None:
    with emulator(tmp_path / "emulator") as running:
        port = urlsplit(running.url).port

    assert running.process.poll() is not None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0), timeout=5)
