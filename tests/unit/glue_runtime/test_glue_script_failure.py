from __future__ import annotations

from pathlib import Path

import pytest

from bovespa.glue.runtime import failure

SCRIPT = """\
import sys

# Script generated for node Raw files
one = 1

# Script generated for node Total per sector
def custom():
    raise KeyError("setor")
custom()
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def failing(script: Path, text: str = SCRIPT) -> BaseException:
    script.write_text(text)
    try:
        exec(compile(text, str(script), "exec"), {"__name__": "__main__"})
    except failure.CAUGHT as error:
        return error
    raise AssertionError("the script did not fail")


def test_the_node_and_the_line_of_the_call_are_named(script: Path) -> None:
    told = failure.describe(failing(script), script)
    assert told == "node \"Total per sector\" (line 9): KeyError: 'setor'"


def test_a_failure_before_the_first_node_names_the_line(script: Path) -> None:
    assert (
        failure.describe(failing(script, "x = 1\n1 / 0\n"), script)
        == "line 2: ZeroDivisionError: division by zero"
    )


def test_a_script_that_is_no_python(script: Path) -> None:
    told = failure.describe(failing(script, "x = 1\ny = = 2\n"), script) or ""
    assert told.startswith("line 2: the script is not valid Python: invalid syntax")


def test_leaving_with_success_is_no_failure(script: Path) -> None:
    assert failure.describe(failing(script, "import sys\nsys.exit(0)\n"), script) is None
    assert "status 3" in (failure.describe(failing(script, "import sys\nsys.exit(3)\n"), script) or "")


def test_modules_that_only_glue_has(script: Path) -> None:
    told = failure.describe(failing(script, "import gs_not_there\n"), script) or ""
    assert told == "line 1: awsglue on this machine does not do gs_not_there"


def test_the_text_is_bounded_and_on_one_line(script: Path) -> None:
    told = failure.describe(failing(script, "raise ValueError('a\\n' * 5000)\n"), script) or ""
    assert len(told) <= failure.LIMIT
    assert "\n" not in told
