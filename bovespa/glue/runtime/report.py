"""What a job run read, wrote, deleted and catalogued, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """`files` were read (`bytes` in all), `skipped` were left out by the bookmark."""

    ctx: str
    places: tuple[str, ...]
    files: int
    bytes: int
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetWritten:
    """`rows` in `files` files under `path`; `partitions` is 0 for a target without partition keys."""

    ctx: str
    path: str
    rows: int
    files: int
    partitions: int
    table: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    path: str
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTouched:
    """`change` is `created`, `updated` or `unchanged`; `partitions` were added to the catalogue."""

    table: str
    change: str
    partitions: int


@dataclass(slots=True, kw_only=True)
class RunReport:
    """Filled by the job process, read by who started it. `seconds` are of the script itself."""

    sources: list[SourceRead] = field(default_factory=list)
    targets: list[TargetWritten] = field(default_factory=list)
    purged: list[Purged] = field(default_factory=list)
    tables: list[TableTouched] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    committed: bool = False
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> RunReport:
        return cls(
            sources=[SourceRead(**{**each, "places": tuple(each["places"])}) for each in document["sources"]],
            targets=[TargetWritten(**each) for each in document["targets"]],
            purged=[Purged(**each) for each in document["purged"]],
            tables=[TableTouched(**each) for each in document["tables"]],
            notes=list(document["notes"]),
            committed=document["committed"],
            seconds=document["seconds"],
        )
