from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from functions.trigger import after_job
from functions.trigger.events import UnreadableEvent, keys_of
from functions.trigger.handler import handler, logger
from tests.lambda_context import lambda_context

EVENTS = Path(__file__).resolve().parents[2] / "events"
LAKE = "bovespa-dev-lake-1a2b3c4"
JOB = "bovespa-dev-carteira"
PATTERN = r"raw/carteira/dt=\d{4}-\d{2}-\d{2}/carteira\.parquet"


def event(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return document


def raw_key(day: str) -> str:
    return f"raw/carteira/dt={day}/carteira.parquet"


@dataclass(slots=True)
class Glue:
    """Glue's API as far as StartJobRun goes, on a real socket: what it was asked, and how it answers."""

    url: str = ""
    refusal: str | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, target: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append({"target": target, **body})
        if self.refusal:
            return 400, {"__type": self.refusal, "message": f"{self.refusal} for job {body['JobName']}"}
        return 200, {"JobRunId": f"jr_{len(self.asked)}"}


@contextmanager
def glue_api() -> Iterator[Glue]:
    glue = Glue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = glue.answer(self.headers["X-Amz-Target"], body)
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    glue.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield glue
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Glue]:
    with glue_api() as api:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in {
            "AWS_ENDPOINT_URL": api.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "sa-east-1",
            "AWS_DEFAULT_REGION": "sa-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_MAX_ATTEMPTS": "1",
            "LAKE_BUCKET": LAKE,
            "KEY_PATTERN": PATTERN,
            "JOB_NAME": JOB,
        }.items():
            monkeypatch.setenv(name, value)
        yield api


def invoke(name: str) -> dict[str, Any]:
    answer: dict[str, Any] = handler(event(name), lambda_context("bovespa-dev-trigger"))
    return answer


STARTING = {
    "s3_raw_put": ["2025-07-14"],
    "s3_raw_put_unencoded": ["2025-07-14"],
    "s3_several_records": ["2025-07-14", "2025-07-15", "2025-07-16"],
    "s3_duplicate_and_out_of_order": ["2025-07-14", "2025-07-15"],
    "s3_mixed": ["2025-07-14"],
}
IDLE = [
    "s3_foreign_bucket",
    "s3_foreign_keys",
    "s3_removed",
    "s3_test_event",
    "sns_notification",
    "sqs_message",
    "empty",
]


@pytest.mark.parametrize(("name", "days"), STARTING.items(), ids=STARTING)
def test_the_job_is_started_once_however_many_records_there_are(
    glue: Glue, name: str, days: list[str]
) -> None:
    answer = invoke(name)

    assert glue.asked == [{"target": "AWSGlue.StartJobRun", "JobName": JOB, "JobRunQueuingEnabled": True}]
    assert answer == {"started": "jr_1", "keys": [raw_key(day) for day in days]}


@pytest.mark.parametrize("name", IDLE)
def test_what_is_none_of_its_business_starts_nothing(glue: Glue, name: str) -> None:
    assert invoke(name) == {"started": None, "keys": []}
    assert glue.asked == []


def test_every_event_on_file_is_tried() -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} == {*STARTING, *IDLE}


@pytest.mark.parametrize(
    "refusal",
    [
        "ConcurrentRunsExceededException",
        "ThrottlingException",
        "ResourceNumberLimitExceededException",
        "EntityNotFoundException",
        "AccessDeniedException",
    ],
)
def test_a_refusal_by_glue_fails_the_invocation_so_that_lambda_retries_it(glue: Glue, refusal: str) -> None:
    glue.refusal = refusal

    with pytest.raises(ClientError) as error:
        invoke("s3_raw_put")

    assert error.value.response["Error"]["Code"] == refusal
    assert len(glue.asked) == 1
    glue.refusal = None
    assert invoke("s3_raw_put")["started"] == "jr_2"


