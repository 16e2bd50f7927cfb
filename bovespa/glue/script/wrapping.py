"""The writing style of before March 2024: Glue Studio sent the whole script through the formatter black."""

from __future__ import annotations

import subprocess

from ruff import find_ruff_bin

_SECONDS = 30.0


def wrap(script: str) -> str:
    """The script as black writes it, at 88 columns; one that is no Python stays as it is.

    It is written by ruff, whose style is black's but for what stands inside f-strings, which custom code may have.
    """
    format_it = [find_ruff_bin(), "format", "--isolated", "--line-length=88", "--stdin-filename=job.py", "-"]
    done = subprocess.run(
        format_it, input=script, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False
    )
    return script if done.returncode else done.stdout
