"""Theoretical portfolios and previews, by the deployed program's own wiring, to an answer in Athena."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bovespa.demo.captures import read_sample
from bovespa.demo.rebalancing import (
    capture_rebalancing,
    known_before,
    next_rebalancing,
    read_rebalancing_sample,
    told,
)
from bovespa.local.errors import LocalError
from bovespa.local.pipeline import INDEX, PORTFOLIO, await_job_runs, job_runs, scrape
from bovespa.local.stack import Stack
from lake.tables.carteira_teorica import day_key
from tests.e2e.lake import objects, without
from tests.e2e.test_set_aside import in_silence

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
BEFORE, AFTER = date(2025, 8, 29), date(2025, 9, 1)


@pytest.fixture(scope="module")
def answers(stack: Stack) -> list[dict[str, Any]]:
    """The sample's sessions around the rebalancing with their indices, and its theoretical portfolios in raw."""
    with in_silence(stack):
        for capture in read_sample():
            if capture.session in (BEFORE, AFTER):
                scrape(stack, capture)
    for job in (PORTFOLIO, INDEX):
        known = {run["Id"] for run in job_runs(stack, job)}
        stack.aws["glue"].start_job_run(JobName=stack.exports[job.job])
        await_job_runs(stack, 1, known=known, of=job)
    return [capture_rebalancing(stack, replay) for replay in read_rebalancing_sample()]


def test_the_captures_are_filed_under_their_day(stack: Stack, answers: list[dict[str, Any]]) -> None:
    outcomes = [[(p["kind"], p["status"], p["members"]) for p in a["portfolios"]] for a in answers]
    assert outcomes == [
        [("teorica", "stored", 30), ("previa", "stored", 30)],
        [("teorica", "stored", 30), ("previa", "out_of_season", 30)],
    ]
    assert objects(stack, "raw/carteira_teorica/") == {day_key(date(2025, 8, 28)), day_key(AFTER)}
    assert len(objects(stack, "payloads/carteira_teorica/2025/08/28/")) == 2


def test_running_again_writes_nothing(stack: Stack, answers: list[dict[str, Any]]) -> None:
    def versions() -> set[tuple[str, str]]:
        listed = stack.aws["s3"].list_object_versions(
            Bucket=stack.exports["lakeBucket"], Prefix="raw/carteira_teorica/"
        )
        return {(version["Key"], version["VersionId"]) for version in listed["Versions"]}

    before = versions()
    for replay in read_rebalancing_sample():
        assert capture_rebalancing(stack, replay)["status"] == "unchanged"
    assert versions() == before


def test_the_preview_said_who_would_enter_and_leave(stack: Stack, answers: list[dict[str, Any]]) -> None:
    rows = next_rebalancing(stack, until=BEFORE).records()

    moved = {row["codigo"]: row for row in rows if row["movimento"] != "fica"}
    assert {codigo: row["movimento"] for codigo, row in moved.items()} == {"CURY3": "entra", "CVCB3": "sai"}
    assert len(rows) == 31
    assert {row["fonte"] for row in rows} == {"prévia"}
    assert sum(Decimal(str(row["participacao_prevista"])) for row in rows) == 100
    assert moved["CVCB3"]["participacao_prevista"] == 0
    assert told(rows) == "prévia: CURY3 enters, CVCB3 leaves"


def test_the_demos_step_tells_it_in_a_line(stack: Stack, answers: list[dict[str, Any]]) -> None:
    told_before = known_before(stack, read_rebalancing_sample())

    assert told_before == "known on 2025-08-31: prévia: CURY3 enters, CVCB3 leaves"


def test_after_the_rebalancing_nobody_moves(stack: Stack, answers: list[dict[str, Any]]) -> None:
    rows = next_rebalancing(stack, until=date(2025, 9, 1)).records()

    assert {row["movimento"] for row in rows} == {"fica"}
    assert {row["fonte"] for row in rows} == {"carteira teórica"}


def test_the_table_has_the_declared_types(stack: Stack, answers: list[dict[str, Any]]) -> None:
    answer = stack.athena.run(
        "SELECT tipo_carteira, count(*) AS n, sum(qtde_teorica) AS q, max(qtde_teorica_total) AS total, "
        "sum(participacao) AS p, max(redutor) AS redutor, max(dt) AS dt "
        "FROM carteira_teorica WHERE dt = '2025-08-28' GROUP BY tipo_carteira ORDER BY tipo_carteira"
    )
    assert [(row[0], row[1], int(str(row[2])) == row[3], row[4]) for row in answer.rows] == [
        ("previa", 30, True, Decimal("100.000")),
        ("teorica", 30, True, Decimal("100.000")),
    ]
    assert answer.rows[0][5] == Decimal("15398120.41170025")


@pytest.mark.parametrize("sid", ["ArchivePayloads", "ReadAndWriteRaw", "ListRaw"])
def test_the_function_needs_its_statement(stack: Stack, answers: list[dict[str, Any]], sid: str) -> None:
    with without(stack, "rebalancing", sid), pytest.raises(LocalError, match="not authorized"):
        capture_rebalancing(stack, read_rebalancing_sample()[0])


def test_the_function_needs_to_write_to_quarantine(stack: Stack) -> None:
    replay = replace(read_rebalancing_sample()[0], teorica=b"<html>")
    with (
        without(stack, "rebalancing", "QuarantinePayloads"),
        pytest.raises(LocalError, match="not authorized"),
    ):
        capture_rebalancing(stack, replay)
    with pytest.raises(LocalError, match="the rebalancing failed: IBOV teorica: expected JSON"):
        capture_rebalancing(stack, replay)
    assert objects(stack, "quarantine/carteira_teorica/2025/08/28/")


def test_the_schedule_needs_to_invoke_the_function(stack: Stack) -> None:
    with (
        without(stack, "rebalancing-schedule", "InvokeFunction"),
        pytest.raises(LocalError, match="not authorized to perform: lambda:InvokeFunction"),
    ):
        capture_rebalancing(stack, read_rebalancing_sample()[0])
