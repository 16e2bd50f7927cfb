from __future__ import annotations

import copy
from typing import Any

import pytest

from glue.comparison import Difference, compare, normalise
from glue.definition import fill, parse


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


def noisy(document: dict[str, Any]) -> dict[str, Any]:
    """The same job as Glue would answer it."""
    answer: dict[str, Any] = reordered(copy.deepcopy(document))
    answer |= {
        "CreatedOn": 1,
        "Description": "",
        "ExecutionClass": "STANDARD",
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "MaxRetries": 0,
        "Timeout": 480,
        "AllocatedCapacity": 2,
        "MaxCapacity": 2.0,
        "Connections": {"Connections": []},
    }
    nodes = answer["CodeGenConfigurationNodes"]
    nodes["node-1"]["S3ParquetSource"] |= {"Exclusions": [], "GroupFiles": None}
    nodes["node-8"]["S3GlueParquetTarget"]["AutoDataQuality"] = {"IsEnabled": False}
    return answer


def test_what_the_api_adds_is_no_difference(document: dict[str, Any]) -> None:
    assert compare(parse(document), parse(noisy(document))) == []


def test_spellings_of_placeholders_are_equal_and_values_are_not(document: dict[str, Any]) -> None:
    other = copy.deepcopy(document)
    other["Command"]["ScriptLocation"] = "s3://${ lake_bucket }/scripts/prices.py"
    assert compare(parse(document), parse(other)) == []
    filled = fill(parse(document), {"lake_bucket": "lake"})
    assert {row.path for row in compare(parse(document), filled)} == {
        "CodeGenConfigurationNodes.node-1.S3ParquetSource.Paths[0]",
        "CodeGenConfigurationNodes.node-8.S3GlueParquetTarget.Path",
        "Command.ScriptLocation",
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("Timeout",), 30),
        (("MaxRetries",), 1),
        (("JobRunQueuingEnabled",), True),
        (("CodeGenConfigurationNodes", "node-1", "S3ParquetSource", "Recurse"), False),
        (("CodeGenConfigurationNodes", "node-6", "SelectFromCollection", "Index"), 1),
        (("CodeGenConfigurationNodes", "node-3", "SparkSQL", "SqlQuery"), "select 1"),
    ],
)
def test_every_real_change_is_found_at_its_place(
    document: dict[str, Any], path: tuple[str, ...], value: object
) -> None:
    left = parse(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    before = place.get(path[-1])
    place[path[-1]] = value
    found = compare(left, parse(document))
    assert found == [Difference(".".join(path), before, None if value is False else value)]


def test_an_index_of_zero_says_something(document: dict[str, Any]) -> None:
    nodes = normalise(parse(document))["CodeGenConfigurationNodes"]
    assert nodes["node-6"]["SelectFromCollection"]["Index"] == 0


def test_two_explicit_time_limits_differ_even_if_both_are_defaults(document: dict[str, Any]) -> None:
    left = parse({**document, "Timeout": 480})
    right = parse({**document, "Timeout": 2880})
    assert [row.path for row in compare(left, right)] == ["Timeout"]
    assert compare(left, parse(document)) == []


def test_a_node_more_is_one_difference(document: dict[str, Any]) -> None:
    left = parse(document)
    document["CodeGenConfigurationNodes"]["node-9"] = {
        "CatalogSource": {"Name": "n", "Database": "d", "Table": "t"}
    }
    (row,) = compare(left, parse(document))
    assert row.path == "CodeGenConfigurationNodes.node-9"
    assert row.left is None
