"""Spark's settings for small data on one machine, and what changes them when the data is not small."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

SMALL_BYTES = 16 * 1024 * 1024
SITE = Path(__file__).parent / "site"
PROJECT = Path(__file__).parents[3]


def properties(work: Path, blocks: Path) -> dict[str, str]:
    """Spark properties for a run whose scratch folder is `work`, in a JVM whose own is `blocks`.

    A JVM keeps to the first `spark.local.dir` that it was given, and makes it again where it is gone: so it
    is the JVM's, not a run's.

    With small data most time goes into generating code, scheduling tasks and shuffling between them: so no
    code generation, one task and no broadcasts, until a source turns out to be large (`scale_up`).
    """
    return {
        "spark.master": "local[2]",
        "spark.app.name": "glue-job",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.ui.explainMode": "simple",  # nobody looks, and it is written for every query
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(blocks),
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.executorEnv.PYTHONPATH": f"{SITE}:{PROJECT}",
        "spark.pyspark.python": sys.executable,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.parquet.compression.codec": "snappy",
        "spark.sql.sources.default": "parquet",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",  # without .crc files
        "spark.python.worker.reuse": "true",
        **_SMALL,
    }


_SMALL = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
}
_LARGE = {
    "spark.sql.shuffle.partitions": "16",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
    "spark.sql.autoBroadcastJoinThreshold": str(10 * 1024 * 1024),
}


def scale_up(session: Any) -> None:
    """Turn a session to settings for data that is worth compiling and distributing for."""
    for name, value in _LARGE.items():
        session.conf.set(name, value)


def is_large(session: Any) -> bool:
    """Whether `scale_up` was called for the session."""
    return bool(session.conf.get("spark.sql.codegen.wholeStage") != _SMALL["spark.sql.codegen.wholeStage"])


def apply_properties(jvm: Any, values: dict[str, str]) -> None:
    """Hand properties to a JVM, where every SparkConf takes them up; an earlier run's are dropped."""
    system = jvm.java.lang.System
    for name in list(system.getProperties().stringPropertyNames()):
        if name.startswith("spark.") and name not in values:
            system.clearProperty(name)
    for name, value in values.items():
        system.setProperty(name, value)


def stop_leftovers(jvm: Any) -> bool:
    """Stop the SparkContext that a job process left behind in a warm JVM; whether there was one."""
    session = jvm.org.apache.spark.sql.SparkSession
    session.clearActiveSession()
    session.clearDefaultSession()
    companion = getattr(getattr(jvm.org.apache.spark, "SparkContext$"), "MODULE$")
    active = companion.getActive()
    if active.isEmpty():
        return False
    active.get().stop()
    return True
