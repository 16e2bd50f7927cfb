"""awsglue's transforms and the gs_ functions over real Spark."""

from __future__ import annotations

import importlib
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure

pytestmark = pytest.mark.slow


@pytest.fixture
def make(glue_context: Any) -> Any:
    from awsglue.dynamicframe import DynamicFrame

    def frame(data: list[Any], schema: str) -> Any:
        return DynamicFrame.fromDF(
            glue_context.spark_session.createDataFrame(data, schema), glue_context, "frame"
        )

    return frame


def rows(frame: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in frame.toDF().collect()]


def types(frame: Any) -> dict[str, str]:
    return dict(frame.toDF().dtypes)


def transform(name: str) -> Any:
    return getattr(importlib.import_module("awsglue.transforms"), name)


def test_apply_mapping_keeps_exactly_what_is_mapped(make: Any) -> None:
    frame = make([("7", "1.5", {"b": 3}, "x")], "n string, w string, s struct<b:int>, dropped string")
    mapped = transform("ApplyMapping").apply(
        frame=frame,
        mappings=[
            ("n", "string", "number", "int"),
            ("w", "string", "peso", "decimal(9,3)"),
            ("s.b", "int", "inner", "long"),
            ("n", "string", "out.text", "string"),
            ("absent", "string", "absent", "string"),
        ],
        transformation_ctx="m",
    )
    assert types(mapped) == {
        "number": "int", "peso": "decimal(9,3)", "inner": "bigint", "out": "struct<text:string>",
    }  # fmt: skip
    assert rows(mapped) == [(7, Decimal("1.500"), 3, ("7",))]
    with pytest.raises(RuntimeFailure, match="'wibble' is not a data type"):
        frame.apply_mapping([("n", "string", "n", "wibble")])


def test_names_with_dots_and_spaces(make: Any) -> None:
    frame = make([(1, 2)], "`a.b` int, `Código da Ação` int")
    renamed = transform("RenameField").apply(frame=frame, old_name="`a.b`", new_name="ab")
    assert renamed.toDF().columns == ["ab", "Código da Ação"]
    mapped = frame.apply_mapping([("`a.b`", "int", "ab", "int"), ("Código da Ação", "int", "codigo", "int")])
    assert rows(mapped) == [(1, 2)]
    assert transform("DropFields").apply(frame, paths=["Código da Ação"]).toDF().columns == ["a.b"]


def test_fields_are_selected_dropped_renamed_and_split(make: Any) -> None:
    frame = make([(1, (2, 3), 4)], "a int, s struct<x:int,y:int>, c int")
    assert transform("SelectFields").apply(frame, paths=["c", "s.x", "absent"]).toDF().columns == ["c", "s"]
    assert types(frame.drop_fields(["s.x", "a"])) == {"s": "struct<y:int>", "c": "int"}
    assert types(frame.rename_field("s.x", "s.z"))["s"] in ("struct<y:int,z:int>", "struct<z:int,y:int>")
    assert rows(frame.rename_field("absent", "b")) == rows(frame)
    parts = transform("SplitFields").apply(frame, paths=["a"], name1="one", name2="two")
    assert [parts.select(key).toDF().columns for key in ("one", "two")] == [["a"], ["s", "c"]]
    with pytest.raises(RuntimeFailure, match="no frame 'three', it has: one, two"):
        transform("SelectFromCollection").apply(dfc=parts, key="three")


def test_a_join_keeps_both_keys_and_marks_equal_names(make: Any) -> None:
    left = make([("A", 1), ("B", 2), (None, 3)], "codigo string, v int")
    right = make([("A", 10), (None, 30)], "codigo string, w int")
    joined = transform("Join").apply(frame1=left, frame2=right, keys1=["codigo"], keys2=["codigo"])
    assert joined.toDF().columns == ["codigo", "v", ".codigo", "w"]
    assert rows(joined) == [("A", 1, "A", 10)]
    with pytest.raises(RuntimeFailure, match=r"right side of the join has no column ticker .*codigo, w"):
        transform("Join").apply(left, right, ["codigo"], ["ticker"])


