from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest

from bovespa.glue.script import Style, generate, until
from bovespa.glue.script.style import detect
from glue.definition import JobDefinition, fill, parse
from glue.errors import DefinitionError, UnsupportedNodeError

SOURCE = {"S3ParquetSource": {"Name": "in", "Paths": ["s3://lake/raw/"], "Recurse": True}}
# In the lines of published scripts of January to March 2024.
WRAPPED = '''

# Script generated for node Purge
def Purge(glueContext, dfc) -> DynamicFrameCollection:
    print(len(dfc))
    return dfc


def sparkSqlQuery(glueContext, query, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql(query)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)


def sparkAggregate(
    glueContext, parentFrame, groups, aggs, transformation_ctx
) -> DynamicFrame:
    aggsFuncs = []
    for column, func in aggs:
        aggsFuncs.append(getattr(SqlFuncs, func)(column))
    result = (
        parentFrame.toDF().groupBy(*groups).agg(*aggsFuncs)
        if len(groups) > 0
        else parentFrame.toDF().agg(*aggsFuncs)
    )
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)


args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node Raw prices
Rawprices_node1 = glueContext.create_dynamic_frame.from_options(
    format_options={},
    connection_type="s3",
    format="parquet",
    connection_options={"paths": ["s3://lake/raw/"], "recurse": True},
    transformation_ctx="Rawprices_node1",
)

# Script generated for node Rename price
Renameprice_node2 = RenameField.apply(
    frame=Rawprices_node1,
    old_name="px",
    new_name="price",
    transformation_ctx="Renameprice_node2",
)

# Script generated for node Dates
SqlQuery0 = """
select *, year(day) y from t
"""
Dates_node3 = sparkSqlQuery(
    glueContext,
    query=SqlQuery0,
    mapping={"t": Renameprice_node2},
    transformation_ctx="Dates_node3",
)

# Script generated for node By year
Byyear_node4 = sparkAggregate(
    glueContext,
    parentFrame=Dates_node3,
    groups=["y"],
    aggs=[["price", "sum"]],
    transformation_ctx="Byyear_node4",
)

# Script generated for node Purge
Purge_node5 = Purge(
    glueContext, DynamicFrameCollection({"Byyear_node4": Byyear_node4}, glueContext)
)

# Script generated for node Rows
Rows_node6 = SelectFromCollection.apply(
    dfc=Purge_node5, key=list(Purge_node5.keys())[0], transformation_ctx="Rows_node6"
)

# Script generated for node Back
Back_node7 = Join.apply(
    frame1=Dates_node3,
    frame2=Rows_node6,
    keys1=["y"],
    keys2=["y"],
    transformation_ctx="Back_node7",
)

# Script generated for node Refined
Refined_node8 = glueContext.getSink(
    path="s3://lake/refined/prices/",
    connection_type="s3",
    updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["day", "code"],
    enableUpdateCatalog=True,
    transformation_ctx="Refined_node8",
)
Refined_node8.setCatalogInfo(catalogDatabase="default", catalogTableName="prices")
Refined_node8.setFormat("glueparquet", compression="snappy")
Refined_node8.writeFrame(Back_node7)
job.commit()
'''


def body(script: str) -> list[str]:
    """The lines after the preamble, without comments and empty ones."""
    _, _, rest = script.partition("job.init(args['JOB_NAME'], args)\n")
    return [line for line in rest.splitlines() if line and not line.startswith("#")]


def line_of(job: JobDefinition, variable: str, style: Style = Style.CURRENT) -> str:
    return next(line for line in generate(job, style).splitlines() if line.startswith(f"{variable} ="))


def sql(source: str) -> dict[str, Any]:
    return {
        "SparkSQL": {
            "Name": "q",
            "Inputs": [source],
            "SqlQuery": "select 1",
            "SqlAliases": [{"From": source, "Alias": "t"}],
        }
    }


