"""What the end-to-end tests do to the embedded stack, and how they look at its lake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Protocol

from bovespa.demo.captures import Capture
from bovespa.local.aws import Clients
from bovespa.local.deployment import Deployment
from bovespa.local.pipeline import await_job_runs, job_runs
from bovespa.local.stack import Stack
from tests.wire import Wire


def capture(wire: Wire, *, captured_at: datetime | None = None) -> Capture:
    at = captured_at or datetime(wire.day.year, wire.day.month, wire.day.day, 21, tzinfo=UTC)
    return Capture(
        name=f"{wire.indice}_{wire.day}.json",
        kind="page",
        body=wire.json(),
        indice=wire.indice,
        language=wire.language,
        session=wire.day,
        captured_at=at,
    )


@contextmanager
def refined(stack: Stack, runs: int) -> Iterator[None]:
    """Wait for the job runs that the block sets off."""
    known = {run["Id"] for run in job_runs(stack)}
    yield
    await_job_runs(stack, runs, known=known)


def sessions(stack: Stack) -> dict[date, tuple[int, int, Decimal]]:
    """Rows, quantity and weight of each session in REFINED."""
    answer = stack.athena.run(
        "SELECT data_pregao, count(*) AS n, sum(quantidade_teorica) AS q, sum(participacao) AS p "
        "FROM carteira WHERE indice = 'IBOV' GROUP BY data_pregao"
    )
    return {day: (rows, int(str(quantity)), weight) for day, rows, quantity, weight in answer.rows}  # type: ignore[misc]


def objects(stack: Stack, prefix: str) -> set[str]:
    pages = (
        stack.aws["s3"]
        .get_paginator("list_objects_v2")
        .paginate(Bucket=stack.exports["lakeBucket"], Prefix=prefix)
    )
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


class Deployed(Protocol):
    """A program made in an embedded AWS."""

    @property
    def aws(self) -> Clients: ...

    @property
    def deployment(self) -> Deployment: ...


@contextmanager
def without(stack: Deployed, role: str, sid: str) -> Iterator[None]:
    """Take one statement out of a role's policy, and put it back; ``role`` by its name in the program."""
    iam = stack.aws["iam"]
    policy = stack.deployment.one(":RolePolicy", f"{role}-policy").inputs
    place = {"RoleName": policy["role"], "PolicyName": policy["name"]}
    document = json.loads(policy["policy"])
    kept = [statement for statement in document["Statement"] if statement["Sid"] != sid]
    assert len(kept) == len(document["Statement"]) - 1, f"{role} has no statement {sid}"
    iam.put_role_policy(**place, PolicyDocument=json.dumps({**document, "Statement": kept}))
    try:
        yield
    finally:
        iam.put_role_policy(**place, PolicyDocument=policy["policy"])


def follow(stack: Deployed, *, indices: bool, report: bool) -> None:
    """Let runs that succeed set off the indices' job, and the report, or nothing: each is some seconds of work.

    By EventBridge's own switch of the program's rules.
    """
    for part, follows in (("index-trigger", indices), ("report", report)):
        rule = stack.deployment.one(":EventRule", f"{part}-rule").inputs["name"]
        switch = stack.aws["events"].enable_rule if follows else stack.aws["events"].disable_rule
        switch(Name=rule)


def as_role(stack: Deployed, role: str) -> Clients:
    """Clients with the rights of a role of the program's."""
    return stack.aws.as_role(stack.deployment.arn(stack.deployment.one(":Role", f"{role}-role")))
