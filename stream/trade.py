"""The normalised trade, the gap event, and the one line of JSON each becomes.

One Glue table holds both (columns in `lake/tables/bitcoin_trades.py`), told apart by `via`:

- a trade has `via` live, snapshot or repair, and no `gap_*` columns;
- a gap event has `via` = gap and no `trade_id`, `price`, `quantity` or `side`. It says that trades are
  known to be missing and could not be had: `gap_first_id`..`gap_last_id` are the missing ids where the
  exchange numbers its trades without holes (both absent where it does not), `gap_from` is the time of the
  last trade before the gap, `traded_at` the time of the first trade after it, `gap_reason` why it was not
  filled.

Queries over trades say `via <> 'gap'`, and drop duplicates by (exchange, symbol, trade_id). A trade that
turns up after its gap event is recorded too, so a question about losses subtracts the trades that are
there.

Firehose's OpenX SerDe reads these lines: keys are lower-case, timestamps ISO-8601 UTC with microseconds,
and price and quantity are JSON number tokens holding the exchange's exact decimal text, never a float's.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

import msgspec

from lake.tables.bitcoin_trades import DECIMAL_TYPE

Side = Literal["buy", "sell"]
Via = Literal["live", "snapshot", "repair"]

LIVE: Final = "live"
SNAPSHOT: Final = "snapshot"
REPAIR: Final = "repair"
GAP: Final = "gap"
# The only reason of a gap event that settles its ids: whatever another one names is tried again.
NOT_THERE: Final = "the exchange's history does not have them"
# The reason of a gap event written because the producer stopped: the next start still tries to fill it.
STOPPED: Final = "the producer stopped before it was filled"

# As the table holds them (lake/tables/bitcoin_trades.py). Values that do not fit are refused at the border rather
# than rounded by the SerDe.
INTEGER_DIGITS: Final = 10

# Possessive, since nothing here can match in two ways.
_NUMBER = r"(?:0|[1-9][0-9]{0,9}+)(?:\.[0-9]{1,8}+0{0,22}+)?+"
_SCIENTIFIC = re.compile(r"(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]{1,3})?")
_PLAIN = re.compile(_NUMBER)
# Matches "price quantity" when both are plain text that fits: one look instead of two `exact_decimal`.
plain_pair = re.compile(f"{_NUMBER} {_NUMBER}").fullmatch
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_rfc3339 = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]++))?Z").fullmatch
_LIMIT = Decimal(10) ** INTEGER_DIGITS


class Trade(msgspec.Struct, gc=False):
    """One trade. `price` and `quantity` are exact plain decimal text; times are µs since 1970-01-01 UTC.

    `side` is the taker's, whatever the exchange reports.
    """

    exchange: str
    symbol: str
    trade_id: int
    price: str
    quantity: str
    side: Side
    traded_at: int
    received_at: int
    via: Via = "live"


class GapEvent(msgspec.Struct, frozen=True):
    """Trades known to be missing. Ids are None where the exchange's ids have holes of their own."""

    exchange: str
    symbol: str
    first_id: int | None
    last_id: int | None
    gap_from: int
    traded_at: int
    received_at: int
    reason: str


def exact_number(token: msgspec.Raw) -> str:
    """Plain decimal text of a price or quantity as it stands in JSON, a number or a string.

    Raises ValueError as `exact_decimal` does.
    """
    return exact_decimal(str(token, "ascii", "replace").strip('"'))


def exact_decimal(value: str | Decimal) -> str:
    """Plain decimal text of a price or quantity (`1e-08` becomes `0.00000001`).

    Raises:
        ValueError: it is not a non-negative number of at most 10 integer digits and 8 decimals.
    """
    if isinstance(value, str):
        if _PLAIN.fullmatch(value):
            return value
        if len(value) > 40 or not _SCIENTIFIC.fullmatch(value):
            raise ValueError(f"not a number: {value[:40]!r}")
        value = Decimal(value)
    if not value.is_finite() or value.is_signed() or value >= _LIMIT or abs(value.adjusted()) > 60:
        raise ValueError(f"not a number of {DECIMAL_TYPE}: {value}")
    text = format(value, "f")
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"does not fit {DECIMAL_TYPE}: {text}")
    return text


class _SecondCache:
    """Text of the last few seconds, since neighbouring trades share it."""

    def __init__(self) -> None:
        self.second = -1
        self.text = ""


_cache = _SecondCache()
_parsed = _SecondCache()


def iso(microseconds: int) -> str:
    """`2026-08-09T21:05:48.167634Z` for µs since the epoch."""
    second, fraction = divmod(microseconds, 1_000_000)
    if second != _cache.second:
        _cache.text = (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")
        _cache.second = second
    return f"{_cache.text}.{fraction:06d}Z"


def parse_iso(text: str) -> int:
    """µs since the epoch of an RFC 3339 UTC time; digits beyond the microsecond are cut off, not rounded."""
    if text[:19] == _parsed.text and len(text) == 27 and text[19] == "." and text[26] == "Z":
        fraction = text[20:26]
        if fraction.isascii() and fraction.isdigit():
            return _parsed.second * 1_000_000 + int(fraction)
    match = _rfc3339(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 UTC time: {text!r}")
    head, fraction = match.groups("")
    if head != _parsed.text:
        moment = datetime.fromisoformat(head).replace(tzinfo=UTC)  # ValueError for a 31 February
        _parsed.text, _parsed.second = head, (moment - _EPOCH) // _SECOND
    return _parsed.second * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def gap_line(gap: GapEvent) -> str:
    """The gap event as one line of the same table."""
    row: dict[str, str | int] = {"exchange": gap.exchange, "symbol": gap.symbol}
    row["traded_at"] = iso(gap.traded_at)
    row["received_at"] = iso(gap.received_at)
    row["via"] = GAP
    if gap.first_id is not None and gap.last_id is not None:
        row["gap_first_id"] = gap.first_id
        row["gap_last_id"] = gap.last_id
    row["gap_from"] = iso(gap.gap_from)
    row["gap_reason"] = gap.reason
    return msgspec.json.encode(row).decode() + "\n"