def test_the_whole_script_of_a_job(job: JobDefinition) -> None:
    script = generate(fill(job, {"lake_bucket": "lake"}), Style.CURRENT)
    ast.parse(script)
    assert body(script) == [
        "Rawprices_node1 = glueContext.create_dynamic_frame.from_options(format_options={}, "
        'connection_type="s3", format="parquet", '
        'connection_options={"paths": ["s3://lake/raw/"], "recurse": True}, '
        'transformation_ctx="Rawprices_node1")',
        'Renameprice_node2 = RenameField.apply(frame=Rawprices_node1, old_name="px", new_name="price", '
        'transformation_ctx="Renameprice_node2")',
        "SqlQuery0 = '''",
        "select *, year(day) y from t",
        "'''",
        'Dates_node3 = sparkSqlQuery(glueContext, query = SqlQuery0, mapping = {"t":Renameprice_node2}, '
        'transformation_ctx = "Dates_node3")',
        'Byyear_node4 = sparkAggregate(glueContext, parentFrame = Dates_node3, groups = ["y"], '
        'aggs = [["price", "sum"]], transformation_ctx = "Byyear_node4")',
        "Purge_node5 = Purge(glueContext, DynamicFrameCollection("
        '{"Byyear_node4": Byyear_node4}, glueContext))',
        "Rows_node6 = SelectFromCollection.apply(dfc=Purge_node5, key=list(Purge_node5.keys())[0], "
        'transformation_ctx="Rows_node6")',
        'Back_node7 = Join.apply(frame1=Dates_node3, frame2=Rows_node6, keys1=["y"], keys2=["y"], '
        'transformation_ctx="Back_node7")',
        'Refined_node8 = glueContext.getSink(path="s3://lake/refined/prices/", connection_type="s3", '
        'updateBehavior="UPDATE_IN_DATABASE", partitionKeys=["day", "code"], enableUpdateCatalog=True, '
        'transformation_ctx="Refined_node8")',
        'Refined_node8.setCatalogInfo(catalogDatabase="default",catalogTableName="prices")',
        'Refined_node8.setFormat("glueparquet", compression="snappy")',
        "Refined_node8.writeFrame(Back_node7)",
        "job.commit()",
    ]


def test_no_empty_line_follows_a_sink(make: Callable[..., JobDefinition]) -> None:
    policy = {"EnableUpdateCatalog": True, "Database": "default", "Table": "t"}
    target = {"Name": "out", "Inputs": ["node-a"], "Path": "s3://lake/out/"}
    sink = {"S3GlueParquetTarget": {**target, "SchemaChangePolicy": policy}}
    writer = {"S3GlueParquetTarget": target}

    assert "\nout_nodeb.writeFrame(in_nodea)\njob.commit()\n" in generate(make(a=SOURCE, b=sink))
    assert '"out_nodeb")\n\njob.commit()\n' in generate(make(a=SOURCE, b=writer))


def test_helpers_and_imports_appear_once_and_only_where_needed(make: Callable[..., JobDefinition]) -> None:
    bare = generate(make(a=SOURCE))
    assert "def " not in bare
    assert "DynamicFrame" not in bare

    script = generate(make(a=SOURCE, b=sql("node-a"), c=sql("node-b")))
    assert script.count("def sparkSqlQuery(") == 1
    assert script.count("from awsglue import DynamicFrame\n") == 1
    assert "SqlQuery0 = " in script
    assert "SqlQuery1 = " in script


def test_queries_are_numbered_in_the_order_of_glues_map(make: Callable[..., JobDefinition]) -> None:
    later = sql("node-c")
    script = generate(make(a=SOURCE, c=sql("node-a"), b=later), first_query=5)
    assert script.index("q_nodec = ") < script.index("q_nodeb = ")
    assert "q_nodec = sparkSqlQuery(glueContext, query = SqlQuery6," in script
    assert "q_nodeb = sparkSqlQuery(glueContext, query = SqlQuery5," in script


def test_glues_own_functions_have_a_fixed_order(make: Callable[..., JobDefinition]) -> None:
    total = {"Column": ["p"], "AggFunc": "sum"}
    aggregate = {"Aggregate": {"Name": "sum", "Inputs": ["node-a"], "Groups": [], "Aggs": [total]}}
    union = {"Union": {"Name": "all", "Inputs": ["node-b", "node-a"], "UnionType": "ALL"}}
    script = generate(make(a=SOURCE, b=aggregate, c=union, d=sql("node-c")))
    places = [script.index(f"def {name}(") for name in ("sparkSqlQuery", "sparkUnion", "sparkAggregate")]
    assert places == sorted(places)


