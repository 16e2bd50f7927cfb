from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bovespa.glue.runtime import engine as engines
from bovespa.glue.runtime import spark
from bovespa.glue.runtime.directory_store import DirectoryStore
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.file_catalog import FileCatalog
from bovespa.glue.runtime.gateway import LOCK, PORT, SECRET, Gateway

sys.path.append(str(spark.SITE))


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """A warm JVM for job processes."""
    with Gateway() as running:
        yield running


@pytest.fixture(scope="session")
def glue_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A GlueContext in this process, over a JVM of its own."""
    from pyspark import SparkContext

    from bovespa.glue.runtime import local_data

    with Gateway() as running:
        kept = {name: os.environ.get(name) for name in (PORT, SECRET, LOCK, "PYSPARK_PYTHON")}
        os.environ.update(running.environment, PYSPARK_PYTHON=sys.executable)
        SparkContext._ensure_initialized()
        work = tmp_path_factory.mktemp("spark")
        spark.apply_properties(SparkContext._jvm, spark.properties(work, work))
        local_data.make_quick()
        from awsglue.context import GlueContext

        context = SparkContext()
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        yield GlueContext(context)
        context.stop()
        SparkContext._gateway.shutdown()  # type: ignore[union-attr]
        SparkContext._gateway = SparkContext._jvm = None


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "work").mkdir()
    made = Engine(
        store=DirectoryStore(tmp_path / "s3"),
        catalog=FileCatalog(tmp_path / "s3" / "catalog.json"),
        work=tmp_path / "work",
    )
    engines.install(made)
    return made


@pytest.fixture
def glue_context(glue_session: Any, engine: Engine) -> Any:
    """The session's GlueContext over empty storage."""
    return glue_session
