from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue.definition import DefinitionError, JobDefinition, fill, parse, placeholders, to_api
from glue.placeholders import canonical, fill_value, restore


def test_every_string_is_filled_wherever_it_is(document: dict[str, Any]) -> None:
    document["DefaultArguments"] = {"--${ key }": "s3://${lake_bucket}/tmp"}
    job = parse(document)
    assert placeholders(job) == {"lake_bucket", "key"}
    filled = fill(job, {"lake_bucket": "lake-1", "key": "dir"})
    assert placeholders(filled) == set()
    assert filled.nodes["node-1"].properties["Paths"] == ["s3://lake-1/raw/"]
    assert to_api(filled)["DefaultArguments"] == {"--dir": "s3://lake-1/tmp"}


def test_an_unknown_placeholder_is_named(job: JobDefinition) -> None:
    with pytest.raises(
        DefinitionError, match=r"job prices: no value for placeholder lake_bucket \(given: lake\)"
    ):
        fill(job, {"lake": "x"})


def test_a_filled_value_is_not_filled_again() -> None:
    assert fill_value("${a}", {"a": "${b}", "b": "x"}) == "${b}"


def test_sparks_own_references_are_left_alone() -> None:
    assert fill_value("${spark.sql.shuffle.partitions} $x {y}", {"spark": "1", "x": "2"}) == (
        "${spark.sql.shuffle.partitions} $x {y}"
    )


def test_spellings_of_a_placeholder_are_one() -> None:
    assert canonical({"a": ["s3://${ lake }/${x }"]}) == {"a": ["s3://${lake}/${x}"]}


def test_restoring_takes_whole_names_and_the_longest_first() -> None:
    values = {"lake": "data", "logs": "data-logs"}
    assert restore("s3://data/raw s3://data-logs/x s3://data-2/y mydata data.csv", values) == (
        "s3://${lake}/raw s3://${logs}/x s3://data-2/y mydata data.csv"
    )


NAMES = st.from_regex(r"[a-z][a-z0-9-]{3,20}[a-z0-9]", fullmatch=True)


@settings(deadline=None)
@given(bucket=NAMES, role=NAMES)
def test_filling_and_restoring_are_inverse(bucket: str, role: str) -> None:
    template = {"path": "s3://${bucket}/raw/${bucket}/", "role": "arn:aws:iam::1:role/${role}"}
    values = {"bucket": bucket, "role": role}
    again = fill_value(restore(fill_value(template, values), values), values)
    assert again == fill_value(template, values)
