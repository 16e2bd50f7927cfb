"""Packages in a folder of their own, for what can't stand in the project's environment; made once, kept in .work/."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


def installed(lock: str) -> Path:
    """A folder for PYTHONPATH with what requirements/``lock``.txt names; skips where no package index is reached."""
    path = PROJECT / "requirements" / f"{lock}.txt"
    digest = hashlib.sha256(path.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = PROJECT / ".work" / lock / digest
    if folder.is_dir():
        return folder
    partial = folder.with_name(f"{digest}-{os.getpid()}")
    rest = ["--quiet", "--no-deps", "--require-hashes", "--target", str(partial), "-r", str(path)]
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", sys.executable]
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--retries", "1"]
    for installer in (uv, pip):  # pip where only its own configuration knows the way to an index
        done = subprocess.run([*installer, *rest], capture_output=True, text=True, timeout=240)
        if not done.returncode:
            break
    if done.returncode:
        shutil.rmtree(partial, ignore_errors=True)
        pytest.skip(f"{lock} can't be had here: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    partial.rename(folder)
    return folder
