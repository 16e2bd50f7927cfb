"""From places in S3 to local files that Spark can read: list, filter, ask the bookmark, fetch."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bovespa.glue.runtime import location as locations
from bovespa.glue.runtime.bookmark import Band
from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.errors import NotSupportedError, RuntimeFailure
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.report import SourceRead
from bovespa.glue.runtime.store import StoredObject, in_parallel

_SUFFIXES = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,2}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFiles:
    """Files under `folder`, laid out as `key=value/…/name`, all with the same partition `keys`."""

    folder: Path
    keys: tuple[str, ...]
    files: tuple[Path, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class _Found:
    item: StoredObject
    values: tuple[tuple[str, str | None], ...]


def fetch(
    engine: Engine,
    places: Sequence[str],
    *,
    ctx: str = "",
    recurse: bool = True,
    exclusions: Sequence[str] = (),
    band: Band = Band(),  # noqa: B008 - frozen
) -> list[LocalFiles]:
    """Bring the files of a source that the bookmark has not seen to this machine, a group a set of partition keys.

    There is no group at all where there is nothing (new) to read. Folders `key=value` give partition keys.
    Objects whose name begins with `_` or `.`, empty folder markers and what matches an exclusion are left out.
    """
    if not places:
        raise RuntimeFailure(f"the source {ctx or '(without a name)'} has no path")
    patterns = [locations.glob_pattern(each) for each in exclusions]
    found: dict[Location, _Found] = {}
    for place in places:
        for each in _matching(engine, locations.parse(place), recurse):
            if not any(pattern.fullmatch(text) for pattern in patterns for text in _names(each.item)):
                found.setdefault(each.item.location, each)
    listed = [each.item for each in found.values()]
    wanted = engine.bookmark.unprocessed(ctx, listed, band) if engine.bookmark else listed
    engine.report.sources.append(
        SourceRead(
            ctx=ctx,
            places=tuple(places),
            files=len(wanted),
            bytes=sum(item.size for item in wanted),
            skipped=len(listed) - len(wanted),
        )
    )
    return _download(engine, [found[item.location] for item in wanted])


def check_options(options: Mapping[str, Any], ctx: str) -> None:
    """Raise NotSupportedError for options that would change which files are read."""
    for name in ("boundedFiles", "boundedSize"):
        if options.get(name):
            raise NotSupportedError(f"the option {name}", ctx=ctx)


def exclusion_list(option: Any) -> list[str]:
    """The `exclusions` connection option: a JSON list of globs in a string, or a list."""
    if not option:
        return []
    try:
        parsed = json.loads(option) if isinstance(option, str) else option
        return [str(each) for each in parsed]
    except (ValueError, TypeError) as error:
        raise RuntimeFailure(f"exclusions must be a JSON list of glob patterns, not {option!r}") from error


def _names(item: StoredObject) -> tuple[str, str]:
    return item.location.key, str(item.location)


def _matching(engine: Engine, place: Location, recurse: bool) -> Iterable[_Found]:
    prefix = locations.literal_prefix(place)
    if prefix == place:
        for item in engine.store.list(prefix):
            key = item.location.key
            if key == place.key:
                base = key.rpartition("/")[0]
            elif not place.key or key.startswith(place.folder().key):
                base = place.key.rstrip("/")
            else:
                continue  # a sibling whose name only begins alike
            yield from _kept(item, base, recurse)
        return
    pattern = locations.glob_pattern(place.key.rstrip("/"))
    for item in engine.store.list(prefix):
        key = item.location.key
        names = (key, *map(str, PurePosixPath(key).parents))
        if any(pattern.fullmatch(name) for name in names):
            yield from _kept(item, prefix.key.rpartition("/")[0], recurse=True)


def _kept(item: StoredObject, base: str, recurse: bool) -> Iterable[_Found]:
    relative = item.location.key[len(base) :].lstrip("/")
    *folders, name = relative.split("/")
    hidden = any(part.startswith(("_", ".")) and "=" not in part for part in (*folders, name))
    if not name or hidden or (item.size == 0 and name.endswith("_$folder$")):
        return
    if not recurse and any("=" not in folder for folder in folders):
        return
    values = locations.partition_values(relative)
    yield _Found(item, tuple(values.items()))


def _download(engine: Engine, wanted: Sequence[_Found]) -> list[LocalFiles]:
    groups: dict[tuple[str, ...], list[_Found]] = defaultdict(list)
    for each in wanted:
        groups[tuple(key for key, _ in each.values)].append(each)
    result, jobs = [], []
    for keys, members in groups.items():
        folder = engine.scratch("source")
        targets = [_target(folder, index, each) for index, each in enumerate(members)]
        for parent in {target.parent for target in targets}:
            parent.mkdir(parents=True, exist_ok=True)
        jobs += [(each.item.location, target) for each, target in zip(members, targets, strict=True)]
        size = sum(each.item.size for each in members)
        result.append(LocalFiles(folder=folder, keys=keys, files=tuple(targets), bytes=size))
    in_parallel(lambda job: engine.store.fetch(*job), jobs)
    return result


def _target(folder: Path, index: int, found: _Found) -> Path:
    name = PurePosixPath(found.item.location.key).name
    suffix = match[0] if (match := _SUFFIXES.search(name)) else ""
    values: Mapping[str, str | None] = dict(found.values)
    return folder / locations.partition_folder(values) / f"{index:06d}{suffix}"