def test_the_first_query_number_can_be_given(job: JobDefinition) -> None:
    assert "query = SqlQuery7073," in generate(job, first_query=7073)


def test_custom_code_becomes_the_body_of_a_function(job: JobDefinition) -> None:
    script = generate(job)
    assert (
        "# Script generated for node Purge\n"
        "def Purge(glueContext, dfc) -> DynamicFrameCollection:\n"
        "    print(len(dfc))\n"
        "    return dfc\n"
    ) in script


def test_functions_of_custom_code_come_first_and_in_the_order_of_glues_map() -> None:
    def transform(name: str, source: str) -> dict[str, Any]:
        return {"CustomCode": {"Name": name, "Inputs": [source], "ClassName": name, "Code": "return dfc"}}

    query = {
        "SparkSQL": {
            "Name": "q",
            "Inputs": ["node-1"],
            "SqlQuery": "select 1",
            "SqlAliases": [{"From": "node-1", "Alias": "t"}],
        }
    }
    nodes = {"node-1": SOURCE, "node-9": query, "node-8": transform("First", "node-9")}
    nodes["node-2"] = transform("Second", "node-8")
    script = generate(parse({"Name": "j", "CodeGenConfigurationNodes": nodes}))
    # "node-2" and "node-8" differ in the last character only: buckets in the order of "2" and "8".
    order = [script.index(f"def {name}(") for name in ("Second", "First", "sparkSqlQuery")]
    assert order == sorted(order)
    assert script.index("First_node8 =") < script.index("Second_node2 =")


def test_the_style_of_2024_spells_json_options_as_python(make: Callable[..., JobDefinition]) -> None:
    job = make(a={"S3JsonSource": {"Name": "in", "Paths": ["s3://lake/landing/"], "Multiline": False}})
    assert 'format_options={"multiline": False}' in generate(job, Style.MID_2024)
    assert 'format_options={"multiLine": "false"}' in generate(job, Style.CURRENT)


@pytest.mark.emulator
def test_the_style_of_2023_is_that_of_the_formatter_black(job: JobDefinition) -> None:
    script = generate(fill(job, {"lake_bucket": "lake"}), Style.WRAPPED)

    assert script.partition("from awsglue.dynamicframe import DynamicFrameCollection\n")[2] == WRAPPED


@pytest.mark.emulator
def test_what_is_no_python_is_not_wrapped(make: Callable[..., JobDefinition]) -> None:
    code = {"CustomCode": {"Name": "c", "Inputs": ["node-a"], "ClassName": "C", "Code": "return dfc )"}}
    job = make(a=SOURCE, c=code)

    assert generate(job, Style.WRAPPED) == generate(job, Style.MID_2024)


@pytest.mark.parametrize(
    ("node_id", "style"),
    [
        ("node-1", Style.CURRENT),
        ("node-1709000000000", Style.WRAPPED),
        ("node-1715000000000", Style.MID_2024),
        ("node-1760000000000", Style.CURRENT),
    ],
)
def test_the_newest_node_tells_the_style(node_id: str, style: Style) -> None:
    source = {"S3JsonSource": {"Name": "in", "Paths": ["s3://lake/"]}}
    job = parse({"Name": "j", "CodeGenConfigurationNodes": {node_id: source, "node-0": source}})
    assert detect(job) is style


