"""The dynamic provider of visual jobs, against a Glue on a real socket."""

from __future__ import annotations

import copy
import json
import pickle
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bovespa.local.aws import Clients
from bovespa.local.emulator import REGION, Emulator
from components.visual_job_provider import VisualJobProvider

Body = dict[str, Any]


def job(name: str = "prices") -> Body:
    return {
        "Name": name,
        "JobMode": "VISUAL",
        "Role": "arn:aws:iam::000000000000:role/glue",
        "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://lake/glue/scripts/p.py"},
        "GlueVersion": "5.1",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        "Timeout": 15,
        "Tags": {"project": "bovespa", "stack": "test"},
        "CodeGenConfigurationNodes": {
            "node-1": {"S3ParquetSource": {"Name": "Raw", "Paths": ["s3://lake/raw/"], "Recurse": True}},
            "node-2": {
                "RenameField": {
                    "Name": "Rename",
                    "Inputs": ["node-1"],
                    "SourcePath": ["px"],
                    "TargetPath": ["price"],
                }
            },
            "node-3": {
                "S3GlueParquetTarget": {
                    "Name": "Refined",
                    "Inputs": ["node-2"],
                    "Path": "s3://lake/REFINED/prices/",
                    "PartitionKeys": [["day"]],
                    "SchemaChangePolicy": {
                        "EnableUpdateCatalog": True,
                        "UpdateBehavior": "UPDATE_IN_DATABASE",
                        "Database": "default",
                        "Table": "prices",
                    },
                }
            },
        },
    }


def inputs(body: Body) -> dict[str, Any]:
    return {"name": body["Name"], "region": REGION, "definition": json.dumps(body)}


def nodes(body: Body) -> Body:
    found: Body = body["CodeGenConfigurationNodes"]
    return found


# --- check ---


def broken(change: Callable[[Body], object]) -> list[str]:
    """What check says of a job with that change."""
    body = job()
    change(body)
    failures = VisualJobProvider().check({}, inputs(body)).failures
    assert all(failure.property == "definition" for failure in failures)
    return [failure.reason for failure in failures]


def test_a_sound_definition_passes() -> None:
    given = inputs(job())

    result = VisualJobProvider().check({}, given)

    assert result.failures == []
    assert result.inputs == given


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(
            lambda b: nodes(b)["node-2"]["RenameField"].pop("TargetPath"),
            ('node node-2 "Rename" (RenameField)', "TargetPath", "missing"),
            id="required",
        ),
        pytest.param(
            lambda b: nodes(b)["node-2"]["RenameField"].update(Colour="red"),
            ("node-2", "Colour", "not a property"),
            id="unknown property",
        ),
        pytest.param(
            lambda b: nodes(b)["node-1"]["S3ParquetSource"].update(Paths="s3://lake/raw/"),
            ("node-1", "Paths", "expected a list"),
            id="type",
        ),
        pytest.param(
            lambda b: nodes(b).update({"node-9": {"Teleport": {"Name": "x"}}}),
            ("node-9", "Teleport"),
            id="kind",
        ),
        pytest.param(
            lambda b: nodes(b)["node-2"]["RenameField"].update(Inputs=["node-7"]),
            ("node-2", "Inputs", "node-7"),
            id="unknown input",
        ),
        pytest.param(
            lambda b: nodes(b)["node-2"]["RenameField"].update(Inputs=["node-1", "node-1"]),
            ("node-2", "Inputs"),
            id="arity",
        ),
        pytest.param(
            lambda b: nodes(b)["node-3"]["S3GlueParquetTarget"]["SchemaChangePolicy"].pop("Table"),
            ("node-3", "Table"),
            id="no table",
        ),
    ],
)
def test_a_broken_definition_is_refused_with_its_node_and_property(
    change: Callable[[Body], object], named: tuple[str, ...]
) -> None:
    reasons = broken(change)

    assert reasons
    assert all("\n" not in reason for reason in reasons)
    for text in named:
        assert text in reasons[0]


