"""A job in the emulator, as a deployer would set it up."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bovespa.glue.runtime.emulator_run import trust_for_emulator
from bovespa.local.aws import Clients
from bovespa.local.emulator import ACCOUNT, REGION

ENTRY = Path(__file__).parents[3] / "bovespa" / "glue" / "runtime" / "emulator_entry.py"
PREFIX = "/aws-glue/jobs"


@dataclass(frozen=True, slots=True)
class RunningEmulator:
    aws: Clients

    def client(self, service: str) -> Any:
        return self.aws[service]

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
    """The rights of a job that reads raw/, writes REFINED/ and catalogues in `default`, without ``without``."""
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