def test_a_concurrency_refusal_is_left_to_lambda_and_not_retried_here(
    glue: Glue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_MAX_ATTEMPTS")
    glue.refusal = "ConcurrentRunsExceededException"

    with pytest.raises(ClientError):
        invoke("s3_raw_put")

    assert len(glue.asked) == 1


def test_foreign_keys_are_logged_decoded(glue: Glue, monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)

    invoke("s3_foreign_keys")

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (ignored,) = [line["keys"] for line in lines if line["message"] == "ignored"]
    assert "raw/carteira/café & pão.parquet" in ignored
    assert len(ignored) == 7


def test_keys_are_decoded_sorted_and_without_repeats() -> None:
    keys = keys_of(event("s3_duplicate_and_out_of_order"), bucket=LAKE, pattern=PATTERN)

    assert keys.raw == (raw_key("2025-07-14"), raw_key("2025-07-15"))
    assert keys.foreign == ()


@pytest.mark.emulator
def test_the_function_carries_no_library_of_the_program() -> None:
    code = (
        "import sys, functions.trigger.handler; print({'pulumi', 'pyarrow', 'requests'} & set(sys.modules))"
    )

    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert found.stdout.strip() == "set()"


def of_s3(**changes: Any) -> dict[str, Any]:
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", **changes}
    return {"Records": [record]}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "the event is None, expected an object"),
        ([], r"the event is \[\], expected an object"),
        ("Records", "the event is 'Records', expected an object"),
        ({"Records": "x"}, "Records is 'x', expected a list"),
        ({"Records": {"0": 1}}, "Records is .*, expected a list"),
        ({"Records": [None]}, r"Records\[0\] is None, expected an object"),
        (of_s3(), r"Records\[0\]\.s3 is missing"),
        (of_s3(s3=None), r"Records\[0\]\.s3\.object is missing"),
        (of_s3(s3={"object": {}}), r"Records\[0\]\.s3\.object\.key is missing"),
        (of_s3(s3={"object": {"key": 7}}), r"key is 7, expected text"),
        (of_s3(s3={"object": {"key": "a"}}), r"s3\.bucket is missing"),
        (
            of_s3(s3={"object": {"key": "a"}, "bucket": {"name": None}}),
            r"bucket\.name is None, expected text",
        ),
    ],
)
def test_an_event_of_no_known_form_is_refused_and_says_where(found: Any, reason: str) -> None:
    with pytest.raises(UnreadableEvent, match=reason):
        keys_of(found, bucket=LAKE, pattern=PATTERN)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Records", "eventSource", "eventName", "s3", "object", "bucket", "key", "name"]),
            inner | st.just("aws:s3") | st.just("ObjectCreated:Put"),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(ANYTHING | st.builds(lambda records: {"Records": records}, st.lists(ANYTHING)))
def test_no_event_is_more_than_refused(found: Any) -> None:
    reason = ""
    try:
        keys_of(found, bucket=LAKE, pattern=PATTERN)
    except UnreadableEvent as error:
        reason = str(error)
    assert "\n" not in reason


def change(state: str) -> dict[str, Any]:
    return {
        "source": "aws.glue",
        "detail-type": "Glue Job State Change",
        "detail": {"jobName": "bovespa-dev-negociacao", "state": state, "jobRunId": "jr_9"},
    }


def test_after_a_run_that_succeeded_the_next_job_is_started_or_queued(glue: Glue) -> None:
    answer = after_job.handler(change("SUCCEEDED"), lambda_context("bovespa-dev-index-trigger"))

    assert glue.asked == [{"target": "AWSGlue.StartJobRun", "JobName": JOB, "JobRunQueuingEnabled": True}]
    assert answer == {"started": "jr_1", "after": "jr_9"}


@pytest.mark.parametrize(
    "other", [change("FAILED"), {"detail": {"state": "SUCCEEDED"}}, {"detail": None}, {}]
)
def test_after_anything_else_no_job_is_started(glue: Glue, other: dict[str, Any]) -> None:
    answer = after_job.handler(other, lambda_context("bovespa-dev-index-trigger"))

    assert answer == {"started": None, "after": None}
    assert glue.asked == []
