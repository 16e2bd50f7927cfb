"""A throw-away job that has a fresh JVM load and compile what visual jobs use."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bovespa.glue.local_run import RunResult, run_script
from bovespa.glue.runtime.gateway import Gateway

# On local files, since S3 may not be there yet; sources and targets of a job go through local files too.
_SCRIPT = '''
import sys
from pyspark.context import SparkContext
from pyspark.sql import functions as SqlFuncs
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms import RenameField
from awsglue.utils import getResolvedOptions

folder = getResolvedOptions(sys.argv, ["folder"])["folder"]
glueContext = GlueContext(SparkContext())
spark = glueContext.spark_session
read = spark.read.option("mergeSchema", False).parquet(f"{folder}/in").coalesce(1)
spark.createDataFrame([], read.schema).unionByName(read).createOrReplaceTempView("rows")
source = DynamicFrame.fromDF(read, glueContext, "source")
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
out.select("d").distinct().collect()
out.write.option("compression", "none").parquet(f"{folder}/flat")
out.write.option("compression", "snappy").partitionBy("d").parquet(f"{folder}/out")
'''


def warm_up(gateway: Gateway, *, timeout: float = 60.0) -> RunResult:
    """Run the throw-away job in `gateway`'s JVM, on files of its own.

    Raises:
        RuntimeFailure: it failed.
    """
    with tempfile.TemporaryDirectory(prefix="glue-warm-up-", dir=gateway.parent) as folder:
        place = Path(folder, "in", "dt=2000-01-01")
        place.mkdir(parents=True)
        pq.write_table(_rows(), place / "rows.parquet")
        return run_script(
            _SCRIPT, job="warm-up", arguments={"folder": folder}, gateway=gateway, timeout=timeout
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
