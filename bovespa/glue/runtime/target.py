"""From local files that Spark wrote to objects in S3, all of them or none, and on to the catalogue."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bovespa.glue.runtime import location as locations
from bovespa.glue.runtime.catalog import Partition
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import RuntimeFailure, StorageError
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.report import Purged, TableTouched
from bovespa.glue.runtime.store import in_parallel
from bovespa.glue.runtime.table_input import TableShape, partition_input, table_input, updated


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
    """Create the table or bring it up to date, and add the partitions that it does not know."""
    catalog = engine.catalog
    existing = catalog.table(database, table)
    change = "unchanged"
    if existing is None:
        catalog.create_table(database, table_input(table, shape))
        change = "created"
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


def check_keys(engine: Engine, database: str, table: str, shape: TableShape) -> None:
    """Raise CatalogError, before anything is written, where the table's partition keys are not the
    target's."""
    existing = engine.catalog.table(database, table)
    if existing is not None:
        updated(existing, shape, "LOG")


def purge(engine: Engine, place: Location, retention_hours: float, *, now: datetime | None = None) -> int:
    """Delete what is under `place` (a folder or one object) and older than `retention_hours`. Returns how
    many."""
    if not place.key.strip("/"):
        raise RuntimeFailure(f"{place}: purging a whole bucket is refused, name a folder")
    limit = (now or datetime.now(UTC)) - timedelta(hours=retention_hours)
    folder = place.folder().key
    doomed = [
        item.location
        for item in engine.store.list(place)
        if (item.location.key == place.key or item.location.key.startswith(folder))
        and (retention_hours <= 0 or item.modified <= limit)
    ]
    count = engine.store.delete(doomed)
    engine.report.purged.append(Purged(path=str(place), files=count))
    return count