def test_two_kinds_in_one_node_are_refused() -> None:
    reasons = broken(lambda b: nodes(b)["node-2"].update(DropFields={"Name": "x", "Inputs": [], "Paths": []}))

    assert "node-2" in reasons[0]


def test_a_cycle_is_refused() -> None:
    def turn(body: Body) -> None:
        nodes(body)["node-4"] = copy.deepcopy(nodes(body)["node-2"])
        nodes(body)["node-4"]["RenameField"].update(Name="Back", Inputs=["node-2"])
        nodes(body)["node-2"]["RenameField"]["Inputs"] = ["node-4"]

    assert any("cycle" in reason for reason in broken(turn))


def test_text_that_is_no_definition_is_refused() -> None:
    (failure,) = (
        VisualJobProvider().check({}, {"name": "x", "region": REGION, "definition": "{oops"}).failures
    )

    assert failure.property == "definition"


@pytest.mark.parametrize("unknown", [None, "04da6b54-80e4-46f7-96ec-b56ff0331ba9"])
def test_what_a_preview_does_not_know_yet_is_not_judged(unknown: object) -> None:
    assert (
        VisualJobProvider().check({}, {"name": "x", "region": REGION, "definition": unknown}).failures == []
    )


# --- diff ---


def diff(old: Body, new: Body) -> tuple[bool, list[str]]:
    result = VisualJobProvider().diff("prices", inputs(old), inputs(new))
    return bool(result.changes), list(result.replaces or [])


def reordered(body: Body) -> Body:
    return {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in reversed(body.items())
    }


def with_null(body: Body) -> Body:
    return {**body, "Description": None, "Connections": {}}


@pytest.mark.parametrize("spelling", [reordered, with_null, copy.deepcopy])
def test_order_and_empty_members_are_no_change(spelling: Callable[[Body], Body]) -> None:
    assert diff(job(), spelling(job())) == (False, [])


def test_a_placeholders_spelling_is_no_change() -> None:
    def with_lake(placeholder: str) -> Body:
        text = json.dumps(job()).replace("s3://lake/", f"s3://{placeholder}/")
        body: Body = json.loads(text)
        return body

    assert diff(with_lake("${lake_bucket}"), with_lake("{{lake_bucket}}"))[1] == []
    assert diff(with_lake("${lake_bucket}"), with_lake("${lakeBucket}"))[1] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b.update(Timeout=30),
        lambda b: b.update(NumberOfWorkers=3),
        lambda b: b["Tags"].update(stack="other"),
        lambda b: nodes(b)["node-2"]["RenameField"].update(TargetPath=["cost"]),
        lambda b: nodes(b)["node-3"]["S3GlueParquetTarget"].update(PartitionKeys=[["day"], ["code"]]),
        lambda b: nodes(b).pop("node-3"),
    ],
)
def test_what_glue_would_do_differently_is_an_update_in_place(change: Callable[[Body], object]) -> None:
    new = job()
    change(new)

    assert diff(job(), new) == (True, [])


def test_only_another_name_or_region_replaces_the_job() -> None:
    assert diff(job(), job("other")) == (True, ["name"])
    moved = VisualJobProvider().diff("prices", inputs(job()), {**inputs(job()), "region": "us-east-1"})
    assert list(moved.replaces or []) == ["region"]
    assert moved.delete_before_replace


# --- create, read, update, delete ---


@pytest.fixture
def named(emulator_environment: Emulator) -> Body:
    """A job with a name of its own, and this process's clients pointed at the emulator."""
    return job(f"prices-{uuid.uuid4().hex[:8]}")


