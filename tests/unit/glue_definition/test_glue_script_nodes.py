"""What each kind of node becomes in the script that Glue Studio generates."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest

from bovespa.glue.script import generate
from glue.definition import JobDefinition
from tests.unit.glue_definition.test_glue_script import SOURCE, line_of

OTHER = {"CatalogSource": {"Name": "other", "Database": "db", "Table": "t"}}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (
            {
                "S3CsvSource": {
                    "Paths": ["s3://l/"],
                    "Separator": "tab",
                    "QuoteChar": "disabled",
                    "WithHeader": True,
                }
            },
            '{"quoteChar": -1, "withHeader": True, "separator": "\\t", "optimizePerformance": False}',
        ),
        (
            {
                "S3CsvSource": {
                    "Paths": ["s3://l/"],
                    "Separator": "comma",
                    "QuoteChar": "quote",
                    "Escaper": "|",
                }
            },
            'format_options={"quoteChar": "\\"", "escaper": "|", "withHeader": False, "separator": ",", '
            '"optimizePerformance": False}',
        ),
        ({"S3JsonSource": {"Paths": ["s3://l/"], "Multiline": True}}, 'format_options={"multiLine": "true"}'),
        (
            {"CatalogSource": {"Database": "d", "Table": "t", "PartitionPredicate": "dt > '2025'"}},
            'from_catalog(database="d", push_down_predicate="dt > \'2025\'", table_name="t", ',
        ),
    ],
)
def test_sources(make: Callable[..., JobDefinition], node: dict[str, Any], expected: str) -> None:
    next(iter(node.values()))["Name"] = "x"
    assert expected in line_of(make(a=node), "x_nodea")


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (
            {
                "ApplyMapping": {
                    "Mapping": [
                        {
                            "FromPath": ["a"],
                            "FromType": "int",
                            "ToKey": "b",
                            "ToType": "long",
                            "Dropped": False,
                        },
                        {
                            "FromPath": ["c"],
                            "FromType": "int",
                            "ToKey": "c",
                            "ToType": "int",
                            "Dropped": True,
                        },
                        {"FromPath": ["d", "e"], "FromType": "string", "ToKey": "f", "ToType": "string"},
                        {"FromPath": ["n (x)"], "FromType": "string", "ToKey": "g.h", "ToType": "string"},
                    ]
                }
            },
            'mappings=[("a", "int", "b", "long"), ("d.e", "string", "f", "string"), '
            '("`n (x)`", "string", "`g.h`", "string")]',
        ),
        ({"DropFields": {"Paths": [[".id"], ["a b"], ["a", "b"]]}}, 'paths=["`.id`", "a b", "a.b"]'),
        ({"SelectFields": {"Paths": [["a"]]}}, 'SelectFields.apply(frame=in_nodea, paths=["a"], '),
        (
            {"DropDuplicates": {"Columns": [["code"]]}},
            'x_nodex =  DynamicFrame.fromDF(in_nodea.toDF().dropDuplicates(["code"]), glueContext, ',
        ),
        (
            {
                "Filter": {
                    "LogicalOperator": "OR",
                    "Filters": [
                        {
                            "Operation": "GTE",
                            "Negated": True,
                            "Values": [
                                {"Type": "COLUMNEXTRACTED", "Value": ["price"]},
                                {"Type": "CONSTANT", "Value": ["10.5"]},
                            ],
                        },
                        {
                            "Operation": "REGEX",
                            "Values": [
                                {"Type": "COLUMNEXTRACTED", "Value": ["code"]},
                                {"Type": "CONSTANT", "Value": ["^PETR\\d$"]},
                            ],
                        },
                    ],
                }
            },
            'f=lambda row: (not(row["price"] >= 10.5) or bool(re.match("^PETR\\d$", row["code"])))',
        ),
        (
            {
                "DropNullFields": {
                    "NullCheckBoxList": {"IsEmpty": True, "IsNullString": False, "IsNegOne": True}
                }
            },
            'drop_nulls(glueContext, frame=in_nodea, nullStringSet={""}, nullIntegerSet={-1}, ',
        ),
        (
            {
                "DynamicTransform": {
                    "TransformName": "gs_concat",
                    "FunctionName": "gs_concat",
                    "Path": "s3://transforms/gs_concat.py",
                    "Parameters": [
                        {"Name": "colName", "Type": "str", "Value": ["key"]},
                        {"Name": "colList", "Type": "list", "ListType": "str", "Value": ["a", "b"]},
                        {"Name": "limit", "Type": "int", "Value": ["3"]},
                        {"Name": "strict", "Type": "bool", "Value": ["true"]},
                        {"Name": "spacer", "Type": "str", "IsOptional": True},
                    ],
                }
            },
            'x_nodex = in_nodea.gs_concat(colName="key", colList=["a", "b"], limit=3, strict=True)',
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid escape sequence")
def test_transforms(make: Callable[..., JobDefinition], node: dict[str, Any], expected: str) -> None:
    next(iter(node.values())).update({"Name": "x", "Inputs": ["node-a"]})
    job = make(a=SOURCE, x=node)
    assert expected in line_of(job, "x_nodex")
    ast.parse(generate(job))


def join(kind: str) -> dict[str, Any]:
    return {
        "Join": {
            "Name": "x",
            "Inputs": ["node-a", "node-b"],
            "JoinType": kind,
            "Columns": [
                {"From": "node-b", "Keys": [["id"], ["day"]]},
                {"From": "node-a", "Keys": [["key"], ["dt"]]},
            ],
        }
    }


def test_an_inner_join_pairs_keys_by_input_not_by_order(make: Callable[..., JobDefinition]) -> None:
    line = line_of(make(a=SOURCE, b=OTHER, x=join("equijoin")), "x_nodex")
    assert 'frame1=in_nodea, frame2=other_nodeb, keys1=["key", "dt"], keys2=["id", "day"]' in line


def test_other_joins_go_through_data_frames(make: Callable[..., JobDefinition]) -> None:
    script = generate(make(a=SOURCE, b=OTHER, x=join("leftanti")))
    assert "in_nodeaDF = in_nodea.toDF()\nother_nodebDF = other_nodeb.toDF()\n" in script
    assert (
        "in_nodeaDF.join(other_nodebDF, (in_nodeaDF['key'] == other_nodebDF['id']) & "
        "(in_nodeaDF['dt'] == other_nodebDF['day']), \"leftanti\")"
    ) in script


def test_a_target_with_automatic_quality_is_checked_before_it_is_written(
    make: Callable[..., JobDefinition],
) -> None:
    target = {
        "S3DirectTarget": {
            "Name": "out",
            "Inputs": ["node-a"],
            "Path": "s3://lake/out/",
            "Format": "json",
            "Compression": "gzip",
            "PartitionKeys": [],
            "SchemaChangePolicy": {"EnableUpdateCatalog": False},
            "AutoDataQuality": {"IsEnabled": True, "EvaluationContext": "EvaluateDataQuality_node9"},
        }
    }
    script = generate(make(a=SOURCE, b=target))
    assert script.index("DEFAULT_DATA_QUALITY_RULESET = ") < script.index(
        "EvaluateDataQuality().process_rows("
    )
    assert '"dataQualityEvaluationContext": "EvaluateDataQuality_node9"' in script
    assert (
        'connection_options={"path": "s3://lake/out/", "compression": "gzip", "partitionKeys": []}, '
        'transformation_ctx="out_nodeb")'
    ) in script


@pytest.mark.parametrize(("wanted", "files"), [("2", 2), ("0", None), (None, None), ("many", None)])
def test_the_number_of_files_is_set_before_writing(
    make: Callable[..., JobDefinition], wanted: str | None, files: int | None
) -> None:
    target = {"S3GlueParquetTarget": {"Name": "out", "Inputs": ["node-a"], "Path": "s3://lake/out/"}}
    if wanted is not None:
        target["S3GlueParquetTarget"]["NumberTargetPartitions"] = wanted
    script = generate(make(a=SOURCE, b=target))
    lines = f"if (in_nodea.count() >= 1):\n   in_nodea = in_nodea.coalesce({files})\nout_nodeb = "
    assert (lines in script) == (files is not None)
    assert ("coalesce" in script) == (files is not None)


def test_a_router_has_a_default_group_for_the_rest(make: Callable[..., JobDefinition]) -> None:
    low = {
        "Operation": "LT",
        "Values": [{"Type": "COLUMNEXTRACTED", "Value": ["p"]}, {"Type": "CONSTANT", "Value": ["1"]}],
    }
    router = {
        "Route": {
            "Name": "split",
            "Inputs": ["node-a"],
            "GroupFiltersList": [{"GroupName": "low", "Filters": [low], "LogicalOperator": "AND"}],
        }
    }
    rest = {"SelectFromCollection": {"Name": "default_group", "Inputs": ["node-b"], "Index": 1}}
    script = generate(make(a=SOURCE, b=router, c=rest))
    assert 'GroupFilter(name = "low", filters = lambda row: (row["p"] < 1))' in script
    assert 'GroupFilter(name = "default_group", filters = lambda row: (not(row["p"] < 1)))' in script
    assert 'key="default_group"' in script
    ast.parse(script)
