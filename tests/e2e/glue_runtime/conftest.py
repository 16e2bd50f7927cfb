from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bovespa.glue.runtime import engine as engines
from bovespa.glue.runtime import spark
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.gateway import LOCK, PORT, SECRET, Gateway, exclusive
from bovespa.glue.runtime.glue_catalog import GlueCatalog
from bovespa.glue.runtime.s3_store import S3Store
from bovespa.local.aws import Clients
from bovespa.local.emulator import REGION, Emulator, emulator

sys.path.append(str(spark.SITE))


@pytest.fixture(scope="session")
def gateway(warm_jvm: Gateway) -> Gateway:
    """The JVM for job processes."""
    return warm_jvm


@pytest.fixture(scope="session")
def glue_emulator(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator whose jobs use the warm JVM."""
    with emulator(tmp_path_factory.mktemp("glue-emulator") / "files", gateway.environment) as running:
        yield running


@pytest.fixture
def clean(glue_emulator: Emulator) -> Iterator[Clients]:
    """The emulator with an empty bucket `lake` and the empty databases `default` and `db`."""
    aws = Clients(glue_emulator.environment)
    aws["s3"].create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in ("default", "db"):
        aws["glue"].create_database(DatabaseInput={"Name": name})
    yield aws
    for page in aws["s3"].get_paginator("list_objects_v2").paginate(Bucket="lake"):
        for entry in page.get("Contents", ()):
            aws["s3"].delete_object(Bucket="lake", Key=entry["Key"])
    aws["s3"].delete_bucket(Bucket="lake")
    for name in ("default", "db"):
        aws["glue"].delete_database(Name=name)  # and its tables


@pytest.fixture(scope="module")
def glue_session(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A GlueContext in this process, over the warm JVM, for one module."""
    from pyspark import SparkContext

    from bovespa.glue.runtime import local_data

    kept = {name: os.environ.get(name) for name in (PORT, SECRET, LOCK, "PYSPARK_PYTHON")}
    os.environ.update(gateway.environment, PYSPARK_PYTHON=sys.executable)
    SparkContext._ensure_initialized()
    work = tmp_path_factory.mktemp("spark")
    blocks = Path(gateway.environment[LOCK]).parent
    spark.stop_leftovers(SparkContext._jvm)
    spark.apply_properties(SparkContext._jvm, spark.properties(work, blocks))
    local_data.make_quick()
    from awsglue.context import GlueContext

    with exclusive(Path(gateway.environment[LOCK]), 120):  # an emulator's last run may still be at work
        context = SparkContext()
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        yield GlueContext(context)
        context.stop()
    SparkContext._gateway.close()  # type: ignore[union-attr]
    SparkContext._gateway = SparkContext._jvm = None


@pytest.fixture
def engine(clean: Clients, tmp_path: Path) -> Engine:
    (tmp_path / "work").mkdir()
    made = Engine(
        store=S3Store(clean["s3"]), catalog=GlueCatalog(clean["glue"]), work=tmp_path / "work", job="made"
    )
    engines.install(made)
    return made


@pytest.fixture
def glue_context(glue_session: Any, engine: Engine) -> Any:
    """The module's GlueContext over empty storage."""
    return glue_session
