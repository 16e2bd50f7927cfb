"""The pipeline in an account in which no role may be made, with its tables in a database of the stack's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from bovespa.glue.runtime.gateway import Gateway
from bovespa.local.pipeline import await_job_runs, scrape
from bovespa.local.stack import Stack, embedded_stack
from tests.e2e.lake import capture, follow
from tests.portfolios import ibov

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
DATABASE = "bovespa_lab"


@pytest.fixture(scope="module")
def stack(warm_jvm: Gateway) -> Iterator[Stack]:
    settings = {"existingRoleArn": "LabRole", "database": DATABASE}
    with embedded_stack(settings=settings, jvm=warm_jvm) as running:
        follow(running, indices=False, report=False)
        yield running


def test_a_capture_is_refined_and_read_with_the_accounts_own_role(stack: Stack) -> None:
    wire = ibov(day=date(2025, 3, 10))

    assert scrape(stack, capture(wire)).status == "stored"
    await_job_runs(stack, 1)

    assert {role["RoleName"] for role in stack.aws["iam"].list_roles()["Roles"]} == {"LabRole"}
    assert stack.exports["database"] == DATABASE
    answer = stack.athena.run("SELECT count(*) AS n FROM carteira")
    assert [row["n"] for row in answer.records()] == [len(wire.rows)]
    tables = {each["Name"] for each in stack.aws["glue"].get_tables(DatabaseName=DATABASE)["TableList"]}
    assert {"carteira", "carteira_setor", "carteira_teorica"} <= tables
    assert not stack.aws["glue"].get_tables(DatabaseName="default")["TableList"]
