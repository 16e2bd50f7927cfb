"""Arrow arrays over NumPy's memory.

``pyarrow.array`` and ``pyarrow.scalar`` import pandas to look for its types, which bovespa.costs a cold Lambda
a second or more; these don't.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fixed(
    values: npt.NDArray[Any], kind: pa.DataType, present: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    """Values of a fixed width in the type's own representation; null where ``present`` says so."""
    valid = None if present is None else pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])


def repeated_time(moment: datetime, count: int) -> pa.Array:
    """``count`` times the same moment, as timestamp(us, UTC)."""
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    return fixed(np.full(count, microseconds, np.int64), pa.timestamp("us", tz="UTC"))


def repeated_text(text: str, count: int) -> pa.Array:
    """``count`` times the same text, dictionary-encoded."""
    data = text.encode()
    offsets = pa.py_buffer(np.array([0, len(data)], np.int32))
    words = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(data))
    return pa.DictionaryArray.from_arrays(fixed(np.zeros(count, np.int32), pa.int32()), words)
