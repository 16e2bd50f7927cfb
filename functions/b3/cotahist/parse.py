"""Records to columns: exact, vectorised, in memory that doesn't grow with the file.

Prices leave as 128-bit decimals that are made of the file's own digits; no float is involved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from functions.b3.cotahist.errors import BadLine
from functions.b3.cotahist.layout import (
    DATA_PREGAO,
    DATA_VENCIMENTO,
    FATOR_COTACAO,
    MAX_FACTOR,
    NO_EXPIRY,
    NUMBERS,
    QUOTE_SCHEMA,
    TEXTS,
    TICKER,
    Number,
    Text,
)
from functions.b3.cotahist.records import Block, Bytes

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_FACTORS = 10 ** np.arange(len(str(MAX_FACTOR)), dtype=np.int64)
_LARGEST_PRICE = 10**18  # in units of 10**-PRICE_DECIMALS, beyond decimal(18, 8)
_SPACE = 0x20
_DATES = (DATA_PREGAO.column, DATA_VENCIMENTO.column)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A block's numbers by column, and what is wrong with it, a :class:`BadLine` a record."""

    block: Block
    numbers: dict[str, Integers]
    faults: tuple[BadLine, ...]
    bad: Mask

    def without_faults(self) -> Parsed:
        """The same block without the records that are wrong."""
        return parse(Block(self.block.records[~self.bad], self.block.lines[~self.bad]))


def parse(block: Block) -> Parsed:
    """Read a block's numbers and check every record: digits, dates, prices, factor, ticker."""
    reasons: dict[int, str] = {}
    numbers: dict[str, Integers] = {}
    for field in NUMBERS:
        numbers[field.column], wrong = _number(block.records, field)
        for row in np.flatnonzero(wrong):
            text = block.records[row, field.start : field.end].tobytes().decode("latin-1")
            reasons.setdefault(int(row), f"{field.column} is {text!r}, expected {field.digits} digits")
    for wrong, reason in _checks(block.records, numbers):
        for row in np.flatnonzero(wrong):
            shown = {name: f"{numbers[name][row]:08d}" for name in _DATES}
            reasons.setdefault(int(row), reason.format_map(shown))
    bad = np.zeros(len(block.records), np.bool_)
    bad[list(reasons)] = True
    ordered = sorted(reasons, key=lambda row: int(block.lines[row]))
    faults = tuple(_fault(block, row, reasons[row]) for row in ordered)
    return Parsed(block, numbers, faults, bad)


def to_batch(parsed: Parsed) -> pa.RecordBatch:
    """The block's quotes as a record batch of :data:`QUOTE_SCHEMA`.

    Raises:
        BadLine: for the first record that is wrong.
    """
    if parsed.faults:
        raise parsed.faults[0]
    numbers, records = parsed.numbers, parsed.block.records
    scale = MAX_FACTOR // numbers[FATOR_COTACAO.column]
    columns: dict[str, pa.Array] = {text.column: _text(records, text) for text in TEXTS}
    for field in NUMBERS:
        values, kind = numbers[field.column], QUOTE_SCHEMA.field(field.column).type
        if pa.types.is_date(kind):
            columns[field.column] = _dates(values, kind)
        elif pa.types.is_decimal(kind):
            columns[field.column] = _decimal(values * scale if field.quoted else values, kind)
        else:
            columns[field.column] = fixed(values.astype(np.int32) if kind == pa.int32() else values, kind)
    return pa.RecordBatch.from_arrays([columns[name] for name in QUOTE_SCHEMA.names], schema=QUOTE_SCHEMA)


def fixed(values: npt.NDArray[Any], kind: pa.DataType, present: Mask | None = None) -> pa.Array:
    """Values of a fixed width, in the type's own representation, as an Arrow array; null where not ``present``.

    ``pyarrow.array`` would import pandas to look for its types, which costs a cold Lambda a second.
    """
    valid = None if present is None else pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(np.ascontiguousarray(values))])


