"""A throw-away job that has a fresh JVM load and compile what visual jobs use: reading, SQL, joins, totals,
writing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bovespa.glue.local_run import RunResult, run_script
from bovespa.glue.runtime.engine import StorageSettings
from bovespa.glue.runtime.gateway import Gateway

_SCRIPT = '''
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue import DynamicFrame
from pyspark.sql import functions as SqlFuncs

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
source = glueContext.create_dynamic_frame.from_options(
    connection_type="s3", format="parquet", connection_options={"paths": ["s3://warm/in/"], "recurse": True})
declared = source.toDF().schema
spark.createDataFrame([], declared).unionByName(source.toDF()).createOrReplaceTempView("rows")
renamed = RenameField.apply(frame=source, old_name="n", new_name="number")
renamed.toDF().createOrReplaceTempView("renamed")
computed = spark.sql("""
    select *, datediff(d, next_day(date_sub(make_date(year(d), 1, 1), 1), 'MO')) as days,
           regexp_extract(name, '^([a-z]+)', 1) as letters, coalesce(nullif(kind, ''), 'none') as sort,
           if(date_format(d, 'MM-dd') = '01-01', 1, 0) as first,
           case when number > 3 then date_add(d, 1) else add_months(d, -4) end as other,
           to_date(from_utc_timestamp(t, 'America/Sao_Paulo')) as local
    from renamed""")
sums = [SqlFuncs.sum("weight"), SqlFuncs.sum("number"), SqlFuncs.count("name")]
totals = computed.groupBy("kind", "d").agg(*sums)
totals = totals.toDF("k", "day", "weight_of_kind", "sum_of_kind", "names")
joined = computed.join(totals, (computed["kind"] == totals["k"]) & (computed["d"] == totals["day"]))
joined.createOrReplaceTempView("joined")
out = spark.sql("select name, number, weight, weight_of_kind, days, d, kind from joined")
for row in out.select("d").distinct().collect():
    glueContext.purge_s3_path(f"s3://warm/out/d={row.d}/", {"retentionPeriod": 0})
for keys in (["d", "kind"], []):
    sink = glueContext.getSink(
        path="s3://warm/out/", connection_type="s3", partitionKeys=keys, enableUpdateCatalog=True)
    sink.setCatalogInfo(catalogDatabase="default", catalogTableName="warm%d" % len(keys))
    sink.setFormat("glueparquet", compression="snappy")
    sink.writeFrame(DynamicFrame.fromDF(out, glueContext, "out"))
job.commit()
'''


def warm_up(gateway: Gateway, *, timeout: float = 60.0) -> RunResult:
    """Run the throw-away job in `gateway`'s JVM, on files of its own. Raises what run_script raises."""
    with tempfile.TemporaryDirectory(prefix="glue-warm-up-", dir=gateway.parent) as folder:
        place = Path(folder, "warm", "in", "dt=2000-01-01")
        place.mkdir(parents=True)
        pq.write_table(_rows(), place / "rows.parquet")
        return run_script(
            _SCRIPT,
            job="warm-up",
            settings=StorageSettings(directory=folder),
            gateway=gateway,
            timeout=timeout,
        )


def _rows() -> pa.Table:
    count = 6
    return pa.table(
        {
            "name": [f"a{number}" for number in range(count)],
            "kind": ["x", "y"] * (count // 2),
            "n": pa.array(range(count), pa.int64()),
            "weight": pa.array([f"{number}.125" for number in range(count)]).cast(pa.decimal128(9, 3)),
            "d": pa.array([0] * count, pa.int32()).cast(pa.date32()),
            "t": pa.array([0] * count, pa.timestamp("us", tz="UTC")),
        }
    )
