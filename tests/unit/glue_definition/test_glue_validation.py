from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glue.definition import JobDefinition, parse, to_api
from glue.nodes import kinds
from glue.validation import Severity, errors, validate

SOURCE = {"S3ParquetSource": {"Name": "in", "Paths": ["s3://lake/raw/"]}}


def messages(job: JobDefinition) -> list[str]:
    return [str(problem) for problem in validate(job)]


def test_a_sound_job_has_no_problem(job: JobDefinition) -> None:
    assert messages(job) == []


def change(document: dict[str, Any], node: str, **fields: Any) -> JobDefinition:
    body = next(iter(document["CodeGenConfigurationNodes"][node].values()))
    for key, value in fields.items():
        if value is None:
            del body[key]
        else:
            body[key] = value
    return parse(document)


@pytest.mark.parametrize(
    ("node", "fields", "expected"),
    [
        ("node-1", {"Paths": None}, 'node node-1 "Raw prices" (S3ParquetSource): Paths is missing'),
        ("node-1", {"Paths": "s3://x"}, "Paths is 's3://x', expected a list"),
        ("node-1", {"Path": "x"}, "Path is not a property that Glue knows here"),
        ("node-2", {"Inputs": ["node-9"]}, "Inputs names node-9, which is not a node of this job"),
        ("node-2", {"Inputs": []}, "Inputs has 0 inputs, needs 1"),
        ("node-2", {"Inputs": ["node-8"]}, "Inputs names node-8, which is a target and has no output"),
        ("node-7", {"Inputs": ["node-3"]}, "Inputs has 1 inputs, needs 2"),
        ("node-1", {"Inputs": ["node-2"]}, "Inputs has 1 inputs, needs none"),
        ("node-2", {"Inputs": ["node-3"]}, "Inputs form a cycle: node-"),
        ("node-3", {"SqlAliases": []}, "SqlAliases has no alias for input node-2"),
        ("node-3", {"SqlQuery": " "}, "SqlQuery is empty"),
        (
            "node-3",
            {"SqlAliases": [{"From": "node-2", "Alias": "t"}, {"From": "node-1", "Alias": "T"}]},
            "SqlAliases uses the alias t 2 times",
        ),
        ("node-3", {"SqlAliases": [{"From": "node-1", "Alias": "t"}]}, "SqlAliases[0].From names node-1"),
        (
            "node-4",
            {"Aggs": [{"Column": ["price"], "AggFunc": "median"}]},
            "Aggs[0].AggFunc is 'median', allowed are avg,",
        ),
        ("node-5", {"ClassName": "my transform"}, "ClassName is 'my transform', which is not a Python name"),
        ("node-5", {"ClassName": "class"}, "ClassName is 'class', which is not a Python name"),
        ("node-6", {"Index": -1}, "Index is -1"),
        (
            "node-6",
            {"Inputs": ["node-4"]},
            "Inputs names node-4 (Aggregate), whose output is not a collection",
        ),
        ("node-7", {"JoinType": "inner"}, "JoinType is 'inner', allowed are equijoin,"),
        (
            "node-7",
            {"Columns": [{"From": "node-3", "Keys": [["y"]]}, {"From": "node-6", "Keys": [["y"], ["z"]]}]},
            "Columns has a different number of keys on each side",
        ),
        (
            "node-8",
            {"SchemaChangePolicy": {"EnableUpdateCatalog": True, "Database": "default"}},
            "SchemaChangePolicy.Table is missing although EnableUpdateCatalog is on",
        ),
    ],
)
def test_each_fault_is_an_error_that_names_node_and_property(
    document: dict[str, Any], node: str, fields: dict[str, Any], expected: str
) -> None:
    found = [str(problem) for problem in errors(validate(change(document, node, **fields)))]
    assert any(expected in message and message.startswith("node node-") for message in found), found