def test_filter_counts_a_failed_comparison_as_false(make: Any) -> None:
    frame = make([("PAID", 5), (None, 9), ("OPEN", None)], "status string, n int")
    kept = transform("Filter").apply(
        frame=frame,
        f=lambda row: bool(re.match("PAID", row["status"])) and row["n"] > 1,
        transformation_ctx="f",
    )
    assert rows(kept) == [("PAID", 5)]
    assert types(kept) == types(frame)
    with pytest.raises(ZeroDivisionError):
        frame.filter(lambda row: 1 / 0)


def test_map_keeps_types_and_infers_new_ones(make: Any) -> None:
    frame = make([(Decimal("1.5"), None), (Decimal("2.5"), None)], "w decimal(9,3), gone string")

    def change(record: Any) -> Any:
        record["double"] = float(record["w"]) * 2
        del record["gone"]
        return record

    mapped = transform("Map").apply(frame=frame, f=change)
    assert types(mapped) == {"w": "decimal(9,3)", "double": "double"}
    assert rows(mapped) == [(Decimal("1.500"), 3.0), (Decimal("2.500"), 5.0)]


def test_split_rows_puts_what_does_not_compare_into_the_rest(make: Any) -> None:
    frame = make([(1,), (15,), (None,), (30,)], "age int")
    parts = transform("SplitRows").apply(frame, {"age": {">": 10, "<": 20}}, "in", "out")
    assert rows(parts.select("in")) == [(15,)]
    assert rows(parts.select("out")) == [(1,), (None,), (30,)]


def test_the_generated_null_check_walks_the_schema(make: Any) -> None:
    from awsglue import gluetypes

    frame = make([(1, None, {"a": 1})], "n int, nothing void, s struct<a:int>")
    kinds = {field.name: type(field.dataType).__name__ for field in frame.schema()}
    assert kinds == {"n": "IntegerType", "nothing": "NullType", "s": "StructType"}
    assert isinstance(frame.schema(), gluetypes.StructType)
    assert transform("DropNullFields").apply(frame=frame).toDF().columns == ["n", "s"]


