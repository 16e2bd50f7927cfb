"""Records to columns: exact, vectorised, in memory that doesn't grow with the file.

Prices leave as 128-bit decimals that are made of the file's own digits; no float is involved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from functions.cotahist.arrays import fixed
from functions.cotahist.digits import Bytes, DigitReader, Integers, NotDigits
from functions.cotahist.errors import BadLine
from functions.cotahist.layout import (
    DATA_PREGAO,
    DATA_VENCIMENTO,
    FATOR_COTACAO,
    MAX_FACTOR,
    NO_EXPIRY,
    NUMBERS,
    PRICE_DECIMALS,
    QUOTE_SCHEMA,
    TEXTS,
    Number,
    Text,
)
from functions.cotahist.records import Block, RecordFile

_READER = DigitReader(NUMBERS)
_FACTORS = 10 ** np.arange(len(str(MAX_FACTOR)), dtype=np.int64)
_LARGEST_PRICE = 10**18  # in units of 10**-PRICE_DECIMALS, beyond decimal(18, 8)
_SPACE = 0x20

BATCH_SCHEMA = pa.schema(
    [
        field.with_type(pa.dictionary(pa.int32(), pa.string())) if pa.types.is_string(field.type) else field
        for field in QUOTE_SCHEMA
    ]
)
"""As :data:`QUOTE_SCHEMA`, with texts dictionary-encoded."""


def read_batches(stream: BinaryIO) -> Iterator[pa.RecordBatch]:
    """The quotes of a COTAHIST file (its text, not the ZIP) as record batches of :data:`BATCH_SCHEMA`.

    Raises:
        MarketDataError: the file is damaged; the message has the line. Batches that were already
            given are of a file that is not to be trusted.
    """
    for block in RecordFile(stream).blocks():
        yield to_batch(block)


def to_batch(block: Block) -> pa.RecordBatch:
    """The block's quotes as a record batch of :data:`BATCH_SCHEMA`.

    Raises:
        BadLine: a number that isn't digits, a date that isn't one, a price out of range, an unknown
            quotation factor, no ticker.
    """
    records = block.records
    try:
        numbers = dict(zip((field.column for field in NUMBERS), _READER.read(records), strict=True))
    except NotDigits as error:
        text = records[error.row, error.field.start : error.field.end].tobytes().decode("latin-1")
        reason = f"{error.field.column} is {text!r}, expected {error.field.digits} digits"
        raise BadLine(block.first_line + error.row, reason) from None
    nameless = records[:, 12] == _SPACE
    _refuse(nameless, block, "codigo is blank")
    scale = _price_scale(numbers[FATOR_COTACAO.column], block)
    columns: dict[str, pa.Array] = {text.column: _text(records, text) for text in TEXTS}
    for field in NUMBERS:
        values = numbers[field.column]
        if field in (DATA_PREGAO, DATA_VENCIMENTO):
            columns[field.column] = _dates(values, field, block)
        elif field.quoted:
            columns[field.column] = _prices(values, scale, field, block)
        else:
            columns[field.column] = _number(values, field)
    return pa.RecordBatch.from_arrays([columns[name] for name in BATCH_SCHEMA.names], schema=BATCH_SCHEMA)


def _price_scale(factors: Integers, block: Block) -> Integers:
    """By what each record's price in cents becomes a price per share in 10**-PRICE_DECIMALS."""
    if (factors == 1).all():
        return np.array(MAX_FACTOR, np.int64)
    _refuse(~np.isin(factors, _FACTORS), block, "the quotation factor is no power of ten up to 1,000,000")
    return MAX_FACTOR // factors


def _prices(values: Integers, scale: Integers, field: Number, block: Block) -> pa.Array:
    _refuse(values >= _LARGEST_PRICE // scale, block, f"{field.column} is over 10 billion a share")
    return _decimal(values * scale, pa.decimal128(18, PRICE_DECIMALS))


def _number(values: Integers, field: Number) -> pa.Array:
    kind = QUOTE_SCHEMA.field(field.column).type
    if field.decimals is not None:
        return _decimal(values, kind)
    return fixed(values.astype(np.int32) if kind == pa.int32() else values.copy(), kind)


def _decimal(values: Integers, kind: pa.DataType) -> pa.Array:
    """Whole numbers of the type's smallest unit, none negative, as decimals: the low half of 128 bits."""
    words = np.zeros((len(values), 2), np.int64)
    words[:, 0] = values
    return fixed(words, kind)


def _dates(values: Integers, field: Number, block: Block) -> pa.Array:
    """YYYYMMDD as dates; null where B3 says that there is none."""
    known, places = np.unique(values, return_inverse=True)
    years, months, days = known // 10_000, known // 100 % 100, known % 100
    starts = (years - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (months - 1)
    moments = starts.astype("datetime64[D]") + (days - 1)
    blank = np.isin(known, NO_EXPIRY) if field is DATA_VENCIMENTO else np.zeros(len(known), bool)
    real = (years >= 1900) & (months >= 1) & (months <= 12) & (days >= 1)
    real &= moments.astype("datetime64[M]") == starts
    wrong = ~(real | blank)
    if wrong.any():
        text = f"{int(known[wrong][0]):08d}"
        _refuse(wrong[places], block, f"{field.column} is {text}, expected a date (YYYYMMDD)")
    present = ~blank[places] if blank.any() else None
    return fixed(moments.astype(np.int32)[places], pa.date32(), present)


def _text(records: Bytes, text: Text) -> pa.Array:
    width = text.end - text.start
    padded = np.ascontiguousarray(records[:, text.start : text.end])
    encoded = pa.Array.from_buffers(
        pa.binary(width), len(records), [None, pa.py_buffer(padded)]
    ).dictionary_encode()
    words = _decoded(encoded.dictionary)
    indices = encoded.indices
    blank = [place for place, word in enumerate(words.to_pylist()) if not word] if text.optional else []
    if blank:
        places = np.frombuffer(indices.buffers()[1], np.int32, len(indices))
        indices = fixed(places, pa.int32(), ~np.isin(places, blank))
    return pa.DictionaryArray.from_arrays(indices, words)


def _decoded(padded: pa.Array) -> pa.Array:
    try:
        words = padded.cast(pa.binary()).cast(pa.string())
        ascii_only = pc.all(pc.string_is_ascii(words)).as_py()
    except pa.ArrowInvalid:
        ascii_only = False
    if ascii_only:
        return pc.ascii_rtrim(words, characters=" ")
    return pa.array([value.decode("latin-1").rstrip(" ") for value in padded.to_pylist()], pa.string())


def _refuse(wrong: npt.NDArray[np.bool_], block: Block, reason: str) -> None:
    if wrong.any():
        raise BadLine(block.first_line + int(wrong.argmax()), reason)
