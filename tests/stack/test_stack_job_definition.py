"""What the provider of visual jobs makes of a definition before Glue is asked: refused, changed or the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest

from bovespa.local.emulator import REGION
from components.visual_job_provider import VisualJobProvider
from tests.stack.job_bodies import Body, inputs, job, nodes, reordered


def broken(change: Callable[[Body], object]) -> list[str]:
    """What check says of a job with that change."""
    body = job()
    change(body)
    failures = VisualJobProvider().check({}, inputs(body)).failures
    # With a property the engine would print its value too, the whole definition.
    assert all(failure.property == "" for failure in failures)
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

    assert failure.reason.startswith("definition: ")


@pytest.mark.parametrize("unknown", [None, "04da6b54-80e4-46f7-96ec-b56ff0331ba9"])
def test_what_a_preview_does_not_know_yet_is_not_judged(unknown: object) -> None:
    assert (
        VisualJobProvider().check({}, {"name": "x", "region": REGION, "definition": unknown}).failures == []
    )


def test_the_provider_itself_is_renewed_where_a_state_has_an_older_one() -> None:
    old, new = ({**inputs(job()), "__provider": text} for text in ("gASV-moved", "gASV-now"))

    assert VisualJobProvider().diff("prices", old, new).changes
    assert not VisualJobProvider().diff("prices", new, new).changes


def diff(old: Body, new: Body) -> tuple[bool, list[str]]:
    result = VisualJobProvider().diff("prices", inputs(old), inputs(new))
    return bool(result.changes), list(result.replaces or [])


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
