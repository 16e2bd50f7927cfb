"""Archives for Lambda and Fargate that depend on their sources alone: the same sources give the same bytes.

The libraries come from the function's hash-locked file in ``requirements/``, as wheels for their
platform; they are unpacked once per lock and platform and kept under ``.work``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pulumi

PROJECT = Path(__file__).resolve().parent.parent
WORK = PROJECT / ".work"
PYTHON_VERSION = "3.13"
PLATFORM = "manylinux2014_aarch64"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest moment that a ZIP can hold
# What pip writes about an installation, which differs with its version; the rest of .dist-info is the wheel's.
_INSTALLER = (
    ".dist-info/RECORD",
    ".dist-info/direct_url.json",
    ".dist-info/INSTALLER",
    ".dist-info/REQUESTED",
)
_LEFT_OUT = ("__pycache__", ".pyc", "/bin/", *_INSTALLER)
_FORMAT = b"stored\0"  # of the archive, part of its name: one that an older release wrote is not taken for it
_INSTALL_SECONDS = 300


class PackagingError(pulumi.RunError, RuntimeError):
    """The archive can't be built; the message says what to do."""


def function_archive(sources: Sequence[str], lock: str) -> pulumi.FileArchive:
    """An archive of the named sources (files or folders of the project) and the libraries of a lock.

    Raises:
        PackagingError: a source is missing, or the wheels can't be had.
    """
    return pulumi.FileArchive(os.path.relpath(archive_file(sources, lock), PROJECT))


def archive_file(sources: Sequence[str], lock: str) -> Path:
    """The ZIP itself; its name is a digest of what is in it.

    Raises:
        PackagingError: a source is missing, or the wheels can't be had.
    """
    files = [*_libraries(PROJECT / lock), *_sources(sources)]
    digest = hashlib.sha256(_FORMAT)
    for name, path in files:
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    target = WORK / "archives" / f"{digest.hexdigest()[:32]}.zip"
    if not target.exists():
        _write(target, files)
    return target


def _sources(sources: Sequence[str]) -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    for source in sources:
        path = PROJECT / source
        if not path.exists():
            raise PackagingError(f"{source}: no such source in the project")
        found += _files(path, PROJECT)
    return sorted(found)


def _files(path: Path, base: Path) -> Iterator[tuple[str, Path]]:
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        name = file.relative_to(base).as_posix()
        if file.is_file() and not any(part in f"/{name}" for part in _LEFT_OUT):
            yield name, file


def _libraries(lock: Path) -> list[tuple[str, Path]]:
    key = hashlib.sha256(lock.read_bytes() + f"{PYTHON_VERSION} {PLATFORM}".encode()).hexdigest()[:16]
    folder = WORK / "libraries" / key
    if not folder.exists():
        _install(lock, folder)
    return _listed(folder)


@cache
def _listed(folder: Path) -> list[tuple[str, Path]]:
    """What is in a folder of libraries, which several functions share and nobody changes."""
    return sorted(_files(folder, folder))


def _install(lock: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        target = Path(scratch) / "libraries"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:"]
        command += ["--implementation", "cp", "--python-version", PYTHON_VERSION, "--platform", PLATFORM]
        command += ["--target", str(target), "--requirement", str(lock)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise PackagingError(
                f"the functions' libraries can't be installed ({reason[0]}): is the package index in reach?"
            ) from None
        except subprocess.TimeoutExpired:
            raise PackagingError(
                f"the functions' libraries took over {_INSTALL_SECONDS} s: is the package index in reach?"
            ) from None
        shutil.rmtree(target / "bin", ignore_errors=True)
        try:
            target.rename(folder)
        except OSError:
            if not folder.exists():  # another run was faster
                raise


def _write(target: Path, files: Sequence[tuple[str, Path]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as scratch,
        zipfile.ZipFile(scratch, "w") as archive,
    ):
        for name, path in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, on Windows too
            entry.external_attr = 0o644 << 16
            # Stored: what deflate makes of the same bytes differs between versions of zlib.
            entry.compress_type = zipfile.ZIP_STORED
            archive.writestr(entry, path.read_bytes())
    Path(scratch.name).rename(target)
