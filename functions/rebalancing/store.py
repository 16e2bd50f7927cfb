"""Where theoretical portfolios and previews are written: one raw object per day that brought something new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from functions.b3.lake import Found, Lake, Stored
from functions.b3.parquet import Row, UnreadableRaw
from functions.rebalancing.raw import from_parquet, to_parquet
from functions.scraper.raw import brings_news
from lake.calendar import portfolio_start
from lake.tables.carteira_teorica import RAW, Kind, day_key

DATASET = "carteira_teorica"
Source = tuple[Kind, str]  # and the index


def store(lake: Lake, day: date, new: Mapping[Source, Sequence[Row]]) -> Stored:
    """Write what differs from the latest stored portfolio of its kind and index.

    Only what was stored since the portfolio in force took effect counts: the first capture after a
    rebalancing is always written, and a query needn't look further back than that. The object is
    replaced in one put, and only if it is still the one that was read. One that can't be read counts as
    not there, and the day's own is replaced.

    Args:
        lake: where to.
        day: the capture's date in São Paulo.
        new: the rows of each portfolio that was had.

    Returns:
        ``changed`` names each as ``teorica IBOV``.

    Raises:
        ReplacedMeanwhile: other captures of the same day kept being faster; running again heals it.
    """
    key, before = day_key(day), dict[Source, list[Row]]()
    changed: frozenset[Source] = frozenset()
    healed: dict[str, str] = {}
    for stored_key in _keys(lake, portfolio_start(day), day):
        if stored_key != key:
            for source, rows in _by_source(_rows(lake.read(stored_key), stored_key, healed)).items():
                before.setdefault(source, rows)
        if new.keys() <= before.keys():
            break

    def change(found: Found | None) -> bytes | None:
        nonlocal changed
        healed.pop(key, None)
        today = _by_source(_rows(found, key, healed))
        changed = frozenset(
            source
            for source, rows in new.items()
            if brings_news(today.get(source) or before.get(source) or (), rows)
        )
        if not changed:
            return None
        kept = [row for source, rows in today.items() if source not in changed for row in rows]
        return to_parquet(kept + [row for source in changed for row in new[source]])

    lake.update(key, change)
    names = tuple(sorted(f"{kind} {indice}" for kind, indice in changed))
    reasons = "; ".join(f"{damaged}: {reason}" for damaged, reason in healed.items())
    return Stored(key=key, changed=names, healed=reasons or None)


def _keys(lake: Lake, first: date, last: date) -> list[str]:
    """The raw objects of those days, latest first."""
    listed = lake.keys(RAW.prefix, after=f"{RAW.prefix}dt={first.isoformat()}")
    return sorted((key for key in listed if key <= day_key(last)), reverse=True)


def _rows(found: Found | None, key: str, damaged: dict[str, str]) -> list[Row]:
    try:
        return from_parquet(found.body) if found else []
    except UnreadableRaw as error:
        damaged[key] = str(error)
        return []


def _by_source(rows: Sequence[Row]) -> dict[Source, list[Row]]:
    found: dict[Source, list[Row]] = {}
    for row in rows:
        found.setdefault((Kind(row["tipo_carteira"]), row["indice"]), []).append(row)
    return found
