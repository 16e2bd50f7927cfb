"""Lambda archives: the same sources give the same bytes, and nothing but sources and locked wheels."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from components import packaging
from components.packaging import PackagingError, function_archive
from components.sources import sources_of
from reports.page import render
from tests.session_answers import a_session
from tests.stack.plan import Plan

SCRAPER = sources_of(packaging.PROJECT, "functions.scraper.handler")
LOCK = "requirements/scraper.txt"
LOCKS = sorted({path.stem for path in packaging.PROJECT.glob("requirements/*.txt")} - {"dev"})
# What Lambda's Python runtime brings, and what AWS SDK for pandas does; both as installed here.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
LAYER = ("pyarrow", "numpy", "numpy.libs", "pandas", "pytz")
AARCH64 = 0xB7


@pytest.fixture(scope="module")
def libraries() -> Path:
    """Installed once from the lock, as for any deployment."""
    function_archive(SCRAPER, LOCK)
    return packaging.WORK / "libraries"


def build(
    work: Path, libraries: Path, monkeypatch: pytest.MonkeyPatch, *, project: Path | None = None
) -> Path:
    work.mkdir()
    (work / "libraries").symlink_to(libraries)
    monkeypatch.setattr(packaging, "WORK", work)
    monkeypatch.setattr(packaging, "PROJECT", project or packaging.PROJECT)
    archive = function_archive(SCRAPER, LOCK)
    (built,) = (work / "archives").iterdir()
    assert (packaging.PROJECT / str(archive.path)).resolve() == built.resolve()
    return built


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the sources as another machine has them: other times, and what Python left behind."""
    copy = tmp_path / "project"
    for folder in ("functions", "lake", "requirements"):
        shutil.copytree(packaging.PROJECT / folder, copy / folder)
    for file in copy.rglob("*.py"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    cache = copy / "functions" / "scraper" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "handler.cpython-313.pyc").write_bytes(b"compiled")
    return copy


