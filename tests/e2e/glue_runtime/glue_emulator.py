"""A real emulator for these tests, and what a deployer would set up in it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from bovespa.glue.runtime.emulator_run import trust_for_emulator

REGION = "us-east-1"
ACCOUNT = "000000000000"
ENTRY = Path(__file__).parents[3] / "bovespa" / "glue" / "runtime" / "emulator_entry.py"
PREFIX = "/aws-glue/jobs"


@dataclass(frozen=True, slots=True)
class RunningEmulator:
    url: str

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
        )

    def run_job(self, name: str, seconds: float = 90) -> dict[str, Any]:
        return self.wait(name, self.start_job(name), seconds)

    def start_job(self, name: str) -> str:
        run_id: str = self.client("glue").start_job_run(JobName=name)["JobRunId"]
        return run_id

    def wait(self, name: str, run_id: str, seconds: float = 90) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run: dict[str, Any] = self.client("glue").get_job_run(JobName=name, RunId=run_id)["JobRun"]
            if run["JobRunState"] not in ("STARTING", "RUNNING"):
                return run
            time.sleep(0.05)
        raise AssertionError(f"the run {run_id} did not end within {seconds} s")

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def log(self, kind: str, run_id: str) -> str:
        answer = self.client("logs").get_log_events(logGroupName=f"{PREFIX}/{kind}", logStreamName=run_id)
        return "\n".join(event["message"] for event in answer["events"])


@contextlib.contextmanager
def emulator(folder: Path, extra: Mapping[str, str]) -> Iterator[RunningEmulator]:
    """The emulator with AUTH on, as a child process on a free port; `extra` goes into its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    bin_folder = Path(sys.executable).parent
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment = {
        **kept,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        **extra,
    }
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [str(bin_folder / "ministack")],
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _await_ready(url, process)
        yield RunningEmulator(url)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def deploy_job(
    running: RunningEmulator,
    name: str,
    script: str,
    *,
    bucket: str,
    statements: Sequence[Mapping[str, Any]],
    arguments: Mapping[str, str] | None = None,
) -> None:
    """A role with `statements`, the script in S3, and a `pythonshell` job that carries it out."""
    iam = running.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "glue.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ],
    }
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_for_emulator(json.dumps(trust)))
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
    key = f"glue/scripts/{name}.py"
    running.client("s3").put_object(Bucket=bucket, Key=key, Body=script.encode())
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    running.client("glue").create_job(
        Name=name,
        Role=role,
        Command={"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": str(ENTRY)},
        DefaultArguments={
            "--JOB_NAME": name,
            "--script-s3": f"s3://{bucket}/{key}",
            "--job-role-arn": role,
            "--TempDir": f"s3://{bucket}/glue/temporary/",
            **(arguments or {}),
        },
        Timeout=600,
    )


def lake_statements(bucket: str, *, without: str = "") -> list[dict[str, Any]]:
    """The rights of a job that reads raw/, writes REFINED/ and catalogues in `default`; `without` leaves
    one out."""
    arn = f"arn:aws:s3:::{bucket}"
    glue = f"arn:aws:glue:{REGION}:{ACCOUNT}"
    named = {
        "script": ("s3:GetObject", [f"{arn}/glue/scripts/*"]),
        "read": ("s3:GetObject", [f"{arn}/raw/*"]),
        "write": ("s3:PutObject", [f"{arn}/REFINED/*"]),
        "delete": ("s3:DeleteObject", [f"{arn}/REFINED/*"]),
        "bookmark": (["s3:GetObject", "s3:PutObject"], [f"{arn}/glue/temporary/*"]),
        "catalogue": (
            ["glue:GetTable", "glue:CreateTable", "glue:UpdateTable", "glue:BatchCreatePartition"],
            [f"{glue}:catalog", f"{glue}:database/default", f"{glue}:table/default/*"],
        ),
        "logs": (
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{PREFIX}/*"],
        ),
    }
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": action, "Resource": resources}
        for name, (action, resources) in named.items()
        if name != without
    ]
    if without != "list":
        prefixes = {"s3:prefix": ["raw/*", "REFINED/*", "glue/temporary/*"]}
        statements.append(
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": arn,
                "Condition": {"StringLike": prefixes},
            }
        )
    return statements


def _await_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the emulator ended with status {process.returncode}"
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{url}/_ministack/ready", timeout=2).close()
            return
        time.sleep(0.05)
    raise AssertionError("the emulator did not answer")
