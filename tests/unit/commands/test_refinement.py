"""What "refined as raw says" means, over the emulator's S3 and Glue; the job's runs are made to end as told."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bovespa.errors import UserError
from bovespa.local.aws import Clients, local_athena
from bovespa.refinement import PORTFOLIO, Refinement
from bovespa.target import Target
from lake.tables.carteira import day_key

DAY = date(2025, 7, 14)
NOW = datetime.now(UTC)


@dataclass
class Glue:
    """A job: each new run ends as ``outcomes`` says, next first, and a good one refines what is in raw."""

    s3: Any
    bucket: str
    outcomes: list[str] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    refines: bool = True

    def start_job_run(self, *, JobName: str, JobRunQueuingEnabled: bool) -> dict[str, str]:  # noqa: N803
        assert JobRunQueuingEnabled
        state = self.outcomes.pop(0)
        time.sleep(1.1)  # S3's clock has seconds
        self.runs.append(
            {
                "Id": f"jr_{len(self.runs)}",
                "JobRunState": state,
                "StartedOn": datetime.now(UTC),
                "ErrorMessage": "died",
            }
        )
        if state == "SUCCEEDED" and self.refines:
            self.refine()
        return {"JobRunId": self.runs[-1]["Id"]}

    def get_job_runs(self, *, JobName: str) -> dict[str, Any]:  # noqa: N803
        return {"JobRuns": list(self.runs)}

    def refine(self) -> None:
        key = f"REFINED/carteira/data_pregao={DAY}/codigo=PETR4/part-0.snappy.parquet"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"rows")


@dataclass
class Stack:
    glue: Glue
    refinement: Refinement
    told: list[str]

    def put_raw(self) -> None:
        self.glue.s3.put_object(Bucket=self.glue.bucket, Key=day_key(DAY), Body=b"rows")


@pytest.fixture
def stack(aws: Clients, bucket: str) -> Stack:
    glue = Glue(s3=aws["s3"], bucket=bucket)
    clients: Any = {"s3": aws["s3"], "glue": glue}
    exports = {"lakeBucket": bucket, "carteiraJob": "job", "workgroup": "none", "database": "default"}
    target = Target(exports=exports, aws=clients, athena=local_athena(aws, exports), embedded=True)
    told: list[str] = []
    made = Stack(glue=glue, refinement=Refinement(target, PORTFOLIO, tell=told.append), told=told)
    made.put_raw()
    return made


def test_a_session_whose_run_died_is_refined_by_another(stack: Stack) -> None:
    stack.glue.outcomes = ["FAILED", "SUCCEEDED"]
    with pytest.raises(UserError, match="Glue job job failed: died"):
        stack.refinement.await_refined([DAY], event=False)
    assert stack.refinement.behind([DAY]) == [DAY]

    assert stack.refinement.await_refined([DAY], event=False)

    assert stack.refinement.behind([DAY]) == []
    assert stack.told[-1] == "2025-07-14: not refined as raw says; starting Glue job job"


def test_what_is_refined_needs_no_run(stack: Stack) -> None:
    stack.glue.outcomes = ["SUCCEEDED"]
    stack.refinement.await_refined([DAY], event=False)

    assert not stack.refinement.await_refined([DAY], event=False)


def test_what_a_dying_run_wrote_is_not_taken_for_refined(stack: Stack) -> None:
    time.sleep(1.1)
    stack.glue.refine()
    stack.glue.runs = [{"Id": "jr", "JobRunState": "FAILED", "StartedOn": datetime.now(UTC)}]

    assert stack.refinement.behind([DAY]) == [DAY]


def test_a_correction_that_no_run_took_is_behind(stack: Stack) -> None:
    stack.glue.outcomes = ["SUCCEEDED"]
    stack.refinement.await_refined([DAY], event=False)
    time.sleep(1.1)
    stack.put_raw()

    assert stack.refinement.behind([DAY]) == [DAY]


def test_a_run_that_leaves_the_session_is_no_success(stack: Stack) -> None:
    stack.glue.outcomes, stack.glue.refines = ["SUCCEEDED"], False

    with pytest.raises(UserError, match="succeeded and left 2025-07-14 as it was"):
        stack.refinement.await_refined([DAY], event=False)


def test_a_session_that_was_set_aside_is_said_to_be_gone(stack: Stack) -> None:
    with pytest.raises(UserError, match="2025-07-15: not in raw/carteira/"):
        stack.refinement.behind([DAY, DAY + timedelta(days=1)])