def test_data_quality_is_a_visible_no_op(
    make: Any, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    from awsgluedq.transforms import EvaluateDataQuality  # type: ignore[import-not-found]

    ruleset = 'Rules = [\n  # a comment\n  ColumnCount > 0,\n  ColumnValues "n" in [1, 2]\n]'
    frame = make([(1,)], "n int")
    found = EvaluateDataQuality().process_rows(
        frame=frame, ruleset=ruleset, publishing_options={"dataQualityEvaluationContext": "check"}
    )
    assert "check: 2 data quality rules were NOT evaluated" in capsys.readouterr().out
    assert engine.report.notes == ["check: 2 data quality rules were NOT evaluated (only AWS Glue does that)"]
    assert rows(found.select("originalData")) == [(1,)]
    assert [row[:2] for row in rows(found.select("ruleOutcomes"))] == [
        ("ColumnCount > 0", "NotEvaluated"),
        ('ColumnValues "n" in [1, 2]', "NotEvaluated"),
    ]
    assert found.select("rowLevelOutcomes").toDF().columns[0] == "n"


def test_what_is_not_done_is_said(make: Any) -> None:
    with pytest.raises(NotSupportedError, match="does not do Relationalize"):
        transform("Relationalize").apply(frame=make([(1,)], "n int"), transformation_ctx="node1")


def gs(name: str, frame: Any, **arguments: Any) -> Any:
    importlib.import_module(name)
    return getattr(frame, name)(**arguments)


def test_gs_functions_on_columns(make: Any) -> None:
    frame = make([("ON  NM", "2025-07-31", 5)], "tipo string, d string, n int")
    split = gs("gs_split", frame, colName="tipo", pattern="\\s+", newColName="parts")
    assert rows(gs("gs_array_to_cols", split, colName="parts", colList="classe, listagem"))[0][-2:] == (
        "ON",
        "NM",
    )
    assert rows(gs("gs_array_to_cols", split, colName="parts", colList="x", indexes="2"))[0][-1] == "NM"
    assert rows(gs("gs_concat", frame, colName="c", colList=["tipo", "n"], spacer="-"))[0][-1] == "ON  NM-5"
    assert rows(gs("gs_derived", frame, colName="m", expr="n * 2"))[0][-1] == 10
    assert rows(gs("gs_regex_extract", frame, colName="tipo", regex="^(\\w+) +(\\w+)", newCols="a,b"))[0][
        -2:
    ] == ("ON", "NM")
    assert rows(gs("gs_regex_extract", frame, colName="tipo", regex="^.{2}", newCols="a"))[0][-1] == "ON"
    assert rows(gs("gs_regex_extract", frame, colName="tipo", regex="zzz", newCols="a"))[0][-1] is None
    assert len(rows(gs("gs_uuid", frame))[0][-1]) == 36
    assert types(gs("gs_now", frame, colName="t"))["t"] == "timestamp"
    assert re.fullmatch(r"\d{8}T\d\d", rows(gs("gs_now", frame, colName="t", dateFormat="%Y%m%dT%H"))[0][-1])
    assert types(gs("gs_sequence_id", frame, colName="id", unique=True))["id"] == "decimal(38,0)"
    with pytest.raises(RuntimeFailure, match="no column absent; the frame has: tipo, d, n"):
        gs("gs_split", frame, colName="absent", pattern=",")


def test_gs_functions_on_rows_and_structures(make: Any) -> None:
    frame = make(
        [(1, [10, 20], (5, (6,)), '{"k": "v"}')],
        "i int, a array<int>, s struct<x:int,y:struct<z:int>>, j string",
    )
    assert [row[-1] for row in rows(gs("gs_explode", frame, colName="a", newCol="e"))] == [10, 20]
    assert gs("gs_flatten", frame).toDF().columns == ["i", "a", "s.x", "s.y.z", "j"]
    assert gs("gs_flatten", frame, maxLevels=1, separator="_").toDF().columns == ["i", "a", "s_x", "s_y", "j"]
    assert types(gs("gs_parse_json", frame, colName="j"))["j"] == "struct<k:string>"
    assert rows(gs("gs_repartition", frame, numPartitionsStr="2")) == rows(frame)
    nulls = make([(None, ""), (1, ""), (None, None)], "a int, b string")
    assert len(rows(gs("gs_null_rows", nulls))) == 2
    assert rows(gs("gs_null_rows", nulls, extended=True)) == [(1, "")]
    scores = make(
        [("x", "m1", 1.0), ("x", "m2", 2.0), ("x", "m2", 4.0)], "id string, measure string, score double"
    )
    pivoted = gs("gs_pivot", scores, aggCol="score", aggFunction="mean", colList=["measure"])
    assert (pivoted.toDF().columns, rows(pivoted)) == (["id", "m1", "m2"], [("x", 1.0, 3.0)])


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1753992000, "seconds", "2025-07-31 20:00:00.000000"),
        (1753992000123, "milliseconds", "2025-07-31 20:00:00.123000"),
        (1753992000, "autodetect", "2025-07-31 20:00:00.000000"),
        (1753992000123, "autodetect", "2025-07-31 20:00:00.123000"),
        (1753992000123456, "autodetect", "2025-07-31 20:00:00.123456"),
        ("2025-07-31T20:00:00Z", "autodetect", "2025-07-31 20:00:00.000000"),
        ("2025-07-31T17:00:00-03:00", "iso", "2025-07-31 20:00:00.000000"),
        ("no time", "autodetect", None),
    ],
)
def test_gs_to_timestamp(make: Any, value: Any, kind: str, expected: str | None) -> None:
    frame = make([(value,)], f"v {'bigint' if isinstance(value, int) else 'string'}")
    stamped = gs("gs_to_timestamp", frame, colName="v", colType=kind, newColName="t").toDF()
    (found,) = stamped.selectExpr("date_format(t, 'yyyy-MM-dd HH:mm:ss.SSSSSS')").first()
    assert found == expected


@pytest.mark.parametrize(("pattern", "expected"), [("%d/%m/%Y", "31/07/2025"), ("yyyy-MM-dd", "2025-07-31")])
def test_gs_format_timestamp_takes_both_kinds_of_pattern(make: Any, pattern: str, expected: str) -> None:
    frame = make([(date(2025, 7, 31),)], "d date")
    assert rows(gs("gs_format_timestamp", frame, colName="d", dateFormat=pattern)) == [(expected,)]


def test_gs_functions_pass_an_empty_frame_through(make: Any, glue_context: Any) -> None:
    empty = glue_context.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/none/"]}, "parquet")
    assert gs("gs_derived", empty, colName="m", expr="n * 2").toDF().columns == []
