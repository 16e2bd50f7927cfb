"""The functions' tests once more, on the Arrow that the managed pandas layer brings (20.0.0)."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LOCK = PROJECT / "requirements" / "layer.txt"
TESTS = (
    "scraper/test_raw_parquet.py",
    "scraper/test_scraper_raw.py",
    "scraper/test_scraper_handler.py",
    "rebalancing",
    "watch",
    "cotahist/test_cotahist_parse.py",
    "cotahist/test_cotahist_take.py",
    "cotahist/test_cotahist_handler.py",
)


@pytest.fixture(scope="module")
def layer() -> Path:
    """A folder with that Arrow, made once for each lock and Python."""
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = PROJECT / ".work" / "layer" / digest
    if folder.is_dir():
        return folder
    partial = folder.with_name(f"{digest}-{os.getpid()}")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    install += ["--only-binary", ":all:", "--retries", "1", "--timeout", "15", "--require-hashes"]
    done = subprocess.run(
        [*install, "--target", str(partial), "-r", str(LOCK)], capture_output=True, text=True, timeout=240
    )
    if done.returncode:
        shutil.rmtree(partial, ignore_errors=True)
        pytest.skip(f"the layer's Arrow can't be had here: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    partial.rename(folder)
    return folder


@pytest.mark.slow
def test_the_functions_work_on_the_layers_arrow(layer: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(layer)}
    version = [sys.executable, "-c", "import pyarrow; print(pyarrow.__version__)"]
    found = subprocess.run(version, env=environment, capture_output=True, text=True, timeout=60)
    assert found.stdout.strip() == "20.0.0", found.stderr

    tests = [str(PROJECT / "tests" / "unit" / name) for name in TESTS]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
