"""`createDataFrame` of rows that the driver has, without a Python worker.

PySpark sends such rows to the JVM as batches of pickled lists, and then lets a Python worker copy them into batches of
pickled lists, because the two serializers are not equal. Starting that worker takes about two seconds, which a small
job should not pay. Checked against PySpark 3.5.
"""

from __future__ import annotations

from typing import Any

from pyspark.rdd import RDD, PipelinedRDD
from pyspark.serializers import AutoBatchedSerializer, BatchedSerializer, CPickleSerializer


def skip_needless_copies() -> None:
    """Let RDDs that already hold batches of pickled lists pass as such. Calling it twice is fine."""
    original = RDD._pickled
    if getattr(original, "skips_copies", False):
        return

    def pickled(self: RDD[Any]) -> RDD[Any]:
        held = self._jrdd_deserializer
        in_batches = isinstance(held, BatchedSerializer) and isinstance(held.serializer, CPickleSerializer)
        if in_batches and not isinstance(self, PipelinedRDD):
            return RDD(self._jrdd, self.ctx, AutoBatchedSerializer(CPickleSerializer()))
        return original(self)

    pickled.skips_copies = True  # type: ignore[attr-defined]
    RDD._pickled = pickled  # type: ignore[method-assign]
