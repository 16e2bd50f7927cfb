"""Writes a session's portfolios to raw, where they say anything new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from functions.b3.lake import Found, Lake, Stored
from functions.b3.parquet import Row, UnreadableRaw
from functions.scraper.raw import brings_news, from_parquet, to_parquet
from lake.tables.carteira import day_key

DATASET = "carteira"


def store(lake: Lake, day: date, rows_by_index: Mapping[str, Sequence[Row]]) -> Stored:
    """Write the day's rows, keeping those of other indices; nothing is written if nothing is new.

    The object is replaced in one put, and only if it is still the one that was read. One that can't be
    read is replaced as if there were none.

    Raises:
        ReplacedMeanwhile: other captures of the same day kept being faster; running again heals it.
    """
    key = day_key(day)
    changed: tuple[str, ...] = ()
    healed: str | None = None

    def change(found: Found | None) -> bytes | None:
        nonlocal changed, healed
        existing, healed = _rows(found)
        old = {indice: [row for row in existing if row["indice"] == indice] for indice in rows_by_index}
        changed = tuple(i for i, rows in rows_by_index.items() if brings_news(old[i], rows))
        if not changed:
            return None
        kept = [row for row in existing if row["indice"] not in changed]
        return to_parquet(kept + [row for indice in changed for row in rows_by_index[indice]])

    lake.update(key, change)
    return Stored(key=key, changed=changed, healed=healed)


def _rows(found: Found | None) -> tuple[list[Row], str | None]:
    try:
        return (from_parquet(found.body) if found else []), None
    except UnreadableRaw as error:
        return [], str(error)