def test_the_life_of_a_job(named: Body, aws: Clients) -> None:
    provider, name = VisualJobProvider(), named["Name"]

    made = provider.create(inputs(named))

    assert made.id == name
    assert made.outs == inputs(named)
    stored = aws["glue"].get_job(JobName=name)["Job"]
    assert (stored["Timeout"], stored["NumberOfWorkers"]) == (15, 2)

    changed = {**named, "Timeout": 30, "Tags": {"project": "bovespa", "owner": "data"}}
    provider.update(name, inputs(named), inputs(changed))

    assert aws["glue"].get_job(JobName=name)["Job"]["Timeout"] == 30
    arn = f"arn:aws:glue:{REGION}:000000000000:job/{name}"
    assert aws["glue"].get_tags(ResourceArn=arn)["Tags"] == {"project": "bovespa", "owner": "data"}

    provider.delete(name, inputs(changed))

    assert provider.read(name, inputs(changed)).id is None
    provider.delete(name, inputs(changed))


def test_a_name_that_is_taken_is_an_error(named: Body) -> None:
    VisualJobProvider().create(inputs(named))

    with pytest.raises(ClientError, match=r"AlreadyExists|already exists"):
        VisualJobProvider().create(inputs(named))


@contextmanager
def glue_answering(*answers: tuple[int, Body]) -> Iterator[tuple[str, list[Body]]]:
    """A Glue that gives these answers in turn, and what it was asked."""
    asked: list[Body] = []
    waiting = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, answer = waiting.pop(0)
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


ROLE_NOT_READY = (
    400,
    {
        "__type": "InvalidInputException",
        "message": "Role arn:aws:iam::1:role/glue should be given assume role permissions",
    },
)


def test_glue_gets_the_mode_and_every_node(named: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    with glue_answering((200, {"Name": named["Name"]})) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        VisualJobProvider().create(inputs(named))

    assert asked == [named]


def test_a_refresh_sees_what_was_edited_in_the_console(named: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = copy.deepcopy(named)
    nodes(edited)["node-2"]["RenameField"]["TargetPath"] = ["cost"]
    answer = {"Job": {**edited, "CreatedOn": 1752527707.0, "AllocatedCapacity": 2, "MaxCapacity": 2.0}}
    provider = VisualJobProvider()
    with glue_answering((200, answer)) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        found = provider.read(named["Name"], inputs(named))

    assert asked == [{"JobName": named["Name"]}]
    assert found.id == named["Name"]
    assert found.outs is not None
    assert "cost" in found.outs["definition"]
    assert provider.diff(named["Name"], found.outs, inputs(named)).changes


def test_a_refresh_of_an_unedited_job_finds_no_change(named: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    without_tags = {key: value for key, value in named.items() if key != "Tags"}
    read_only = {
        "CreatedOn": 1752527707.0,
        "LastModifiedOn": 1752527707.0,
        "MaxCapacity": 2.0,
        "AllocatedCapacity": 2,
    }
    provider = VisualJobProvider()
    with glue_answering((200, {"Job": {**reordered(without_tags), **read_only}})) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        found = provider.read(named["Name"], inputs(named))

    assert found.outs is not None
    assert not provider.diff(named["Name"], found.outs, inputs(named)).changes


def test_a_role_that_glue_may_not_assume_yet_is_waited_for(
    named: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("components.visual_job_provider.sleep", slept.append)
    with glue_answering(ROLE_NOT_READY, ROLE_NOT_READY, (200, {"Name": named["Name"]})) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        made = VisualJobProvider().create(inputs(named))

    assert made.id == named["Name"]
    assert len(asked) == 3
    assert slept == [5, 5]


def test_a_role_that_never_becomes_ready_is_given_up(named: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.visual_job_provider.ROLE_SECONDS", -1)
    with glue_answering(ROLE_NOT_READY) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(ClientError, match="assume role"):
            VisualJobProvider().create(inputs(named))

    assert len(asked) == 1


def test_another_refusal_is_not_waited_for(named: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = (400, {"__type": "InvalidInputException", "message": "Timeout is too long"})
    with glue_answering(refusal) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(ClientError, match="Timeout is too long"):
            VisualJobProvider().create(inputs(named))

    assert len(asked) == 1


def test_the_provider_can_be_pickled_as_pulumi_does() -> None:
    restored = pickle.loads(pickle.dumps(VisualJobProvider()))

    assert isinstance(restored, VisualJobProvider)