@pytest.mark.parametrize(
    "node",
    [
        {"S3ExcelSource": {"Paths": ["s3://lake/x.xlsx"]}},
        {"CatalogIcebergSource": {"Database": "db", "Table": "t"}},
        {"AmazonRedshiftSource": {"Data": {}}},
        {"DirectKinesisSource": {}},
        {"PIIDetection": {"Inputs": ["node-a"], "PiiType": "ColumnMasking"}},
        {"EvaluateDataQualityMultiFrame": {"Inputs": ["node-a"], "Ruleset": "Rules = [ RowCount > 0 ]"}},
        {"S3DirectTarget": {"Inputs": ["node-a"], "Path": "s3://lake/o/", "Format": "orc"}},
        {"S3DeltaDirectTarget": {"Inputs": ["node-a"], "Path": "s3://lake/o/", "Format": "delta"}},
    ],
)
def test_what_only_aws_runs_is_named_in_one_line(
    make: Callable[..., JobDefinition], node: dict[str, Any]
) -> None:
    kind = next(iter(node))
    node[kind]["Name"] = "last"
    with pytest.raises(UnsupportedNodeError, match=f'^node node-x "last": {kind}: only AWS .*$') as caught:
        generate(make(a=SOURCE, x=node))
    assert caught.value.kind == kind


@pytest.mark.parametrize("field", ["ClassName", "FunctionName"])
def test_names_that_are_code_are_refused(make: Callable[..., JobDefinition], field: str) -> None:
    evil = "f(): pass\nimport os\ndef g"
    nodes = {
        "ClassName": {"CustomCode": {"Name": "b", "Inputs": ["node-a"], "Code": "pass", "ClassName": evil}},
        "FunctionName": {
            "DynamicTransform": {
                "Name": "b",
                "Inputs": ["node-a"],
                "TransformName": "t",
                "FunctionName": evil,
                "Path": "s3://x/t.py",
            }
        },
    }
    with pytest.raises(UnsupportedNodeError, match=field):
        generate(make(a=SOURCE, b=nodes[field]))


def test_a_title_with_line_breaks_stays_a_comment(make: Callable[..., JobDefinition]) -> None:
    source = {"S3ParquetSource": {"Name": "in\nimport os\rx = 1", "Paths": ["s3://lake/"]}}
    script = generate(make(a=source))
    assert "# Script generated for node in import os x = 1\n" in script
    assert "import os" not in script.splitlines()


def nested(*path: str) -> dict[str, Any]:
    values = [{"Type": "COLUMNEXTRACTED", "Value": list(path)}, {"Type": "CONSTANT", "Value": ["5"]}]
    return {"Operation": "GTE", "Values": values}


def test_a_field_of_a_struct_is_reached_step_by_step(make: Callable[..., JobDefinition]) -> None:
    filtered = {"Filter": {"Name": "f", "Inputs": ["node-a"], "Filters": [nested("p", "q")]}}
    group = {"GroupName": "high", "Filters": [nested("p", "q"), nested("a.b")], "LogicalOperator": "AND"}
    router = {"Route": {"Name": "r", "Inputs": ["node-a"], "GroupFiltersList": [group]}}
    script = generate(make(a=SOURCE, b=filtered, c=router))
    assert 'f=lambda row: (row["p"]["q"] >= 5)' in script
    assert 'filters = lambda row: (row["p"]["q"] >= 5 and row["a.b"] >= 5)' in script


def test_what_comes_before_a_node_is_run_and_shown(job: JobDefinition) -> None:
    script = until(job, "Back")
    ast.parse(script)
    assert "Purge_node5 = Purge(glueContext" in script
    assert "Refined_node8" not in script
    assert "Back_node7 =" not in script
    assert "job.commit()" not in script
    assert '[("Dates", Dates_node3)]' in script
    assert '[("Rows", Rows_node6)]' in script
    assert "Purge_node5.items()" in until(job, "node-6")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("node-1", "nothing comes before"), ("Nowhere", 'no nodes are called .*node-1 "Raw prices"')],
)
def test_a_node_that_nothing_can_be_run_before_is_named(
    job: JobDefinition, wanted: str, message: str
) -> None:
    with pytest.raises(DefinitionError, match=message):
        until(job, wanted)


def test_what_only_aws_runs_does_not_keep_what_comes_before_from_running(
    make: Callable[..., JobDefinition],
) -> None:
    pii = {"PIIDetection": {"Name": "mask", "Inputs": ["node-b"], "PiiType": "ColumnMasking"}}
    job = make(a=SOURCE, b=sql("node-a"), c=pii)
    assert "q_nodeb = sparkSqlQuery(" in until(job, "node-c")
