from __future__ import annotations

from pathlib import Path

import pytest

from bovespa.directory_s3 import DirectoryS3
from functions.b3.lake import Lake


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def lake(root: Path) -> Lake:
    return Lake(DirectoryS3(root.parent), root.name)
