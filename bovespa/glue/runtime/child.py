"""The job process: reads its orders from standard input, runs the script, writes a report.

It imports Spark before it reads the orders, so that a parent can start it early; it ends when standard
input ends, so it never outlives its parent.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bovespa.botocore_session import botocore_session
from bovespa.glue.runtime import failure, local_data, spark
from bovespa.glue.runtime.engine import Engine, install
from bovespa.glue.runtime.errors import GatewayError
from bovespa.glue.runtime.gateway import LOCK, PORT, SECRET, Gateway

EXIT_FAILED = 1
EXIT_ORPHANED = 70
_finishing = threading.Event()


def main() -> int:
    sys.path[:0] = [str(spark.SITE)]
    _import_early()
    line = sys.stdin.readline()
    if not line:
        return EXIT_ORPHANED
    threading.Thread(target=_end_with_parent, daemon=True).start()
    orders = json.loads(line)
    os.environ.update(orders["environment"])
    if boto3 := sys.modules.get("boto3"):  # imported before the fork
        boto3.setup_default_session(botocore_session=botocore_session())
    return run(orders)


def run(orders: dict[str, Any]) -> int:
    """`orders`: script (path), arguments (sys.argv without the program), work, report (paths)."""
    work = Path(orders["work"])
    engine = Engine(work=work)
    install(engine)
    local_data.make_quick()
    script = Path(orders["script"])
    started = time.monotonic()
    problem: str | None = None
    with contextlib.ExitStack() as stack:
        try:
            _connect(stack, work)
            started = time.monotonic()
            _execute(script, orders["arguments"])
        except failure.CAUGHT as error:
            problem = failure.describe(error, script)
            failure.show(error, script)
        engine.report.seconds = round(time.monotonic() - started, 3)
        document = {"report": engine.report.as_dict(), "problem": problem}
        partial = Path(orders["report"]).with_suffix(".partial")
        partial.write_text(json.dumps(document))
        partial.replace(orders["report"])
        _finishing.set()
        _stop_spark()
    return EXIT_FAILED if problem is not None else 0


def _import_early() -> None:
    for name in ("pyspark.sql", "pyarrow.compute", "awsglue.context", "botocore.client"):
        importlib.import_module(name)


def _connect(stack: contextlib.ExitStack, work: Path) -> None:
    """Make Spark's JVM ready: the warm one if the environment names one that answers, else one of our own."""
    from pyspark import SparkContext

    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    if PORT in os.environ and not _try(SparkContext):
        print("the warm JVM does not answer, starting one for this run", file=sys.stderr, flush=True)  # noqa: T201
        del os.environ[PORT], os.environ[SECRET]
    if PORT not in os.environ:
        gateway = stack.enter_context(Gateway(forking=False))
        os.environ.update(gateway.environment)
        SparkContext._ensure_initialized()
    jvm = SparkContext._jvm
    if jvm is None:
        raise GatewayError("Spark's JVM does not answer")
    spark.stop_leftovers(jvm)
    blocks = Path(os.environ[LOCK]).parent if LOCK in os.environ else work
    spark.apply_properties(jvm, spark.properties(work, blocks))


def _try(spark_context: Any) -> bool:
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]

    try:
        spark_context._ensure_initialized()
        spark_context._jvm.java.lang.System.nanoTime()
    except (Py4JError, OSError):
        spark_context._gateway = spark_context._jvm = None
        return False
    return True


def _execute(script: Path, arguments: list[str]) -> None:
    sys.argv = [str(script), *arguments]
    namespace = {"__name__": "__main__", "__file__": str(script), "__builtins__": __builtins__}
    exec(compile(script.read_bytes(), str(script), "exec"), namespace)  # noqa: S102 (running it is the purpose)


def _stop_spark() -> None:
    from pyspark import SparkContext

    active = SparkContext._active_spark_context
    if active is not None:
        with contextlib.suppress(Exception):
            active.stop()


def _end_with_parent() -> None:
    """A job that has reported is left the moment that it takes to stop Spark."""
    sys.stdin.read()
    if not _finishing.is_set():
        os._exit(EXIT_ORPHANED)


if __name__ == "__main__":
    sys.stdout.flush()
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Py4J's threads would hold the interpreter back
