"""Identifier."""

# Names are Glue's.
# ruff: noqa: N803

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.frame_methods import flag, method


def sequence_id(frame: DataFrame, colName: str = "id", unique: Any = False) -> DataFrame:
    """A number for every row; `unique` puts the time of the run before it, so that runs don't collide."""
    number = F.monotonically_increasing_id()
    if flag(unique):
        run = F.lit(int(time.time() * 1000)).cast("decimal(38,0)")
        number = (run * F.lit(Decimal(2**63)) + number).cast("decimal(38,0)")
    return frame.withColumn(colName, number)


method("gs_sequence_id", sequence_id)
