"""From local files that Spark wrote to objects in S3, all of them or none, and on to the catalogue."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bovespa.glue.runtime import location as locations
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure, StorageError
from bovespa.glue.runtime.glue_catalog import Partition
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.report import Purged, TableTouched
from bovespa.glue.runtime.store import in_parallel
from bovespa.glue.runtime.table_input import (
    LOG,
    TableShape,
    new_columns,
    partition_input,
    refuse_nested,
    refuse_other_keys,
    table_input,
    updated,
)

DEFAULT_RETENTION_HOURS = 168.0
_PURGE_OPTIONS = {"retentionPeriod", "excludeStorageClasses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The objects of one write, and the partition values they are in, in the order of the keys."""

    objects: tuple[Location, ...]
    partitions: tuple[tuple[str | None, ...], ...]


NOTHING = Published(objects=(), partitions=())


def publish(engine: Engine, folder: Path, target: Location) -> Published:
    """Upload every data file under `folder` to the same relative place under `target`.

    Names are those that Spark made, which are new for every write, so a target appends. If one upload
    fails, those that were done are taken back and StorageError is raised.
    """
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(("_", "."))
    )
    pairs = [(path, target.child(path.relative_to(folder).as_posix())) for path in files]
    done: list[Location] = []

    def upload(pair: tuple[Path, Location]) -> None:
        engine.store.upload(*pair)
        done.append(pair[1])

    try:
        in_parallel(upload, pairs)
    except BaseException:
        with contextlib.suppress(StorageError):
            engine.store.delete(done)
        raise
    values = {
        tuple(locations.partition_values(path.relative_to(folder).as_posix()).values()) for path in files
    }
    partitions = sorted((each for each in values if each), key=lambda each: [value or "" for value in each])
    return Published(objects=tuple(place for _, place in pairs), partitions=tuple(partitions))


def register(
    engine: Engine,
    database: str,
    table: str,
    shape: TableShape,
    partitions: Sequence[tuple[str | None, ...]],
    behavior: str,
) -> TableTouched:
    """Create the table or bring it up to date, and add the partitions that it does not know.

    With `LOG` partitions with a column that the table lacks are not added.
    """
    catalog = engine.catalog
    existing = catalog.table(database, table)
    change = "unchanged"
    if existing is None:
        catalog.create_table(database, table_input(table, shape, job=engine.job, run_id=engine.run_id))
        change = "created"
    elif behavior == LOG and (unknown := new_columns(existing, shape)):
        partitions = ()
        engine.report.notes.append(
            f"{database}.{table}: no partition added, as the table has no {', '.join(unknown)} (LOG)"
        )
    elif (newer := updated(existing, shape, behavior)) is not None:
        catalog.update_table(database, newer)
        change = "updated"
    added = 0
    if shape.keys and partitions:
        inputs: list[Partition] = [partition_input(shape, values) for values in partitions]
        added = catalog.create_partitions(database, table, inputs)
    touched = TableTouched(table=f"{database}.{table}", change=change, partitions=added)
    engine.report.tables.append(touched)
    return touched


def check_table(engine: Engine, database: str, table: str, shape: TableShape) -> None:
    """Raise CatalogError, before anything is written, for what the table cannot take."""
    refuse_nested(f"{database}.{table}", shape)
    existing = engine.catalog.table(database, table)
    if existing is not None:
        refuse_other_keys(existing, shape)


def purge(
    engine: Engine, path: str, options: Mapping[str, Any], *, ctx: str = "", now: datetime | None = None
) -> int:
    """`purge_s3_path`: delete what is under a path (a folder or one object) and older than `retentionPeriod` hours.

    Returns:
        How many objects were deleted.

    Raises:
        NotSupportedError: another option, such as a manifest.
        RuntimeFailure: the path is a whole bucket, or the retention no number.
    """
    place, retention = locations.parse(path), _retention(options, ctx)
    if not place.key.strip("/"):
        raise RuntimeFailure(f"{place}: purging a whole bucket is refused, name a folder")
    limit = (now or datetime.now(UTC)) - timedelta(hours=retention)
    folder = place.folder().key
    doomed = [
        item.location
        for item in engine.store.list(place)
        if (item.location.key == place.key or item.location.key.startswith(folder))
        and (retention <= 0 or item.modified <= limit)
    ]
    count = engine.store.delete(doomed)
    engine.report.purged.append(Purged(path=str(place), files=count))
    if retention > 0 and count == 0:
        engine.report.notes.append(
            f"{ctx or 'purge'}: nothing under {path} is older than {retention:g} hours"
        )
    return count


def _retention(options: Mapping[str, Any], ctx: str) -> float:
    unknown = set(options) - _PURGE_OPTIONS
    if unknown:
        raise NotSupportedError(f"the purge option {sorted(unknown)[0]}", ctx=ctx)
    value = options.get("retentionPeriod", DEFAULT_RETENTION_HOURS)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise RuntimeFailure(f"retentionPeriod is a number of hours, not {value!r}") from None