def test_a_job_property_of_the_wrong_type_is_an_error(document: dict[str, Any]) -> None:
    document["Timeout"] = "30"
    document["Worker"] = 3
    assert {problem.path for problem in errors(validate(parse(document)))} == {"Timeout", "Worker"}


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({"Description": "x" * 2049}, "job: Description has 2049 characters, at most 2048 are allowed"),
        ({"GlueVersion": "five"}, "job: GlueVersion is 'five', which does not match"),
        ({"Command": {"Name": "glueetl", "PythonVersion": "3.12"}}, "job: Command.PythonVersion is '3.12'"),
        ({"Tags": {str(number): "x" for number in range(51)}}, "job: Tags has 51 entries, at most 50"),
        ({"Tags": {"k" * 129: "x"}}, f"job: Tags.{'k' * 129} has 129 characters, at most 128"),
        ({"Name": "line\nbreak"}, "job: Name is 'line\\nbreak', which does not match"),
    ],
)
def test_a_job_property_that_breaks_its_shape_is_an_error(
    document: dict[str, Any], job: dict[str, Any], expected: str
) -> None:
    found = [str(problem) for problem in errors(validate(parse({**document, **job})))]
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("node", "fields", "expected"),
    [
        ("node-1", {"Name": "two\nlines"}, "Name is 'two\\nlines', which does not match"),
        ("node-1", {"Paths": ["s3://lake/\n"]}, "Paths[0] is 's3://lake/\\n', which does not match"),
        ("node-4", {"Aggs": [{"Column": ["p"], "AggFunc": "sum"}] * 31}, "Aggs has 31 entries, at most 30"),
        ("node-1", {"AdditionalOptions": {"BoundedFiles": "x"}}, "expected a number"),
    ],
)
def test_a_node_property_that_breaks_its_shape_is_an_error(
    document: dict[str, Any], node: str, fields: dict[str, Any], expected: str
) -> None:
    found = [str(problem) for problem in errors(validate(change(document, node, **fields)))]
    assert any(expected in message for message in found), found


def test_a_number_above_its_maximum_is_an_error(make: Callable[..., JobDefinition]) -> None:
    spigot = {"Spigot": {"Name": "s", "Inputs": ["node-a"], "Path": "s3://lake/s/", "Topk": 101}}
    assert [str(p) for p in errors(validate(make(a=SOURCE, b=spigot)))] == [
        'node node-b "s" (Spigot): Topk is 101, must be at most 100'
    ]


def test_characters_beyond_the_first_plane_fit_the_patterns(document: dict[str, Any]) -> None:
    document["Description"] = "pre\u00e7os \U0001f4c8"
    assert messages(parse(document)) == []
    document["Description"] = "\u0007"
    assert len(errors(validate(parse(document)))) == 1


def test_an_id_with_other_characters_is_an_error(document: dict[str, Any]) -> None:
    nodes = document["CodeGenConfigurationNodes"]
    nodes["n\u00f3 9"] = {"DropDuplicates": {"Name": "d", "Inputs": ["node-2"], "Columns": []}}
    assert any(
        "has an id that is 'n\u00f3 9', which does not match" in message
        for message in messages(parse(document))
    )


@pytest.mark.parametrize("mode", ["SCRIPT", "NOTEBOOK"])
def test_developer_mode_is_doubtful(document: dict[str, Any], mode: str) -> None:
    found = validate(parse({**document, "JobMode": mode}))
    assert [(p.path, p.severity) for p in found] == [("JobMode", Severity.WARNING)]


def test_a_bookmark_with_runs_at_once_is_doubtful(document: dict[str, Any]) -> None:
    document["DefaultArguments"] = {"--job-bookmark-option": "job-bookmark-enable"}
    assert messages(parse({**document, "ExecutionProperty": {"MaxConcurrentRuns": 1}})) == []
    found = validate(parse({**document, "ExecutionProperty": {"MaxConcurrentRuns": 2}}))
    assert [(p.path, p.severity) for p in found] == [
        ("ExecutionProperty.MaxConcurrentRuns", Severity.WARNING)
    ]


def test_a_capacity_beside_workers_is_doubtful_unless_glue_reported_it(document: dict[str, Any]) -> None:
    job = parse({**document, "MaxCapacity": 2.0})
    assert [(p.path, p.severity) for p in validate(job)] == [("MaxCapacity", Severity.WARNING)]
    assert "MaxCapacity" not in to_api(job)
    assert validate(parse({**document, "MaxCapacity": 2.0, "CreatedOn": "2025-01-01"})) == []