def test_the_same_sources_give_the_same_bytes(
    libraries: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = build(tmp_path / "one", libraries, monkeypatch)
    elsewhere = build(tmp_path / "two", libraries, monkeypatch, project=project)

    assert here.name == elsewhere.name
    assert here.read_bytes() == elsewhere.read_bytes()


# Pulumi isn't installed beside another Python; of it the module needs two names.
BUILD = """
import hashlib, pathlib, sys, types
sys.dont_write_bytecode = True
pulumi = sys.modules["pulumi"] = types.ModuleType("pulumi")
pulumi.RunError, pulumi.FileArchive = type("RunError", (Exception,), {}), str
from components import packaging
packaging.WORK = pathlib.Path(sys.argv[1])
print(hashlib.sha256(packaging.archive_file(sys.argv[3:], sys.argv[2]).read_bytes()).hexdigest(), sys.version_info[1])
"""


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_another_python_with_another_zlib_gives_the_same_bytes(
    libraries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"{version}.*/bin/python")]
    runs = [p for p in found if p and not subprocess.run([p, "-c", ""], capture_output=True).returncode]
    if not runs:
        pytest.skip(f"no Python {version} on this machine")
    python = runs[0]
    here = build(tmp_path / "here", libraries, monkeypatch)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "libraries").symlink_to(libraries)

    run = subprocess.run(
        [python, "-c", BUILD, str(tmp_path / "there"), LOCK, *SCRAPER],
        cwd=packaging.PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert run.stdout.split() == [hashlib.sha256(here.read_bytes()).hexdigest(), version.split(".")[1]], (
        run.stderr
    )


def test_nothing_in_it_is_compressed_or_written_by_the_installer(archive: zipfile.ZipFile) -> None:
    """What deflate makes of the same bytes differs between versions of zlib; what pip notes, between versions of pip."""
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert not [
        name for name in archive.namelist() if name.endswith((".dist-info/INSTALLER", ".dist-info/REQUESTED"))
    ]


def test_an_archive_goes_to_lambda_in_one_request(dev: Plan) -> None:
    """50 MB is the most that CreateFunction takes ("Lambda quotas")."""
    for function in dev.of("lambda/function:Function"):
        assert (packaging.PROJECT / function.inputs["code"].path).stat().st_size < 50 * 1000**2, function.name


@pytest.mark.slow
def test_libraries_installed_anew_give_the_same_bytes(
    libraries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build(tmp_path / "one", libraries, monkeypatch)
    empty = tmp_path / "libraries"
    empty.mkdir()

    after = build(tmp_path / "two", empty, monkeypatch)

    assert list(empty.iterdir())
    assert before.read_bytes() == after.read_bytes()


def test_another_source_gives_another_archive(
    libraries: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build(tmp_path / "one", libraries, monkeypatch, project=project)
    with (project / "functions" / "b3" / "checks.py").open("a") as source:
        source.write("# changed\n")

    after = build(tmp_path / "two", libraries, monkeypatch, project=project)

    assert before.name != after.name


def test_an_archive_that_is_there_is_not_built_again(
    libraries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build(tmp_path / "work", libraries, monkeypatch)
    os.utime(built, (1_000_000_000, 1_000_000_000))

    function_archive(SCRAPER, LOCK)

    assert built.stat().st_mtime == 1_000_000_000
    assert list(built.parent.iterdir()) == [built]


@pytest.fixture(scope="module")
def archive(libraries: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(packaging.PROJECT / str(function_archive(SCRAPER, LOCK).path))


def test_nothing_that_python_compiles_is_in_it(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()

    assert len(set(names)) == len(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert not [name for name in names if name.startswith(("bin/", "/")) or ".." in name]


def test_only_the_named_sources_are_in_it(archive: zipfile.ZipFile) -> None:
    ours = {name for name in archive.namelist() if name.startswith("functions/")}

    assert "functions/__init__.py" in ours
    assert "functions/scraper/handler.py" in ours
    assert {name.split("/")[1] for name in ours} == {"__init__.py", "b3", "scraper"}
    assert "functions/b3/cotahist/parse.py" not in ours
    assert not [
        n for n in archive.namelist() if n.split("/")[0] in ("components", "bovespa", "glue", "tests")
    ]


def test_every_entry_has_the_same_time_and_may_be_read(archive: zipfile.ZipFile) -> None:
    for entry in archive.infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 == 0o644


def test_the_libraries_are_those_of_the_lock(archive: zipfile.ZipFile) -> None:
    lock = (packaging.PROJECT / LOCK).read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", lock, re.MULTILINE))
    found = {}
    for name in archive.namelist():
        if name.endswith(".dist-info/METADATA"):
            metadata = archive.read(name).decode()
            title, version = (
                re.search(rf"^{key}: (.+)$", metadata, re.MULTILINE) for key in ("Name", "Version")
            )
            assert title is not None
            assert version is not None
            found[re.sub(r"[-_.]+", "-", title[1]).lower()] = version[1]

    assert {"requests", "aws-lambda-powertools"} <= set(found)
    assert found.items() <= locked.items()


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_of_a_lock_has_a_hash_and_no_address(name: str) -> None:
    text = (packaging.PROJECT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]

    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index" not in text


def test_compiled_libraries_are_for_lambdas_processor(archive: zipfile.ZipFile) -> None:
    compiled = [name for name in archive.namelist() if ".so" in Path(name).suffixes]
    for name in compiled:
        header = archive.read(name)[:20]
        assert header[:4] == b"\x7fELF"
        assert struct.unpack_from("<H", header, 18) == (AARCH64,), name


def test_it_fits_lambda(archive: zipfile.ZipFile) -> None:
    unpacked = sum(entry.file_size for entry in archive.infolist())
    layer = 150 * 1024**2  # about what AWS SDK for pandas takes of the 250 MB

    assert unpacked + layer < 250 * 1024**2


def run_in_lambda(
    function: Mapping[str, Any], folder: Path, code: str, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run code where a function has its archive, and what Lambda and its layers bring, and nothing else."""
    with zipfile.ZipFile(packaging.PROJECT / function["code"].path) as built:
        built.extractall(folder / "task")
    brought = folder / "brought"
    brought.mkdir()
    installed = Path(boto3.__file__).parents[1]
    for library in RUNTIME + (LAYER if function["layers"] else ()):
        if (installed / library).exists():
            (brought / library).symlink_to(installed / library)
    paths = [str(folder / "task"), str(brought)]
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {paths!r}; {code}"],
        input=given,
        capture_output=True,
        timeout=60,
        cwd=folder,
        check=False,
    )


@pytest.mark.parametrize("name", ["scraper", "trigger", "watch", "rebalancing", "report"])
def test_an_archive_with_what_lambda_brings_is_all_that_a_function_needs(
    dev: Plan, tmp_path: Path, name: str
) -> None:
    """Its handler imports, with nothing else installed."""
    function = dev.one("lambda/function:Function", name).inputs
    module = function["handler"].rpartition(".")[0]

    found = run_in_lambda(function, tmp_path, f"import {module} as m; print(m.__file__)")

    assert found.returncode == 0, found.stderr.decode()
    assert found.stdout.decode().startswith(str(tmp_path / "task"))


def test_the_reports_archive_has_its_queries_and_renders_the_page_that_is_rendered_here(
    dev: Plan, tmp_path: Path
) -> None:
    report = a_session()
    code = (
        "import pickle; from lake.saved_queries import saved_queries; from reports.page import render; "
        "saved_queries(); sys.stdout.buffer.write(render(pickle.load(sys.stdin.buffer)).encode())"
    )

    found = run_in_lambda(
        dev.one("lambda/function:Function", "report").inputs, tmp_path, code, pickle.dumps(report)
    )

    assert found.returncode == 0, found.stderr.decode()
    assert found.stdout.decode() == render(report)
    queries = {path.stem for path in (tmp_path / "task" / "lake" / "sql").glob("*.sql")}
    assert queries >= set(report.results)


def test_a_source_that_is_not_there_is_named() -> None:
    with pytest.raises(PackagingError, match="functions/scrapper: no such source in the project"):
        function_archive(["functions/scrapper"], LOCK)


def test_wheels_that_cannot_be_had_are_one_line_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "scraper.txt"
    lock.write_text("requests==2.32.5 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr(packaging, "WORK", tmp_path / "work")
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    with pytest.raises(PackagingError, match="the functions' libraries can't be installed") as error:
        function_archive(SCRAPER, str(lock))

    assert "\n" not in str(error.value)
    assert list((tmp_path / "work" / "libraries").iterdir()) == []
