"""Records to columns: exact, vectorised, in memory that doesn't grow with the file.

Prices leave as 128-bit decimals that are made of the file's own digits; no float is involved.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from functions.b3.cotahist.arrays import fixed
from functions.b3.cotahist.digits import Bytes, DigitReader, Integers, NotDigits
from functions.b3.cotahist.errors import BadLine
from functions.b3.cotahist.layout import (
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
from functions.b3.cotahist.records import Block, RecordFile
from functions.b3.errors import B3Error

_READER = DigitReader(NUMBERS)
_FACTORS = 10 ** np.arange(len(str(MAX_FACTOR)), dtype=np.int64)
_LARGEST_PRICE = 10**18  # in units of 10**-PRICE_DECIMALS, beyond decimal(18, 8)
_SPACE = 0x20
WORKERS = 2  # NumPy and Arrow let go of the interpreter while they work

_REPEATED = frozenset(text.column for text in TEXTS if not text.distinct)
BATCH_SCHEMA = pa.schema(
    [
        field.with_type(pa.dictionary(pa.int32(), pa.string())) if field.name in _REPEATED else field
        for field in QUOTE_SCHEMA
    ]
)
"""As :data:`QUOTE_SCHEMA`, with every text but the ticker dictionary-encoded."""


def read_batches(stream: BinaryIO, *, workers: int = WORKERS) -> Iterator[pa.RecordBatch]:
    """The quotes of a COTAHIST file (its text, not the ZIP) as record batches of :data:`BATCH_SCHEMA`.

    Args:
        stream: the text.
        workers: threads that turn blocks into batches; as many blocks are in memory, and one more.

    Raises:
        B3Error: the file is damaged; the message has the first bad line. Batches that were
            already given are of a file that is not to be trusted.
    """
    blocks = RecordFile(stream).blocks()
    waiting: deque[Future[pa.RecordBatch]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for block in blocks:
                waiting.append(pool.submit(to_batch, block))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
        except B3Error:
            while waiting:  # an earlier block may hold an earlier bad line
                waiting.popleft().result()
            raise
        while waiting:
            yield waiting.popleft().result()


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
    if text.distinct:
        return _decoded(fixed(np.ascontiguousarray(records[:, text.start : text.end]), pa.binary(width)))
    # Consecutive records mostly are of one company: a value is looked at once where it goes on.
    starts = np.flatnonzero(_changes(records, text))
    values = np.ascontiguousarray(records[starts, text.start : text.end])
    encoded = fixed(values, pa.binary(width)).dictionary_encode()
    words = _decoded(encoded.dictionary)
    places = np.frombuffer(encoded.indices.buffers()[1], np.int32, len(starts))
    places = np.repeat(places, np.diff(np.append(starts, len(records))))
    blank = [place for place, word in enumerate(words.to_pylist()) if not word] if text.optional else []
    present = ~np.isin(places, blank) if blank else None
    return pa.DictionaryArray.from_arrays(fixed(places, pa.int32(), present), words)


def _changes(records: Bytes, text: Text) -> npt.NDArray[np.bool_]:
    """Where a record's text is another than the one before: compared as words of up to eight bytes."""
    changed = np.zeros(len(records), np.bool_)
    changed[0] = True
    for end in range(text.end, text.start, -8):
        word = records[:, end - 8 : end].view("<u8")[:, 0]
        outside = max(0, text.start - (end - 8))  # bytes of the field before, which come first in memory
        word = word >> np.uint64(8 * outside) if outside else word.copy()
        changed[1:] |= word[1:] != word[:-1]
    return changed


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
        raise BadLine(block.first_line + int(np.argmax(wrong)), reason)
