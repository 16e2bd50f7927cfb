"""The raw table of one session: its schema, its bytes, and a fingerprint of its content.

One row per record of B3's file, all markets. What a session's object holds is a function of its
records; a digest of them in the file's footer tells whether another file brings anything new.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from functions.b3.cotahist.parse import Parsed, fixed, repeated_text, to_batch
from functions.b3.cotahist.records import Bytes
from functions.b3.parquet import read_metadata, write_parquet
from lake.arrow import schema_of
from lake.tables.negociacao import RAW

FOOTER_BYTES = 65_536  # of the end of an object; holds the whole footer
_FORMAT = b"1"  # to be raised when the columns change, so that every session is written again
_DIGEST = b"registros_sha256"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SCHEMA = schema_of(RAW.columns)


def digest_of(records: Bytes) -> str:
    """A fingerprint of a session's content: the SHA-256 of its sorted records, in hexadecimal."""
    return hashlib.sha256(_FORMAT + records.tobytes()).hexdigest()


def to_parquet(parsed: Parsed, *, captured_at: datetime, payload_sha256: str) -> bytes:
    """The records as one parquet file of :data:`SCHEMA`; the same arguments give the same bytes.

    Raises:
        BadLine: a record is wrong.
    """
    quotes, records = to_batch(parsed), parsed.block.records
    microseconds = (captured_at - _EPOCH) // timedelta(microseconds=1)
    provenance = [
        fixed(np.full(len(records), microseconds, np.int64), SCHEMA.field("coletado_em").type),
        repeated_text(payload_sha256, len(records)),
    ]
    metadata = {_DIGEST: digest_of(records).encode()}
    return write_parquet(pa.table([*quotes.columns, *provenance], schema=SCHEMA.with_metadata(metadata)))


def read_digest(tail: bytes) -> str | None:
    """The digest in the last :data:`FOOTER_BYTES` of a raw object; None where there is none to be read."""
    digest = (read_metadata(tail) or {}).get(_DIGEST)
    return digest.decode("ascii", "replace") if digest else None
