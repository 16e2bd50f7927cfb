"""The functions' tests once more, on the Arrow that the managed pandas layer brings (20.0.0)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.separate import PROJECT, installed

TESTS = (
    "scraper/test_raw_parquet.py",
    "scraper/test_scraper_raw.py",
    "scraper/test_scraper_handler.py",
    "rebalancing",
    "watch",
    "cotahist/test_cotahist_parse.py",
    "cotahist/test_cotahist_take.py",
    "cotahist/test_cotahist_damaged.py",
    "cotahist/test_cotahist_handler.py",
)


@pytest.mark.slow
def test_the_functions_work_on_the_layers_arrow() -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed("layer"))}
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
