"""Each right of the market data's roles is needed: taken away for the time of one step, which must then fail.

As in test_rights.py, what only AWS itself does is not here.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import count

import pytest
from botocore.exceptions import ClientError

from bovespa.demo.quotes import EVENING, MORNING, Quotes, collect_session, traded
from bovespa.local.errors import LocalError
from bovespa.local.pipeline import QUOTES, await_job_runs, job_runs
from bovespa.local.stack import Stack
from functions.b3.cotahist.period import of_day
from lake.calendar import is_session
from tests.cotahist_files import header, quote, text, trailer, zipped
from tests.e2e.lake import as_role, objects, without

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_days = filter(is_session, (date(2022, 3, 10) + timedelta(days=n) for n in count()))


def collect(stack: Stack, day: date, *, whole: bool = True) -> Quotes:
    """A session's file of one quote; where it isn't ``whole``, its trailer states one record more."""
    assert stack.quotes is not None
    line = quote(data=f"{day:%Y%m%d}")
    good = text(line, year=day.year, generated_on=day)
    wrong = b"\n".join((header(day.year, day), line, trailer(4, day.year, day)))
    stack.quotes.publish(of_day(day).zip_name, zipped(good if whole else wrong))
    return collect_session(stack, day)


def runs(stack: Stack) -> set[str]:
    return {run["Id"] for run in job_runs(stack, QUOTES)}


@pytest.mark.parametrize("sid", ["ArchivePayloads", "ReadAndWriteRaw", "ListRawAndBatches"])
def test_the_function_needs_its_statement(stack: Stack, sid: str) -> None:
    day = next(_days)
    with without(stack, "quotes", sid):
        outcome = collect(stack, day)
    assert outcome.status == "refused"
    assert "not authorized" in str(outcome.reason)
    assert not objects(stack, f"raw/negociacao/dt={day}/")


def test_the_function_needs_to_write_to_quarantine(stack: Stack) -> None:
    day = next(_days)
    with without(stack, "quotes", "QuarantinePayloads"):
        outcome = collect(stack, day, whole=False)
    assert "not authorized" in str(outcome.reason)
    assert not [key for key in objects(stack, "quarantine/negociacao/") if of_day(day).stem in key]


def test_a_batch_that_could_not_be_announced_is_announced_by_the_next_run(stack: Stack) -> None:
    day, known = next(_days), runs(stack)
    with without(stack, "quotes", "AnnounceBatches"):
        outcome = collect(stack, day)
    assert "not authorized" in str(outcome.reason)
    assert runs(stack) == known
    assert collect(stack, day).status == "unchanged"  # raw has it already
    await_job_runs(stack, 1, known=known, of=QUOTES)
    assert day in {row["data_pregao"] for row in traded(stack).records()}


@pytest.mark.parametrize("schedule", [EVENING, MORNING])
def test_each_schedule_needs_to_invoke_the_function(stack: Stack, schedule: str) -> None:
    with (
        without(stack, schedule, "InvokeFunction"),
        pytest.raises(LocalError, match="not authorized to perform: lambda:InvokeFunction"),
    ):
        collect_session(stack, next(_days), schedule=schedule)


def test_the_trigger_needs_to_start_its_job_and_can_start_no_other(stack: Stack) -> None:
    key = f"lotes/negociacao/COTAHIST_D10032022-{'0' * 64}.json"
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": stack.exports["lakeBucket"]}, "object": {"key": key}},
    }
    known = runs(stack)
    with without(stack, "quotes-trigger", "StartJob"):
        answer = stack.aws["lambda"].invoke(
            FunctionName=stack.exports["quotesTriggerFunction"],
            Payload=json.dumps({"Records": [record]}).encode(),
        )
        message = json.loads(answer["Payload"].read())["errorMessage"]
    assert "not authorized to perform: glue:StartJobRun" in message
    assert runs(stack) == known
    with pytest.raises(ClientError, match="not authorized to perform: glue:StartJobRun"):
        as_role(stack, "quotes-trigger")["glue"].start_job_run(JobName=stack.exports["carteiraJob"])


@pytest.mark.parametrize("sid", ["ReadRaw", "WriteRefined", "Catalogue"])
def test_the_job_needs_its_statement(stack: Stack, sid: str) -> None:
    known = runs(stack)
    with without(stack, "negociacao", sid):
        assert collect(stack, next(_days)).status == "stored"
        with pytest.raises(LocalError, match=r"(?s)failed.*(not authorized|AccessDenied)"):
            await_job_runs(stack, 1, known=known, of=QUOTES)


def test_the_job_heals_once_it_has_its_rights_again(stack: Stack) -> None:
    """The failed runs above do not count: the next run takes their sessions too."""
    day, known = next(_days), runs(stack)
    collect(stack, day)
    await_job_runs(stack, 1, known=known, of=QUOTES)
    stored = {
        date.fromisoformat(key.split("dt=")[1][:10]) for key in objects(stack, "raw/negociacao/dt=2022-03")
    }
    assert day in stored
    assert stored <= {row["data_pregao"] for row in traded(stack).records()}
