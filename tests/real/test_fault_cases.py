"""Damaged files that once ended in a traceback or passed unchecked; looked for beside the captured data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from bovespa.main import cli

ROOT = Path(os.environ.get("BOVESPA_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
CASES = sorted(path for path in ROOT.with_name("fault_cases").glob("*") if path.suffix != ".md")


@pytest.mark.skipif(not CASES, reason=f"no damaged files in {ROOT.with_name('fault_cases')}")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_a_damaged_file_is_one_clear_line(path: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    if "COTAHIST" in path.name:
        arguments = ["backfill", "--lake", str(lake), "--file", str(path)]
    else:
        arguments = ["parse", str(path), "--index", "IBOV"]

    done = CliRunner().invoke(cli, arguments)

    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.exit_code == 1
    assert len(lines) == 1
    assert path.name in lines[0]
    assert lines[0].isprintable()
    assert done.stdout == ""
    assert not (lake / "raw").exists()
    assert (lake / "quarantine").exists() == ("COTAHIST" in path.name)
