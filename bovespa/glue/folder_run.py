"""A run on files: the embedded AWS's S3 and catalogue stand for a folder as long as the run takes.

`s3://bucket/key` is the file `FOLDER/bucket/key`, the catalogue is `FOLDER/catalog.json`. The emulator finds the
files as its own saved objects, hard links with their own modification times, so nothing is uploaded and bookmarks
see the files as they are; what the run wrote and deleted is carried over to the folder afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bovespa.glue import catalogue_file
from bovespa.glue.local_run import DEFAULT_TIMEOUT, RunResult, job_process
from bovespa.glue.runtime.engine import BOOKMARKS_ARGUMENT
from bovespa.glue.runtime.errors import StorageError
from bovespa.glue.runtime.gateway import Gateway, exclusive
from bovespa.glue.runtime.s3_store import client
from bovespa.glue.script import generate
from bovespa.local.emulator import ACCOUNT, REGION, Emulator, emulator
from glue.model import JobDefinition

__all__ = ["DEFAULT_TIMEOUT", "default_arguments", "run_definition", "run_in_folder"]

_SETTINGS = {"SERVICES": "s3,glue", "AUTH": "false", "S3_PERSIST": "1", "LOG_LEVEL": "WARNING"}
_BOOKMARKS = "bookmarks"
_BUCKET = re.compile(r"s3[an]?://([A-Za-z0-9][A-Za-z0-9._-]*)")
_DATABASE = re.compile(r'(?:catalogDatabase|database)\s*=\s*["\']([^"\']+)["\']')
# Names that the emulator keeps for its own files beside the objects.
_SIDECAR, _OWN = ".meta.json", (".meta.json", ".tmp")

Stamp = tuple[int, int, int]


def run_in_folder(
    script: str,
    root: Path,
    *,
    job: str,
    arguments: Mapping[str, str] | None = None,
    tables: Mapping[str, str] | None = None,
    gateway: Gateway | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> RunResult:
    """Run a script as the job `job` on the files under `root`; what it did before it failed stays done.

    Runs on one folder take turns.

    Args:
        arguments: the job's, names without dashes. Bookmarks are kept in `root/bookmarks`.
        tables: places of source tables by `database.name`, for those that the catalogue does not have.
        gateway: a warm JVM; else one that the environment names, or one for this run.
        timeout: seconds.

    Raises:
        RuntimeFailure: the script failed (JobFailedError), or a file or the catalogue could not be read or written.
        EmulatorFailed: the embedded AWS did not start.
    """
    given = {BOOKMARKS_ARGUMENT: f"s3://{_BOOKMARKS}/", **(arguments or {})}
    with exclusive(root, timeout, str(root)):
        return _run(script, root, job, given, tables or {}, gateway, timeout)


def _run(
    script: str,
    root: Path,
    job: str,
    arguments: Mapping[str, str],
    tables: Mapping[str, str],
    gateway: Gateway | None,
    timeout: float,
) -> RunResult:
    catalogue = root / "catalog.json"
    known = catalogue_file.read(catalogue)
    for name, place in tables.items():
        catalogue_file.declare(known, name, place)
    with (
        tempfile.TemporaryDirectory(prefix="glue-folder-", ignore_cleanup_errors=True) as work,
        job_process(environment={}, gateway=gateway) as process,  # imports Spark while the emulator starts
        _served(root, Path(work)) as running,
    ):
        _make_buckets(running, {*_BUCKET.findall(script), _BOOKMARKS})
        glue = _client(running, "glue")
        catalogue_file.put(glue, known, {"default", *_DATABASE.findall(script)})
        try:
            started = time.monotonic()
            with process.turn(timeout):
                report = process.run(
                    script, job=job, arguments=arguments, environment=running.environment, timeout=timeout
                )
                return process.result(job, report, started)
        finally:
            catalogue_file.write(catalogue, catalogue_file.get(glue))


def run_definition(
    definition: JobDefinition,
    root: Path,
    *,
    arguments: Mapping[str, str] | None = None,
    gateway: Gateway | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> RunResult:
    """Run a visual job with the script that Glue Studio generates for it; see run_in_folder.

    Raises:
        UnsupportedNodeError: a node is one that only AWS runs.
    """
    return run_in_folder(
        generate(definition),
        root,
        job=definition.name,
        arguments={**default_arguments(definition), **(arguments or {})},
        gateway=gateway,
        timeout=timeout,
    )


def default_arguments(definition: JobDefinition) -> dict[str, str]:
    """The job's DefaultArguments, names without dashes, but for the bookmark option: that is the caller's."""
    given = definition.properties.get("DefaultArguments") or {}
    arguments = {name.lstrip("-"): str(value) for name, value in given.items()}
    arguments.pop("job-bookmark-option", None)
    return arguments


@contextlib.contextmanager
def _served(root: Path, work: Path) -> Iterator[Emulator]:
    """An emulator whose S3 has the folder's files; at the end the folder has its objects."""
    objects = work / "emulator" / "s3" / ACCOUNT
    try:
        before = _link(root, objects)
        with emulator(work / "emulator", _SETTINGS) as running:
            try:
                yield running
            finally:
                _carry_over(objects, before, root)
    except OSError as error:
        raise StorageError(f"{root}: {error.filename or ''}: {error.strerror or error}") from error


def _link(root: Path, objects: Path) -> dict[Path, Stamp]:
    """Give every file under the buckets of `root` to the emulator; returns them, and how each looked."""
    linked: dict[Path, Stamp] = {}
    for file in _files(root):
        relative = file.relative_to(root)
        if len(relative.parts) < 2 or file.name.endswith(_OWN):
            continue
        target = objects / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, target, follow_symlinks=True)
        except OSError:  # another file system, or one without links
            shutil.copy2(file, target)
        stat = target.stat()
        modified = datetime.fromtimestamp(stat.st_mtime, UTC).isoformat(timespec="milliseconds")
        described = {
            "key": Path(*relative.parts[1:]).as_posix(),
            "etag": f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"',
            "last_modified": modified.replace("+00:00", "Z"),
            "size": stat.st_size,
        }
        target.with_name(target.name + _SIDECAR).write_text(json.dumps(described))
        linked[relative] = _stamp(target)
    return linked


def _carry_over(objects: Path, before: Mapping[Path, Stamp], root: Path) -> None:
    """Write to the folder what the emulator has anew, and delete there what it has no longer."""
    now = {
        file.relative_to(objects): _stamp(file) for file in _files(objects) if not file.name.endswith(_OWN)
    }
    for relative in before.keys() - now.keys():
        (root / relative).unlink(missing_ok=True)
        _drop_empty(root / relative.parent, root / relative.parts[0])
    for relative, stamp in now.items():
        if before.get(relative) != stamp:
            target = root / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{target.name}.part")
            shutil.copyfile(objects / relative, partial)
            partial.replace(target)


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _stamp(file: Path) -> Stamp:
    stat = file.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _drop_empty(folder: Path, bucket: Path) -> None:
    """S3 has no folders: those that hold nothing any more go too."""
    with contextlib.suppress(OSError):
        while folder != bucket:
            folder.rmdir()
            folder = folder.parent


def _make_buckets(running: Emulator, names: set[str]) -> None:
    s3 = _client(running, "s3")
    try:
        there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
        for name in sorted(names - there):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    except (BotoCoreError, ClientError) as error:
        raise StorageError(f"cannot make a bucket: {error}") from error


def _client(running: Emulator, service: str) -> Any:
    given = running.environment
    return client(
        service,
        endpoint_url=given["AWS_ENDPOINT_URL"],
        region_name=given["AWS_REGION"],
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
    )
