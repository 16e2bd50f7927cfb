"""Scripts as Glue Studio generates them, for these tests, and raw data for them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HEAD = """\
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue import DynamicFrame
from awsglue.dynamicframe import DynamicFrameCollection

args = getResolvedOptions(sys.argv, ['JOB_NAME'])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args['JOB_NAME'], args)
"""

# Reads raw/, restores the schema of an empty source, purges the days it is about to write, writes them by codigo.
# {extra} stands between purge and write, where a crash hurts most.
PIPELINE = (
    HEAD
    + """
# Script generated for node Raw
raw = glueContext.create_dynamic_frame.from_options(
    connection_type="s3", format="parquet", connection_options={{"paths": ["s3://lake/raw/"], "recurse": True}},
    transformation_ctx="raw")

# Script generated for node Guard
df = raw.toDF()
if not df.columns:
    df = spark.createDataFrame([], "codigo string, peso decimal(9,3), data_pregao date, dt string")
df = df.drop("dt")
guarded = DynamicFrame.fromDF(df, glueContext, "g")
renamed = RenameField.apply(frame=guarded, old_name="peso", new_name="participacao", transformation_ctx="r")

# Script generated for node Purge
for row in renamed.toDF().select("data_pregao").distinct().collect():
    glueContext.purge_s3_path(f"s3://lake/REFINED/carteira/data_pregao={{row[0]}}/", {{"retentionPeriod": 0}})

# Script generated for node Between
{extra}

# Script generated for node carteira
sink = glueContext.getSink(
    path="s3://lake/REFINED/carteira/", connection_type="s3", updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["data_pregao", "codigo"], enableUpdateCatalog=True, transformation_ctx="sink")
sink.setCatalogInfo(catalogDatabase="default", catalogTableName="carteira")
sink.setFormat("glueparquet", compression="snappy")
sink.writeFrame(renamed)
job.commit()
"""
)


def pipeline(extra: str = "pass") -> str:
    return PIPELINE.format(extra=extra)


def raw_day(day: str, members: int = 5) -> bytes:
    """One day's raw parquet: `codigo string, peso decimal(9,3), data_pregao date`."""
    table = pa.table(
        {
            "codigo": [f"TCK{number}" for number in range(members)],
            "peso": pa.array([Decimal(f"{number}.125") for number in range(members)], pa.decimal128(9, 3)),
            "data_pregao": [date.fromisoformat(day)] * members,
        }
    )
    body = BytesIO()
    pq.write_table(table, body)
    return body.getvalue()


def put_day(root: Path, day: str, members: int = 5) -> None:
    path = root / "lake" / "raw" / f"dt={day}" / "carteira.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw_day(day, members))


def refined(root: Path) -> dict[str, int]:
    """Rows in REFINED by day."""
    counts: dict[str, int] = {}
    for path in (root / "lake" / "REFINED").rglob("*.parquet"):
        day = path.parts[-3].partition("=")[2]
        counts[day] = counts.get(day, 0) + pq.ParquetFile(path).metadata.num_rows
    return counts
