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


def test_the_generated_null_check_walks_the_schema(make: Any) -> None:
    from awsglue import gluetypes

    frame = make([(1, None, {"a": 1})], "n int, nothing void, s struct<a:int>")
    kinds = {field.name: type(field.dataType).__name__ for field in frame.schema()}
    assert kinds == {"n": "IntegerType", "nothing": "NullType", "s": "StructType"}
    assert isinstance(frame.schema(), gluetypes.StructType)
    assert transform("DropNullFields").apply(frame=frame).toDF().columns == ["n", "s"]


def test_the_automatic_check_of_a_target_changes_nothing(make: Any, engine: Engine) -> None:
    from awsgluedq.transforms import EvaluateDataQuality  # type: ignore[import-not-found]

    frame = make([(1,)], "n int")
    automatic = "\n    Rules = [\n        ColumnCount > 0\n    ]\n"
    EvaluateDataQuality().process_rows(frame=frame, ruleset=automatic, additional_options={})
    assert engine.report.notes == ["frame: its automatic data quality check is AWS's to publish"]
    with pytest.raises(NotSupportedError, match=r"does not do data quality rules \(node frame\)"):
        EvaluateDataQuality().process_rows(frame=frame, ruleset="Rules = [ RowCount > 0 ]")


def test_frames_of_a_collection_are_chosen_by_name(glue_context: Any, make: Any) -> None:
    from awsglue.dynamicframe import DynamicFrameCollection

    frames = DynamicFrameCollection(
        {name: make([(1,)], f"{name} int") for name in ("one", "two")}, glue_context
    )
    assert transform("SelectFromCollection").apply(dfc=frames, key="two").toDF().columns == ["two"]
    with pytest.raises(RuntimeFailure, match="no frame 'three', it has: one, two"):
        transform("SelectFromCollection").apply(dfc=frames, key="three")


def test_what_is_not_done_is_said(make: Any, glue_context: Any) -> None:
    frame = make([(1,)], "n int")
    for name in ("Relationalize", "SplitFields", "Unbox"):
        with pytest.raises(NotSupportedError, match=rf"does not do {name} \(node node1\)"):
            transform(name).apply(frame=frame, transformation_ctx="node1")
    with pytest.raises(AttributeError, match=r"does not do DynamicFrame\.mergeDynamicFrame"):
        _ = frame.mergeDynamicFrame
    with pytest.raises(AttributeError, match=r"does not do GlueContext\.purge_table"):
        _ = glue_context.purge_table


@pytest.mark.parametrize("choice", ["make_cols", "make_struct", "cast:int", "project:int"])
def test_a_choice_that_depends_on_choice_types_is_named(make: Any, choice: str) -> None:
    with pytest.raises(NotSupportedError, match=rf"resolveChoice with choice='{choice}' \(node r\)"):
        transform("ResolveChoice").apply(frame=make([(1,)], "n int"), choice=choice, transformation_ctx="r")


def test_choices_of_single_paths(make: Any, engine: Engine) -> None:
    frame = make([("7", ("8",))], "n string, s struct<m:string>")
    cast = transform("ResolveChoice").apply(frame, specs=[("n", "cast:int"), ("s.m", "project:long")])
    assert types(cast) == {"n": "int", "s": "struct<m:bigint>"}
    for action in ("make_cols", "make_struct", "cast"):
        with pytest.raises(NotSupportedError, match=f"resolveChoice of n with the action '{action}'"):
            frame.resolveChoice(specs=[("n", action)])
    with pytest.raises(RuntimeFailure, match="either specs or choice"):
        frame.resolveChoice()
    described = {"Name": "t", "StorageDescriptor": {"Columns": [{"Name": "n", "Type": "bigint"}]}}
    engine.catalog.create_table("db", described)
    matched = frame.resolveChoice(choice="match_catalog", database="db", table_name="t")
    assert types(matched)["n"] == "bigint"


def test_a_field_of_a_struct_is_a_record_of_its_own(make: Any) -> None:
    frame = make([((5,), "a"), ((7,), "b"), (None, "c")], "p struct<q:int>, k string")
    by_step = transform("Filter").apply(frame=frame, f=lambda row: row["p"]["q"] >= 5)
    assert [row[1] for row in rows(by_step)] == ["a", "b"]
    assert [row[1] for row in rows(frame.filter(lambda row: row.p is not None and row.p.q > 5))] == ["b"]
    assert rows(frame.filter(lambda row: row["p.q"] >= 5)) == []
    assert rows(frame.filter(lambda row: row.absent >= 5)) == []


def test_a_dotted_column_is_only_renamed_in_back_ticks(make: Any) -> None:
    frame = make([(1,)], "`a.b` int")
    with pytest.raises(RuntimeFailure, match=r"finds no field a\.b: a column .* is `a\.b`"):
        transform("RenameField").apply(frame=frame, old_name="a.b", new_name="ab")
    assert transform("RenameField").apply(frame, "`a.b`", "ab").toDF().columns == ["ab"]


ALL_NULL = [(1, None, (None, 2)), (2, None, (None, None))]
SCHEMA = "n int, gone string, s struct<gone:string,m:int>"


def test_a_field_that_is_null_in_every_record_has_the_type_null(make: Any) -> None:
    frame = make(ALL_NULL, SCHEMA)
    kinds = {field.name: type(field.dataType).__name__ for field in frame.schema()}
    assert kinds == {"n": "IntegerType", "gone": "NullType", "s": "StructType"}
    assert types(transform("DropNullFields").apply(frame=frame)) == {"n": "int", "s": "struct<m:int>"}
    empty = make([], SCHEMA)
    assert types(transform("DropNullFields").apply(frame=empty)) == types(empty)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", {"n": "int", "gone": "string", "s": "struct<gone:string,m:int>"}),
        ("void", {"n": "int", "gone": "void", "s": "struct<gone:void,m:int>"}),
        ("missing", {"n": "int", "s": "struct<m:int>"}),
    ],
)
def test_how_such_a_column_is_handed_over_can_be_chosen(
    make: Any, monkeypatch: pytest.MonkeyPatch, wanted: str, expected: dict[str, str]
) -> None:
    frame = make(ALL_NULL, SCHEMA)
    monkeypatch.setenv("GLUE_LOCAL_ALL_NULL", wanted)
    assert types(frame) == expected
    monkeypatch.setenv("GLUE_LOCAL_ALL_NULL", "gone")
    with pytest.raises(RuntimeFailure, match="known are void and missing"):
        frame.toDF()


def gs(name: str, frame: Any, **arguments: Any) -> Any:
    importlib.import_module(name)
    return getattr(frame, name)(**arguments)


def test_gs_functions_on_columns(make: Any) -> None:
    frame = make([("ON  NM", "2025-07-31", 5)], "tipo string, d string, n int")
    split = gs("gs_split", frame, colName="tipo", pattern="\\s+", newColName="parts")
    assert rows(split)[0][-1] == ["ON", "NM"]
    assert rows(gs("gs_concat", frame, colName="c", colList=["tipo", "n"], spacer="-"))[0][-1] == "ON  NM-5"
    assert rows(gs("gs_derived", frame, colName="m", expr="n * 2"))[0][-1] == 10
    assert types(gs("gs_now", frame, colName="t"))["t"] == "timestamp"
    assert re.fullmatch(r"\d{8}T\d\d", rows(gs("gs_now", frame, colName="t", dateFormat="%Y%m%dT%H"))[0][-1])
    with pytest.raises(RuntimeFailure, match="no column absent; the frame has: tipo, d, n"):
        gs("gs_split", frame, colName="absent", pattern=",")


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
