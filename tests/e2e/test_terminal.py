"""The command as a process: standard output that can't take what is written to it, and how little it loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bovespa.terminal import transliterate

PROJECT = Path(__file__).resolve().parents[2]
LIST = [sys.executable, "-m", "bovespa.main", "query", "--list", "--language", "pt"]


def run(*more: str, stdout: int, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(
        [*LIST, *more], cwd=PROJECT, env=environment, stdout=stdout, stderr=subprocess.PIPE, timeout=60
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp850"])
def test_a_terminal_without_the_letters_shows_others(encoding: str) -> None:
    done = run(stdout=subprocess.PIPE, encoding=encoding)

    assert done.returncode == 0
    assert done.stderr == b""
    if encoding != "ascii":  # Click takes ASCII for a mistake of the terminal's, and writes UTF-8
        assert "Composição do índice" in done.stdout.decode(encoding)


def test_json_keeps_every_letter_on_any_terminal() -> None:
    plain, escaped = (
        run("--json", stdout=subprocess.PIPE, encoding=name).stdout for name in ("utf-8", "ascii")
    )

    assert b"Composi\\u00e7\\u00e3o" in escaped
    assert "Composição" in plain.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_full_disk_is_one_line(more: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        done = run(*more, stdout=full)
    finally:
        os.close(full)

    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "error: the output can't be written: No space left on device"
    ]


def test_a_reader_that_has_seen_enough_is_no_failure_to_tell() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(stdout=writing)
    finally:
        os.close(writing)

    assert done.returncode == 141
    assert done.stderr == b""


def test_who_asks_a_standing_stack_loads_no_engine() -> None:
    """`bovespa query` is to answer within a second."""
    heavy = "{'duckdb', 'numpy', 'pulumi', 'pyarrow', 'sqlglot'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, bovespa.commands.query; print({heavy} or 'nothing')"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.strip() == "nothing", done.stderr


@given(st.text())
def test_whatever_is_written_something_plain_stands_for_it(text: str) -> None:
    for encoding in ("ascii", "cp1252"):
        error = UnicodeEncodeError(encoding, text, 0, len(text), "no such character")

        shown, end = transliterate(error)

        assert shown.isascii()
        assert end == len(text)
