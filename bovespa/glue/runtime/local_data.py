"""`createDataFrame` of rows that the driver has, without what makes it slow for a handful of them.

PySpark imports pandas to see whether the rows are a pandas frame (a second and a half), and lets a Python
worker copy batches of pickled lists into batches of pickled lists, since two serializers are not equal
(about two seconds for starting it). Checked against PySpark 3.5.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.rdd import RDD, PipelinedRDD
from pyspark.serializers import AutoBatchedSerializer, BatchedSerializer, CPickleSerializer
from pyspark.sql import SparkSession

_MARK = "_is_quick"


def make_quick() -> None:
    """Change PySpark in this process; calling it twice is fine."""
    if not hasattr(RDD._pickled, _MARK):
        RDD._pickled = _without_copy(RDD._pickled)  # type: ignore[method-assign]
        SparkSession.createDataFrame = _without_pandas(SparkSession.createDataFrame)  # type: ignore[method-assign]


def _without_copy(original: Any) -> Any:
    @functools.wraps(original)
    def pickled(self: RDD[Any]) -> RDD[Any]:
        held = self._jrdd_deserializer
        in_batches = isinstance(held, BatchedSerializer) and isinstance(held.serializer, CPickleSerializer)
        if in_batches and not isinstance(self, PipelinedRDD):
            return RDD(self._jrdd, self.ctx, AutoBatchedSerializer(CPickleSerializer()))  # type: ignore[no-untyped-call]
        result: RDD[Any] = original(self)
        return result

    setattr(pickled, _MARK, True)
    return pickled


def _without_pandas(original: Any) -> Any:
    @functools.wraps(original)
    def create(self: SparkSession, data: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(data, (list, tuple)) and "pandas" not in sys.modules:
            with _no_pandas():
                return original(self, data, *args, **kwargs)
        return original(self, data, *args, **kwargs)

    return create


@contextmanager
def _no_pandas() -> Iterator[None]:
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["pandas"]