def test_an_unknown_kind_is_an_error(make: Callable[..., JobDefinition]) -> None:
    assert 'node node-b "b" (Sieve): Sieve is not a kind of node that Glue knows' in messages(
        make(a=SOURCE, b={"Sieve": {"Name": "b", "Inputs": ["node-a"]}})
    )


def test_a_job_without_source_is_refused_and_without_target_is_doubtful(
    make: Callable[..., JobDefinition],
) -> None:
    assert "job: CodeGenConfigurationNodes has no node" in messages(make())
    only_source = validate(make(a=SOURCE))
    assert errors(only_source) == []
    assert any("has no target node" in problem.message for problem in only_source)
    no_source = make(b={"DropDuplicates": {"Name": "d", "Inputs": ["node-b"], "Columns": []}})
    assert any("has no source node" in message for message in messages(no_source))


def test_two_transforms_of_one_class_are_refused_unless_they_are_the_same(
    make: Callable[..., JobDefinition],
) -> None:
    def job(second: str) -> JobDefinition:
        return make(
            a=SOURCE,
            b={"CustomCode": {"Name": "b", "Inputs": ["node-a"], "ClassName": "T", "Code": "return dfc"}},
            c={"CustomCode": {"Name": "c", "Inputs": ["node-a"], "ClassName": "T", "Code": second}},
        )

    assert any("T is already the ClassName of node-b" in str(p) for p in errors(validate(job("return None"))))
    assert errors(validate(job("return dfc"))) == []


def test_one_table_at_two_places_is_refused(make: Callable[..., JobDefinition]) -> None:
    def target(path: str) -> dict[str, Any]:
        policy = {"EnableUpdateCatalog": True, "Database": "default", "Table": "t"}
        return {
            "S3GlueParquetTarget": {
                "Name": "t",
                "Inputs": ["node-a"],
                "Path": path,
                "SchemaChangePolicy": policy,
            }
        }

    apart = make(a=SOURCE, b=target("s3://lake/x/"), c=target("s3://lake/y/"))
    assert [p.node_id for p in errors(validate(apart))] == ["node-c"]
    together = make(a=SOURCE, b=target("s3://lake/x/"), c=target("s3://lake/x"))
    assert [p.severity for p in validate(together)] == [Severity.WARNING]


def test_code_that_does_not_parse_is_doubtful_and_says_which_line(document: dict[str, Any]) -> None:
    job = change(document, "node-5", Code="x = 1\nreturn (")
    assert errors(validate(job)) == []
    assert any("Code does not parse as Python in line 2" in message for message in messages(job))


def test_a_collection_read_directly_is_doubtful(document: dict[str, Any]) -> None:
    job = change(document, "node-8", Inputs=["node-5"])
    assert errors(validate(job)) == []
    assert any("node-8" in m and "reads the collection of node-5 directly" in m for m in messages(job))


def test_a_word_that_the_api_does_not_know_is_doubtful(document: dict[str, Any]) -> None:
    document["ExecutionClass"] = "TURBO"
    job = change(document, "node-8", Compression="lz99")
    assert errors(validate(job)) == []
    assert {problem.path for problem in validate(job)} == {"ExecutionClass", "Compression"}


def test_a_node_that_nobody_reads_is_doubtful(document: dict[str, Any]) -> None:
    nodes = document["CodeGenConfigurationNodes"]
    nodes["node-9"] = {"DropDuplicates": {"Name": "loose", "Inputs": ["node-2"], "Columns": []}}
    found = validate(parse(document))
    assert [(p.node_id, p.severity) for p in found] == [("node-9", Severity.WARNING)]


def test_a_role_and_command_may_come_at_deployment(document: dict[str, Any]) -> None:
    del document["Role"]
    del document["Command"]
    assert messages(parse(document)) == []


def test_every_kind_of_the_api_has_bounds() -> None:
    found = kinds()
    assert len(found) >= 79
    assert all(kind.min_inputs <= kind.max_inputs for kind in found.values())
    assert found["ConnectorDataSource"].max_inputs == 0
    assert found["ConnectorDataTarget"].min_inputs == 1