def _number(records: Bytes, field: Number) -> tuple[Integers, Mask]:
    """A field's numbers, and where it isn't digits only."""
    digits = np.ascontiguousarray(records[:, field.start : field.end].T) - np.uint8(ord("0"))
    values = np.zeros(len(records), np.int64)
    for place in digits:
        values *= 10
        values += place
    return values, np.asarray((digits > 9).any(axis=0), np.bool_)


def _checks(records: Bytes, numbers: dict[str, Integers]) -> Sequence[tuple[Mask, str]]:
    factors = numbers[FATOR_COTACAO.column]
    strange = ~np.isin(factors, _FACTORS)
    most = _LARGEST_PRICE // (MAX_FACTOR // np.where(strange, 1, factors))
    return [
        (~_is_date(numbers[DATA_PREGAO.column]), "data_pregao is {data_pregao}, expected a date (YYYYMMDD)"),
        (
            ~(
                _is_date(numbers[DATA_VENCIMENTO.column])
                | np.isin(numbers[DATA_VENCIMENTO.column], NO_EXPIRY)
            ),
            "data_vencimento is {data_vencimento}, expected a date (YYYYMMDD)",
        ),
        (records[:, TICKER.start] == _SPACE, "codigo is blank"),
        (strange, "the quotation factor is no power of ten up to 1,000,000"),
        *(
            (numbers[field.column] >= most, f"{field.column} is over 10 billion a share")
            for field in NUMBERS
            if field.quoted
        ),
    ]


def _fault(block: Block, row: int, reason: str) -> BadLine:
    record = block.records[row].tobytes().decode("latin-1")
    day, ticker = record[DATA_PREGAO.start : DATA_PREGAO.end], record[TICKER].strip()
    return BadLine(int(block.lines[row]), reason, record=f"{ticker or 'no ticker'} of {day}")


def _days(values: Integers) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """YYYYMMDD as days, and the first of each one's month; nonsense gives some day."""
    years, months, days = values // 10_000, values // 100 % 100, values % 100
    starts = (years - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (months - 1)
    return starts.astype("datetime64[D]") + (days - 1), starts


def _is_date(values: Integers) -> Mask:
    known, places = np.unique(values, return_inverse=True)
    moments, starts = _days(known)
    real = (known >= 19_000_000) & (known // 100 % 100 >= 1) & (known // 100 % 100 <= 12) & (known % 100 >= 1)
    real &= moments.astype("datetime64[M]") == starts
    return np.asarray(real[places], np.bool_)


def _dates(values: Integers, kind: pa.DataType) -> pa.Array:
    """Dates; null where B3 says that there is none."""
    blank = np.isin(values, NO_EXPIRY)
    return fixed(_days(values)[0].astype(np.int32), kind, ~blank if blank.any() else None)


def _decimal(values: Integers, kind: pa.DataType) -> pa.Array:
    """Whole numbers of the type's smallest unit, none negative, as decimals: the low half of 128 bits."""
    words = np.zeros((len(values), 2), np.int64)
    words[:, 0] = values
    return fixed(words, kind) if len(values) else pa.nulls(0, kind)


def _text(records: Bytes, text: Text) -> pa.Array:
    width = text.end - text.start
    padded = pa.Array.from_buffers(
        pa.binary(width),
        len(records),
        [None, pa.py_buffer(np.ascontiguousarray(records[:, text.start : text.end]))],
    )
    encoded = padded.dictionary_encode()
    words = [value.decode("latin-1").rstrip(" ") for value in encoded.dictionary.to_pylist()]
    places = np.frombuffer(encoded.indices.buffers()[1], np.int32, len(records))
    blank = np.isin(places, [place for place, word in enumerate(words) if not word])
    return _strings(words).take(fixed(places, pa.int32(), ~blank if text.optional else None))


def _strings(words: Sequence[str]) -> pa.Array:
    data = [word.encode() for word in words]
    offsets = np.concatenate([[0], np.cumsum([len(word) for word in data])]).astype(np.int32)
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(offsets), pa.py_buffer(b"".join(data)))


def repeated_text(text: str, count: int) -> pa.Array:
    """``count`` times the same text."""
    return _strings([text]).take(fixed(np.zeros(count, np.int32), pa.int32()))
