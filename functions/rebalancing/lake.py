"""Where theoretical portfolios and previews are written: one raw object per day that brought something new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from functions.b3.parquet import Row
from functions.b3.payload_store import PayloadStore
from functions.rebalancing.raw import from_parquet, to_parquet
from functions.scraper.raw import brings_news
from lake.calendar import portfolio_start
from lake.tables.carteira_teorica import RAW, Kind, day_key

Source = tuple[Kind, str]  # and the index


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of a capture: its object, and the portfolios that were new (none: nothing was written)."""

    key: str
    changed: frozenset[Source]


class Lake(PayloadStore):
    """The lake's bucket, seen by the rebalancing.

    Args:
        s3: a boto3 S3 client.
        bucket: the lake's bucket.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        super().__init__(s3, bucket, dataset="carteira_teorica")

    def store(self, day: date, new: Mapping[Source, Sequence[Row]]) -> Stored:
        """Write what differs from the latest stored portfolio of its kind and index.

        Only what was stored since the portfolio in force took effect counts: the first capture after a
        rebalancing is always written, and a query needn't look further back than that. The object is
        replaced in one put, and only if it is still the one that was read.

        Args:
            day: the capture's date in São Paulo.
            new: the rows of each portfolio that was had.

        Raises:
            botocore.exceptions.ClientError: PreconditionFailed where another capture of the same day
                was faster; running again heals it.
        """
        key, latest, today = day_key(day), dict[Source, list[Row]](), list[Row]()
        condition = {"IfNoneMatch": "*"}
        for stored_key in self._keys(portfolio_start(day), day):
            answer = self._s3.get_object(Bucket=self._bucket, Key=stored_key)
            rows = from_parquet(answer["Body"].read())
            if stored_key == key:
                today, condition = rows, {"IfMatch": answer["ETag"]}
            for source, found in _by_source(rows).items():
                latest.setdefault(source, found)
            if new.keys() <= latest.keys():
                break
        changed = frozenset(s for s, rows in new.items() if brings_news(latest.get(s, ()), rows))
        if changed:
            kept = [
                row for source, rows in _by_source(today).items() if source not in changed for row in rows
            ]
            fresh = [row for source in changed for row in new[source]]
            self._put(key, to_parquet(kept + fresh), **condition)
        return Stored(key=key, changed=changed)

    def _keys(self, first: date, last: date) -> Iterator[str]:
        """The raw objects of those days, latest first; a quadrimester fits in one listing."""
        listed = self._s3.list_objects_v2(
            Bucket=self._bucket, Prefix=RAW.prefix, StartAfter=f"{RAW.prefix}dt={first.isoformat()}"
        )
        there = {entry["Key"] for entry in listed.get("Contents", [])}
        yield from sorted((key for key in there if key <= day_key(last)), reverse=True)


def _by_source(rows: Sequence[Row]) -> dict[Source, list[Row]]:
    found: dict[Source, list[Row]] = {}
    for row in rows:
        found.setdefault((Kind(row["tipo_carteira"]), row["indice"]), []).append(row)
    return found
