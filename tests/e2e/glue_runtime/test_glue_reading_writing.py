"""Sources and targets against real Spark and real files."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bovespa.glue.runtime import spark
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import CatalogError, NotSupportedError, RuntimeFailure
from bovespa.glue.runtime.location import Location

pytestmark = pytest.mark.slow


def put(engine: Engine, key: str, body: bytes | pa.Table) -> None:
    if not isinstance(body, bytes):
        buffer = BytesIO()
        pq.write_table(body, buffer)
        body = buffer.getvalue()
    engine.store.write(Location("lake", key), body)


def source(glue_context: Any, kind: str, *paths: str, options: Any = None, **more: Any) -> Any:
    return glue_context.create_dynamic_frame.from_options(
        connection_type="s3",
        format=kind,
        format_options=options or {},
        connection_options={"paths": list(paths), "recurse": True},
        **more,
    ).toDF()


def rows(frame: Any) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in frame.collect())


def types(frame: Any) -> dict[str, str]:
    return dict(frame.dtypes)


def written(engine: Engine, prefix: str) -> list[str]:
    listed = engine.store.list(Location("lake", f"{prefix}/"))
    return sorted({item.location.key.rpartition("/")[0] for item in listed})


def sink(
    glue_context: Any, path: str, keys: list[str], table: str = "", kind: str = "glueparquet", **options: Any
) -> Any:
    made = glue_context.getSink(
        path=path,
        connection_type="s3",
        updateBehavior=options.pop("behavior", "UPDATE_IN_DATABASE"),
        partitionKeys=keys,
        enableUpdateCatalog=bool(table),
        transformation_ctx="target",
    )
    if table:
        made.setCatalogInfo(catalogDatabase="default", catalogTableName=table)
    made.setFormat(kind, **options)
    return made


def frame_of(glue_context: Any, data: list[Any], schema: str) -> Any:
    return of_frame(glue_context, glue_context.spark_session.createDataFrame(data, schema))


def of_frame(glue_context: Any, frame: Any) -> Any:
    from awsglue.dynamicframe import DynamicFrame

    return DynamicFrame.fromDF(frame, glue_context, "frame")


def test_parquet_keeps_its_types_and_partition_folders_are_strings(glue_context: Any, engine: Engine) -> None:
    table = pa.table(
        {
            "peso": pa.array([Decimal("1.234")], pa.decimal128(9, 3)),
            "q": pa.array([2**40], pa.int64()),
            "d": pa.array([date(2025, 7, 31)]),
            "t": pa.array([datetime(2025, 7, 31, 20, tzinfo=UTC)], pa.timestamp("us", "UTC")),
        }
    )
    put(engine, "raw/dt=2025-07-31/n=01/x.parquet", table)
    frame = source(glue_context, "parquet", "s3://lake/raw/")
    expected = {
        "peso": "decimal(9,3)",
        "q": "bigint",
        "d": "date",
        "t": "timestamp",
        "dt": "string",
        "n": "string",
    }
    assert types(frame) == expected
    row = frame.collect()[0]
    assert (row.peso, row.q, row.d, row.dt, row.n) == (
        Decimal("1.234"),
        2**40,
        date(2025, 7, 31),
        "2025-07-31",
        "01",
    )


def test_no_file_is_a_frame_without_rows_and_columns(glue_context: Any) -> None:
    frame = source(glue_context, "parquet", "s3://lake/raw/")
    assert (frame.columns, frame.count()) == ([], 0)


def test_parquet_files_with_other_columns_are_united(glue_context: Any, engine: Engine) -> None:
    put(engine, "raw/dt=1/x.parquet", pa.table({"a": [1]}))
    put(engine, "raw/dt=2/x.parquet", pa.table({"a": [2], "b": ["x"]}))
    put(engine, "raw/y.parquet", pa.table({"a": [3]}))
    frame = source(glue_context, "parquet", "s3://lake/raw/").select("a", "b", "dt")
    assert {tuple(row) for row in frame.collect()} == {(1, None, "1"), (2, "x", "2"), (3, None, None)}


def test_what_is_no_parquet_is_said(glue_context: Any, engine: Engine) -> None:
    put(engine, "raw/x.parquet", b"not parquet at all")
    with pytest.raises(RuntimeFailure, match="not readable as parquet"):
        source(glue_context, "parquet", "s3://lake/raw/")


def test_csv_values_are_strings_by_each_files_own_header(glue_context: Any, engine: Engine) -> None:
    put(engine, "raw/a.csv", b'codigo;peso\nPETR4;1,5\n"A;B";\n')
    put(engine, "raw/b.csv.gz", gzip.compress(b"peso;codigo\n7;VALE3\n"))
    frame = source(glue_context, "csv", "s3://lake/raw/", options={"withHeader": True, "separator": ";"})
    assert types(frame) == {"codigo": "string", "peso": "string"}
    assert rows(frame) == [("A;B", ""), ("PETR4", "1,5"), ("VALE3", "7")]


def test_csv_without_a_header_numbers_its_columns(glue_context: Any, engine: Engine) -> None:
    put(engine, "raw/a.csv", b"1,x\n2,y\n")
    frame = source(glue_context, "csv", "s3://lake/raw/", options={"withHeader": "false"})
    assert frame.columns == ["col0", "col1"]
    assert rows(frame) == [("1", "x"), ("2", "y")]


def test_json_numbers_are_int_where_they_fit(glue_context: Any, engine: Engine) -> None:
    put(engine, "raw/dt=1/a.json", b'{"small": 1, "big": 5000000000, "text": "x"}\n{"small": 2, "big": 1}\n')
    frame = source(glue_context, "json", "s3://lake/raw/", options={"multiline": False})
    assert types(frame) == {"big": "bigint", "small": "int", "text": "string", "dt": "string"}


@pytest.mark.parametrize("path", ["$.results[*]", "$.results"])
def test_json_paths_lead_to_the_records(glue_context: Any, engine: Engine, path: str) -> None:
    put(engine, "raw/dt=1/a.json", b'{"results": [\n {"cod": "A", "n": 1},\n {"cod": "B", "n": 2}\n]}')
    frame = source(glue_context, "json", "s3://lake/raw/", options={"jsonPath": path, "multiline": "true"})
    assert rows(frame.select("cod", "n", "dt")) == [("A", 1, "1"), ("B", 2, "1")]


def test_a_target_appends_partitions_and_catalogues(glue_context: Any, engine: Engine) -> None:
    data = [(Decimal("1.5"), 10, "PETR4", date(2025, 7, 31)), (Decimal("2.5"), 20, "A/B", date(2025, 7, 31))]
    frame = frame_of(glue_context, data, "peso decimal(9,3), q bigint, codigo string, d date")
    for _ in range(2):
        sink(glue_context, "s3://lake/REFINED/t/", ["d", "codigo"], "t", compression="snappy").writeFrame(
            frame
        )
    assert written(engine, "REFINED") == [
        "REFINED/t/d=2025-07-31/codigo=A%2FB",
        "REFINED/t/d=2025-07-31/codigo=PETR4",
    ]
    back = source(glue_context, "parquet", "s3://lake/REFINED/t/").select("codigo", "d", "peso", "q")
    once = [("A/B", "2025-07-31", Decimal("2.500"), 20), ("PETR4", "2025-07-31", Decimal("1.500"), 10)]
    assert rows(back) == sorted(once * 2)
    table = engine.catalog.table("default", "t") or {}
    columns = {each["Name"]: each["Type"] for each in table["StorageDescriptor"]["Columns"]}
    assert columns == {"peso": "decimal(9,3)", "q": "bigint"}
    assert table["PartitionKeys"] == [{"Name": "d", "Type": "date"}, {"Name": "codigo", "Type": "string"}]
    values = sorted(each["Values"] for each in engine.catalog.partitions("default", "t"))
    assert values == [["2025-07-31", "A/B"], ["2025-07-31", "PETR4"]]
    assert [(each.change, each.partitions) for each in engine.report.tables] == [
        ("created", 2),
        ("unchanged", 0),
    ]
    assert [(each.rows, each.files, each.partitions) for each in engine.report.targets] == [(2, 2, 2)] * 2


def test_the_way_for_large_data_writes_the_same(glue_context: Any, engine: Engine) -> None:
    frame = frame_of(glue_context, [("A/B", 1), ("C", 2), (None, 3)], "codigo string, q int")
    small = sink(glue_context, "s3://lake/small/", ["codigo"])
    small.writeFrame(frame)
    session = glue_context.spark_session
    before = {name: session.conf.get(name) for name in spark._LARGE}
    spark.scale_up(session)
    try:
        sink(glue_context, "s3://lake/large/", ["codigo"]).writeFrame(frame)
    finally:
        for name, value in before.items():
            session.conf.set(name, value)
    assert [each.removeprefix("small/") for each in written(engine, "small")] == [
        each.removeprefix("large/") for each in written(engine, "large")
    ]
    one, two = (source(glue_context, "parquet", f"s3://lake/{name}/") for name in ("small", "large"))
    assert {tuple(row) for row in one.collect()} == {tuple(row) for row in two.collect()}
    assert types(one) == types(two)


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_text_targets_are_read_back(glue_context: Any, engine: Engine, kind: str) -> None:
    frame = frame_of(glue_context, [("a;b", "1"), ('say "x"', "2")], "codigo string, n string")
    sink(glue_context, "s3://lake/out/", ["n"], "t", kind).writeFrame(frame)
    back = source(glue_context, kind, "s3://lake/out/", options={"withHeader": True}).select("codigo", "n")
    assert rows(back) == [("a;b", "1"), ('say "x"', "2")]
    assert engine.report.targets[0].rows == 2


def test_partition_keys_must_be_columns_and_the_tables_own(glue_context: Any, engine: Engine) -> None:
    frame = frame_of(glue_context, [("A", 1, 2)], "codigo string, q int, d int")
    with pytest.raises(RuntimeFailure, match=r"partition key dia .* is not a column: codigo, q, d"):
        sink(glue_context, "s3://lake/t/", ["dia"]).writeFrame(frame)
    sink(glue_context, "s3://lake/t/", ["d", "codigo"], "t").writeFrame(frame)
    before = written(engine, "t")
    with pytest.raises(CatalogError, match=r"default\.t has the partition keys \['d', 'codigo'\]"):
        sink(glue_context, "s3://lake/t/", ["codigo", "d"], "t").writeFrame(frame)
    assert written(engine, "t") == before


def test_an_empty_frame_writes_nothing(glue_context: Any, engine: Engine) -> None:
    sink(glue_context, "s3://lake/t/", [], "t").writeFrame(frame_of(glue_context, [], "codigo string"))
    empty = glue_context.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/none/"]}, "parquet")
    sink(glue_context, "s3://lake/u/", [], "u").writeFrame(empty)
    assert [(each.rows, each.files) for each in engine.report.targets] == [(0, 0), (0, 0)]
    assert engine.catalog.table("default", "u") is None
    assert engine.catalog.table("default", "t") is None
    assert written(engine, "t") == []


def test_a_catalogued_table_is_read_with_its_types(glue_context: Any, engine: Engine) -> None:
    put(engine, "ext/dt=2025-07-31/a.csv", b"PETR4|10|1.5\n")
    engine.catalog.create_table(
        "db",
        {
            "Name": "ext",
            "PartitionKeys": [{"Name": "dt", "Type": "date"}],
            "StorageDescriptor": {
                "Location": "s3://lake/ext/",
                "Columns": [
                    {"Name": "codigo", "Type": "string"},
                    {"Name": "q", "Type": "bigint"},
                    {"Name": "peso", "Type": "decimal(9,3)"},
                ],
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                    "Parameters": {"field.delim": "|"},
                },
            },
        },
    )
    frame = glue_context.create_dynamic_frame.from_catalog(database="db", table_name="ext").toDF()
    assert types(frame) == {"codigo": "string", "q": "bigint", "peso": "decimal(9,3)", "dt": "date"}
    assert rows(frame) == [("PETR4", 10, Decimal("1.500"), date(2025, 7, 31))]


def test_a_table_without_columns_takes_them_from_its_files(glue_context: Any, engine: Engine) -> None:
    put(engine, "ext/a.parquet", pa.table({"a": [1]}))
    described = {"Name": "ext", "StorageDescriptor": {"Location": "s3://lake/ext/"}}
    engine.catalog.create_table("db", described)
    assert rows(glue_context.create_dynamic_frame.from_catalog(database="db", table_name="ext").toDF()) == [
        (1,)
    ]
    with pytest.raises(CatalogError, match=r"no table db\.other in the catalogue"):
        glue_context.create_dynamic_frame.from_catalog(database="db", table_name="other")


def test_a_catalogued_target_is_appended_to_with_glues_own_writer(glue_context: Any, engine: Engine) -> None:
    frame = frame_of(glue_context, [("A", 1)], "codigo string, d int")
    sink(glue_context, "s3://lake/t/", ["d"], "t").writeFrame(frame)
    options = {"enableUpdateCatalog": True, "partitionKeys": ["d"]}
    more = frame_of(glue_context, [("B", 2)], "codigo string, d int")
    glue_context.write_dynamic_frame.from_catalog(
        frame=more, database="default", table_name="t", additional_options=options
    )
    assert written(engine, "t") == ["t/d=1", "t/d=2"]
    assert sorted(each["Values"] for each in engine.catalog.partitions("default", "t")) == [["1"], ["2"]]


def test_plain_parquet_and_nested_schemas_are_not_catalogued(glue_context: Any, engine: Engine) -> None:
    frame = frame_of(glue_context, [("A", 1)], "codigo string, d int")
    with pytest.raises(RuntimeFailure, match=r"target cannot catalogue default\.t: .*glueparquet, not with"):
        sink(glue_context, "s3://lake/t/", ["d"], "t", "parquet").writeFrame(frame)
    deep = frame_of(glue_context, [(("A",), 1)], "s struct<codigo:string>, d int")
    with pytest.raises(CatalogError, match="nested schemas, and column s is struct<codigo:string>"):
        sink(glue_context, "s3://lake/t/", ["d"], "t").writeFrame(deep)
    assert written(engine, "t") == []
    sink(glue_context, "s3://lake/t/", ["d"], "t", "parquet", useGlueParquetWriter=True).writeFrame(frame)
    assert written(engine, "t") == ["t/d=1"]


def test_a_column_of_type_null_is_not_written(glue_context: Any, engine: Engine) -> None:
    frame = glue_context.spark_session.sql("select 'A' codigo, cast(null as void) nothing, 1 d")
    sink(glue_context, "s3://lake/t/", ["d"], "t").writeFrame(of_frame(glue_context, frame))
    assert source(glue_context, "parquet", "s3://lake/t/").columns == ["codigo", "d"]
    assert engine.report.notes == ["target: nothing not written, being of type null"]


def test_what_is_not_done_is_said_with_the_node(glue_context: Any) -> None:
    with pytest.raises(
        NotSupportedError, match=r"awsglue on this machine does not do .*mysql \(node db_node1\)"
    ):
        glue_context.create_dynamic_frame.from_options("mysql", {}, transformation_ctx="db_node1")
    with pytest.raises(NotSupportedError, match="the format xml"):
        glue_context.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/x/"]}, "xml")
    with pytest.raises(NotSupportedError, match="option manifestFilePath"):
        glue_context.purge_s3_path("s3://lake/x/", {"manifestFilePath": "s3://lake/m"})
