"""Objects in a directory: `s3://bucket/key` is the file `ROOT/bucket/key`."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bovespa.glue.runtime.errors import StorageError
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.store import StoredObject

_PARTIAL = ".partial-"


@dataclass(frozen=True, slots=True)
class DirectoryStore:
    """An ObjectStore over a directory. No key leads out of `root`, be it by `..` or by a link."""

    root: Path

    def list(self, prefix: Location) -> Iterator[StoredObject]:
        base = prefix.key.rpartition("/")[0]
        start = self._path(Location(prefix.bucket, base))
        if not start.is_dir():
            return
        bucket = self._path(Location(prefix.bucket))
        found: list[tuple[str, os.stat_result]] = []
        for folder, _, names in os.walk(start):
            for name in names:
                path = Path(folder, name)
                key = path.relative_to(bucket).as_posix()
                if name.startswith(_PARTIAL) or not key.startswith(prefix.key):
                    continue
                with contextlib.suppress(FileNotFoundError):  # deleted, or a dangling link
                    self._path(Location(prefix.bucket, key))
                    found.append((key, path.stat()))
        for key, stat in sorted(found):
            yield StoredObject(
                location=Location(prefix.bucket, key),
                size=stat.st_size,
                modified=datetime.fromtimestamp(stat.st_mtime, UTC),
                etag=str(stat.st_mtime_ns),
            )

    def read(self, location: Location) -> bytes | None:
        try:
            return self._path(location).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"cannot read {location}: {error}") from error

    def write(self, location: Location, body: bytes) -> None:
        with self._replacing(location) as partial:
            partial.write_bytes(body)

    def fetch(self, location: Location, target: Path) -> None:
        try:
            try:
                os.link(self._path(location), target, follow_symlinks=True)
            except OSError:  # another file system, or one without links
                shutil.copyfile(self._path(location), target)
        except OSError as error:
            raise StorageError(f"cannot read {location}: {error}") from error

    def upload(self, source: Path, location: Location) -> None:
        with self._replacing(location) as partial:
            shutil.copyfile(source, partial)

    def delete(self, locations: Iterable[Location]) -> int:
        count = 0
        for location in locations:
            path = self._path(location)
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StorageError(f"cannot delete {location}: {error}") from error
            self._drop_empty_folders(path.parent, location.bucket)
            count += 1
        return count

    def _drop_empty_folders(self, folder: Path, bucket: str) -> None:
        """S3 has no folders: those that hold nothing any more go too."""
        top = self._path(Location(bucket))
        with contextlib.suppress(OSError):
            while folder != top and folder.is_relative_to(top):
                folder.rmdir()
                folder = folder.parent

    @contextlib.contextmanager
    def _replacing(self, location: Location) -> Iterator[Path]:
        path = self._path(location)
        partial: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=_PARTIAL, dir=path.parent)
            os.close(handle)
            partial = Path(name)
            yield partial
            partial.chmod(0o644)
            partial.replace(path)
        except OSError as error:
            raise StorageError(f"cannot write {location}: {error}") from error
        finally:
            if partial is not None:
                partial.unlink(missing_ok=True)

    def _path(self, location: Location) -> Path:
        root = self.root.resolve()
        parts = [location.bucket, *location.key.split("/")]
        if ".." in parts or location.bucket in ("", ".") or "\x00" in location.key:
            raise StorageError(f"{location} is not a place under {self.root}")
        path = root.joinpath(*[part for part in parts if part not in ("", ".")])
        if not path.resolve().is_relative_to(root):
            raise StorageError(f"{location} leads out of {self.root}")
        return path
