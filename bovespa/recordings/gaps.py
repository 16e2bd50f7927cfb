"""The gaps noted in a folder of recorded trades, as `bitcoin_lacunas_abertas` lists them for the lake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from stream.exchanges.base import Gap
from stream.ledger import Runs
from stream.refill import Market
from stream.trade import GAP, NOT_THERE, parse_iso


class _Row(msgspec.Struct):
    exchange: str
    symbol: str
    via: str
    traded_at: str
    trade_id: int | None = None
    gap_first_id: int | None = None
    gap_last_id: int | None = None
    gap_from: str = ""
    gap_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderGaps:
    """What is missing by market, and the ids that were recorded in spans of time that are read again."""

    wanted: Mapping[Market, list[Gap]]
    seen: Mapping[Market, set[int]]


_row = msgspec.json.Decoder(_Row)


def gaps_in(directory: Path, since: int = 0) -> FolderGaps:
    """Read a directory sink's files twice: for the gaps, then for what arrived after all.

    `since`: the time (µs) before which gaps are left alone. Lines that can't be read are passed over.
    """
    told: dict[Market, list[_Row]] = defaultdict(list)
    for row in _rows(directory):
        if row.via == GAP and parse_iso(row.traded_at) >= since:
            told[row.exchange, row.symbol].append(row)
    holes = {market: Runs(_ids(rows), limit=1 << 30) for market, rows in told.items()}
    arrived: dict[Market, Runs] = defaultdict(lambda: Runs(limit=1 << 30))
    seen: dict[Market, set[int]] = defaultdict(set)
    for row in _rows(directory):
        market = (row.exchange, row.symbol)
        if row.trade_id is None or market not in told:
            continue
        if row.trade_id in holes[market]:
            arrived[market].add(row.trade_id)
        elif not len(holes[market]):
            seen[market].add(row.trade_id)
    wanted: dict[Market, list[Gap]] = {}
    for market, rows in told.items():
        settled = Runs(_ids([row for row in rows if row.gap_reason == NOT_THERE]), limit=1 << 30)
        gaps = [
            _gap(market[1], open_still, rows)
            for first, last in holes[market]
            for part in arrived[market].missing(first, last)
            for open_still in settled.missing(*part)
        ]
        gaps += [
            Gap(
                symbol=row.symbol,
                first_id=None,
                last_id=None,
                since=parse_iso(row.gap_from),
                until=parse_iso(row.traded_at),
            )
            for row in rows
            if row.gap_first_id is None
        ]
        if gaps:
            wanted[market] = gaps
    return FolderGaps(wanted=wanted, seen=seen)


def _gap(symbol: str, ids: tuple[int, int], rows: list[_Row]) -> Gap:
    """With the times of the gap events that name these ids."""
    first, last = ids
    about = [
        row
        for row in rows
        if row.gap_first_id is not None
        and row.gap_last_id is not None
        and row.gap_first_id <= last
        and row.gap_last_id >= first
    ]
    since = min(parse_iso(row.gap_from) for row in about)
    until = max(parse_iso(row.traded_at) for row in about)
    return Gap(symbol=symbol, first_id=first, last_id=last, since=since, until=until)


def _ids(rows: list[_Row]) -> Iterator[tuple[int, int]]:
    for row in rows:
        if row.gap_first_id is not None and row.gap_last_id is not None:
            yield row.gap_first_id, row.gap_last_id


def _rows(directory: Path) -> Iterator[_Row]:
    for path in sorted(directory.glob("dt=*/hour=*/*.jsonl")):
        with path.open("rb") as lines:
            for line in lines:
                try:
                    row = _row.decode(line)
                    parse_iso(row.traded_at)
                except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
                    continue
                yield row
