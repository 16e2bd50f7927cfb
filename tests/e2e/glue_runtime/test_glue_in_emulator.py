"""Job runs in a real emulator that enforces IAM: StartJobRun to GetJobRun, logs, rights, failures, two at once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from glue_emulator import RunningEmulator, deploy_job, lake_statements  # type: ignore[import-not-found]
from glue_scripts import pipeline, raw_day  # type: ignore[import-not-found]

from bovespa.glue.runtime import emulator_job
from bovespa.glue.runtime.emulator_run import trust_for_emulator
from bovespa.local.aws import Clients

pytestmark = pytest.mark.slow

BOOKMARKS = {"--job-bookmark-option": "job-bookmark-enable"}


@pytest.fixture
def lake(clean: Clients) -> Iterator[RunningEmulator]:
    """A lake with one raw day, and no job."""
    running = RunningEmulator(clean)
    put_day(running, "2025-07-31")
    yield running
    for job in clean["glue"].get_jobs()["Jobs"]:
        clean["glue"].delete_job(JobName=job["Name"])
        clean["iam"].delete_role_policy(RoleName=job["Name"], PolicyName=job["Name"])
        clean["iam"].delete_role(RoleName=job["Name"])


def put_day(running: RunningEmulator, day: str, members: int = 5) -> None:
    body = raw_day(day, members)
    running.client("s3").put_object(Bucket="lake", Key=f"raw/dt={day}/carteira.parquet", Body=body)


def refined(running: RunningEmulator) -> dict[str, int]:
    """Files (one per row here) in REFINED by day."""
    counts: dict[str, int] = {}
    for key in running.keys("lake", "REFINED/"):
        day = key.split("/")[2].partition("=")[2]
        counts[day] = counts.get(day, 0) + 1
    return counts


def deploy(running: RunningEmulator, script: str, *, without: str = "", **arguments: str) -> None:
    given = {f"--{name.replace('_', '-')}": value for name, value in arguments.items()}
    deploy_job(
        running,
        "carteira",
        script,
        bucket="lake",
        statements=lake_statements("lake", without=without),
        arguments={**BOOKMARKS, **given},
    )


def test_a_run_writes_catalogues_and_logs(lake: RunningEmulator) -> None:
    deploy(lake, pipeline("print('in between'); print('to the log', file=sys.stderr)"))
    run = lake.run_job("carteira")
    assert (run["JobRunState"], run.get("ErrorMessage")) == ("SUCCEEDED", "")
    assert refined(lake) == {"2025-07-31": 5}
    table = lake.client("glue").get_table(DatabaseName="default", Name="carteira")["Table"]
    assert [(key["Name"], key["Type"]) for key in table["PartitionKeys"]] == [
        ("data_pregao", "date"),
        ("codigo", "string"),
    ]
    partitions = lake.client("glue").get_partitions(DatabaseName="default", TableName="carteira")[
        "Partitions"
    ]
    assert len(partitions) == 5
    assert lake.log("output", run["Id"]) == "in between"
    assert "to the log" in lake.log("error", run["Id"])


def test_bookmarks_take_each_day_once_and_failures_are_healed(lake: RunningEmulator) -> None:
    deploy(lake, pipeline())
    assert lake.run_job("carteira")["JobRunState"] == "SUCCEEDED"
    put_day(lake, "2025-08-01")
    script = pipeline("raise ValueError('midway')")
    lake.client("s3").put_object(Bucket="lake", Key="glue/scripts/carteira.py", Body=script.encode())
    failed = lake.run_job("carteira")
    assert failed["JobRunState"] == "FAILED"
    assert failed["ErrorMessage"].strip() == 'node "Between" (line 35): ValueError: midway'
    assert "Traceback" in lake.log("error", failed["Id"])
    lake.client("s3").put_object(Bucket="lake", Key="glue/scripts/carteira.py", Body=pipeline().encode())
    before = set(lake.keys("lake", "REFINED/"))
    assert lake.run_job("carteira")["JobRunState"] == "SUCCEEDED"
    assert refined(lake) == {"2025-07-31": 5, "2025-08-01": 5}
    assert before < set(lake.keys("lake", "REFINED/"))  # the first day was not touched again


def test_two_days_arriving_at_once_are_both_there(lake: RunningEmulator) -> None:
    deploy(lake, pipeline())
    ids = []
    for day in ("2025-08-01", "2025-08-04"):
        put_day(lake, day)
        ids.append(lake.start_job("carteira"))
    runs = [lake.wait("carteira", run_id) for run_id in ids]
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED", "SUCCEEDED"]
    assert refined(lake) == {"2025-07-31": 5, "2025-08-01": 5, "2025-08-04": 5}
    for run_id in ids:
        lake.log("output", run_id)  # both streams exist: no run took the other's


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ("read", "cannot read s3://lake/raw/"),
        ("write", "cannot write s3://lake/REFINED/carteira/"),
        ("catalogue", "cannot read table default.carteira"),
        ("list", "cannot list s3://lake/raw/"),
        ("bookmark", "bookmarks/carteira.json"),
        ("logs", "cannot write the log /aws-glue/jobs/output/"),
        ("script", "cannot read s3://lake/glue/scripts/carteira.py"),
    ],
)
def test_the_script_has_its_roles_rights_only(lake: RunningEmulator, without: str, named: str) -> None:
    deploy(lake, pipeline(), without=without)
    run = lake.run_job("carteira")
    assert run["JobRunState"] == "FAILED"
    assert named in run["ErrorMessage"]
    assert "AccessDenied" in run["ErrorMessage"]
    assert "Traceback" not in run["ErrorMessage"]


def test_deleting_needs_its_own_right(lake: RunningEmulator) -> None:
    deploy(lake, pipeline(), without="delete", job_bookmark_option="job-bookmark-disable")
    assert lake.run_job("carteira")["JobRunState"] == "SUCCEEDED"
    again = lake.run_job("carteira")
    assert again["JobRunState"] == "FAILED"
    assert 'node "Purge"' in again["ErrorMessage"]
    assert "cannot delete s3://lake/REFINED/carteira/data_pregao=2025-07-31/" in again["ErrorMessage"]
    assert refined(lake) == {"2025-07-31": 5}


def test_a_role_that_glue_may_not_assume_is_said(lake: RunningEmulator) -> None:
    deploy(lake, pipeline())
    other = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    lake.client("iam").update_assume_role_policy(RoleName="carteira", PolicyDocument=document)
    run = lake.run_job("carteira")
    assert run["JobRunState"] == "FAILED"
    assert "cannot assume the job's role arn:aws:iam::000000000000:role/carteira" in run["ErrorMessage"]


def test_a_missing_script_is_said(lake: RunningEmulator) -> None:
    deploy(lake, pipeline())
    lake.client("s3").delete_object(Bucket="lake", Key="glue/scripts/carteira.py")
    message = lake.run_job("carteira")["ErrorMessage"]
    assert "s3://lake/glue/scripts/carteira.py" in message


def test_only_the_source_conditions_leave_a_trust_policy() -> None:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "glue.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "1", "aws:PrincipalTag/a": "b"},
            "ArnLike": {"AWS:SourceArn": "x"},
        },
    }
    kept = json.loads(trust_for_emulator(json.dumps({"Version": "2012-10-17", "Statement": [statement]})))
    assert kept["Statement"][0]["Condition"] == {"StringEquals": {"aws:PrincipalTag/a": "b"}}
    statement["Condition"] = {"StringEquals": {"aws:SourceAccount": "1"}}
    kept = json.loads(trust_for_emulator(json.dumps({"Statement": statement})))
    assert "Condition" not in kept["Statement"]


def test_the_entry_says_what_it_misses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", {})
    assert emulator_job.main() == 1
    assert capsys.readouterr().err == "the job's argument --JOB_NAME is missing\n"
    monkeypatch.setattr(os, "environ", {"JOB_NAME": "j", "script-s3": "s3://b/k", "job-role-arn": "arn"})
    assert emulator_job.main() == 1
    assert "this is not the emulator" in capsys.readouterr().err
