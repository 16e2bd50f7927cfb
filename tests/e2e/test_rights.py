"""The demo proves that the roles' rights suffice; this proves that each is needed.

Each statement is taken away for the time of one step, which must then fail. Not here are statements for what
only AWS itself does: Lambda writing its logs and dead letters, Scheduler's dead letters, Glue's look at the
bucket's region, at bookmarks and at its temporary folder.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import count

import pytest

from bovespa.local.errors import LocalError
from bovespa.local.pipeline import await_job_runs, job_runs, scrape
from bovespa.local.stack import Stack
from tests.e2e.lake import capture, objects, refined, without
from tests.portfolios import ibov

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_days = (date(2025, 3, 10) + timedelta(days=n) for n in count())


@pytest.mark.parametrize("sid", ["ArchivePayloads", "ReadAndWriteRaw", "ListRaw"])
def test_the_scraper_needs_its_statement(stack: Stack, sid: str) -> None:
    wire = ibov(day=next(_days))
    with without(stack, "scraper", sid):
        outcome = scrape(stack, capture(wire))
    assert outcome.status == "refused"
    assert outcome.reason is not None
    assert "not authorized" in outcome.reason
    assert not objects(stack, f"raw/carteira/dt={wire.day}/")


def test_the_scraper_needs_to_write_to_quarantine(stack: Stack) -> None:
    wire = ibov(day=next(_days))
    with without(stack, "scraper", "QuarantinePayloads"):
        outcome = scrape(stack, capture(wire.but(total=1)))
    assert "not authorized" in str(outcome.reason)
    assert not objects(stack, f"quarantine/carteira/{wire.day:%Y/%m/%d}/")


def test_the_schedule_needs_to_invoke_the_scraper(stack: Stack) -> None:
    with (
        without(stack, "scraper-schedule", "InvokeFunction"),
        pytest.raises(LocalError, match="not authorized to perform: lambda:InvokeFunction"),
    ):
        scrape(stack, capture(ibov(day=next(_days))))


def test_the_trigger_needs_to_start_the_job(stack: Stack) -> None:
    known = {run["Id"] for run in job_runs(stack)}
    event = {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": stack.exports["lakeBucket"]},
                    "object": {"key": "raw/carteira/dt%3D2025-03-10/carteira.parquet"},
                },
            }
        ]
    }
    with without(stack, "trigger", "StartJob"):
        answer = stack.aws["lambda"].invoke(
            FunctionName=stack.exports["triggerFunction"], Payload=json.dumps(event).encode()
        )
        message = json.loads(answer["Payload"].read())["errorMessage"]
    assert "not authorized to perform: glue:StartJobRun" in message
    assert {run["Id"] for run in job_runs(stack)} == known


@pytest.mark.parametrize(
    "sid", ["ReadRaw", "WriteRefined", "KeepState", "ReadScript", "ListLake", "Catalogue", "WriteLogs"]
)
def test_the_job_needs_its_statement(stack: Stack, sid: str) -> None:
    known = {run["Id"] for run in job_runs(stack)}
    with without(stack, "carteira", sid):
        assert scrape(stack, capture(ibov(day=next(_days)))).status == "stored"
        with pytest.raises(LocalError, match=r"(?s)failed.*(not authorized|AccessDenied)"):
            await_job_runs(stack, 1, known=known)


@pytest.mark.parametrize("sid", ["SetAside", "KeepSetAside"])
def test_the_job_needs_its_statement_to_set_aside(stack: Stack, sid: str) -> None:
    known = {run["Id"] for run in job_runs(stack)}
    stray = f"raw/carteira/{sid}.txt"
    stack.aws["s3"].put_object(Bucket=stack.exports["lakeBucket"], Key=stray, Body=b"notes")
    with without(stack, "carteira", sid):
        stack.aws["glue"].start_job_run(JobName=stack.exports["carteiraJob"])
        with pytest.raises(LocalError, match=r"(?s)failed.*(not authorized|AccessDenied)"):
            await_job_runs(stack, 1, known=known)
    assert stray in objects(stack, "raw/carteira/")


def test_the_job_needs_to_ask_how_its_runs_ended(stack: Stack) -> None:
    with refined(stack, 1):
        scrape(stack, capture(ibov(day=next(_days))))
    known = {run["Id"] for run in job_runs(stack)}
    with without(stack, "carteira", "OwnRuns"):
        stack.aws["glue"].start_job_run(JobName=stack.exports["carteiraJob"])
        with pytest.raises(LocalError, match=r"(?s)failed.*(not authorized|AccessDenied)"):
            await_job_runs(stack, 1, known=known)


def test_the_job_heals_once_it_has_its_rights_again(stack: Stack) -> None:
    """The failed runs above do not count: the next run takes their sessions too."""
    known = {run["Id"] for run in job_runs(stack)}
    last = ibov(day=next(_days))
    scrape(stack, capture(last))
    await_job_runs(stack, 1, known=known)
    answer = stack.athena.run("SELECT data_pregao, count(*) FROM carteira GROUP BY data_pregao")
    seen = {day for day, rows in answer.rows if rows == len(last.rows)}
    stored = {
        date.fromisoformat(key.split("dt=")[1][:10]) for key in objects(stack, "raw/carteira/dt=2025-03")
    }
    assert last.day in stored
    assert stored <= seen
