"""Columns of digits to whole numbers, eight digits at a time.

Eight ASCII digits are one 64-bit word, which three multiplications turn into a number; NumPy does
that to all fields of thousands of records at once. Exact: integers only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.b3.cotahist.layout import Number

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
_Words = npt.NDArray[np.uint64]

MAX_DIGITS = 18  # what int64 holds
_TILE = 2048  # records at a time, so that the words stay in the processor's cache
_ZEROS = np.uint64(0x3030303030303030)
_HIGH = np.uint64(0xF0F0F0F0F0F0F0F0)
_TO_SIXTEEN = np.uint64(0x0606060606060606)


class NotDigits(ValueError):
    """A field that must be digits isn't. ``row`` is the record's place in the block, from 0."""

    def __init__(self, row: int, field: Number) -> None:
        super().__init__(f"row {row}: {field.column} is not digits only")
        self.row = row
        self.field = field


@dataclass(frozen=True, slots=True)
class _Word:
    """The eight bytes before ``end``, of which the last ``digits`` belong to the field."""

    field: int
    end: int
    digits: int
    power: int


class DigitReader:
    """Reads the given fields of blocks of records.

    Args:
        fields: of at most :data:`MAX_DIGITS` digits each.
    """

    def __init__(self, fields: Sequence[Number]) -> None:
        self.fields = tuple(fields)
        self._words = tuple(word for place, field in enumerate(fields) for word in _words(place, field))
        # The field's bytes are the last ones in memory, hence the high ones of a little-endian word.
        masks = [(1 << 64) - (1 << 8 * (8 - word.digits)) for word in self._words]
        self._masks = np.array(masks, np.uint64)[:, None]

    def read(self, records: Bytes) -> Integers:
        """The fields' numbers: (fields, n), in the order of ``fields``.

        Args:
            records: (n, bytes of a record); the bytes of each row contiguous.

        Raises:
            NotDigits: for the first record with anything but digits in one of the fields.
        """
        numbers = np.zeros((len(self.fields), len(records)), np.int64)
        scratch = np.empty((len(self._words), _TILE), np.uint64)
        spare = np.empty_like(scratch)
        for start in range(0, len(records), _TILE):
            tile = records[start : start + _TILE]
            words, other = scratch[:, : len(tile)], spare[:, : len(tile)]
            self._load(tile, words)
            self._check(words, other, start)
            _eight_digits(words, other)
            for word, number in zip(self._words, words.view(np.int64), strict=True):
                if word.power:
                    number *= 10**word.power
                numbers[word.field, start : start + len(tile)] += number
        return numbers

    def _load(self, records: Bytes, words: _Words) -> None:
        """Each digit as a byte of 0 to 9, bytes outside of the field 0."""
        for place, word in enumerate(self._words):
            words[place] = records[:, word.end - 8 : word.end].view("<u8")[:, 0]
        words ^= _ZEROS
        words &= self._masks

    def _check(self, words: _Words, spare: _Words, start: int) -> None:
        np.add(words, _TO_SIXTEEN, out=spare)
        spare |= words
        spare &= _HIGH
        if spare.any():
            row, place = np.argwhere(spare.T)[0]
            raise NotDigits(start + int(row), self.fields[self._words[place].field])


def _words(place: int, field: Number) -> Iterator[_Word]:
    if field.digits > MAX_DIGITS or field.end < 8:
        raise ValueError(f"{field.column}: {field.digits} digits that end at byte {field.end} can't be read")
    for power in range(0, field.digits, 8):
        yield _Word(place, field.end - power, min(8, field.digits - power), power)


def _eight_digits(words: _Words, spare: _Words) -> None:
    """Each word becomes its number: digits are joined to pairs, pairs to fours, then both halves."""
    np.right_shift(words, np.uint64(8), out=spare)
    words *= np.uint64(10)
    words += spare
    np.right_shift(words, np.uint64(16), out=spare)
    for half, factors in ((words, 0x000F424000000064), (spare, 0x0000271000000001)):
        half &= np.uint64(0x000000FF000000FF)
        half *= np.uint64(factors)
    words += spare
    words >>= np.uint64(32)
