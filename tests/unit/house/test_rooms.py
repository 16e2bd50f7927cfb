"""Each room imports only what docs/architecture.md says it may touch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
ROOMS = ("lake", "functions", "glue", "stream", "reports", "components", "bovespa")
MAY_IMPORT = {
    "lake": (),
    "functions": ("lake",),
    "functions/report": ("lake", "reports"),
    "glue": ("lake",),
    "stream": ("lake",),
    "reports": ("lake",),
    "components": ("lake", "glue", "stream.config", "stream.errors", "stream.trade"),
    "bovespa": ("lake", "functions", "glue", "stream", "reports", "components"),
}


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def room_of(path: Path) -> str:
    """The most particular entry of ``MAY_IMPORT`` that the file lies in."""
    place = path.relative_to(PROJECT).as_posix()
    return max((room for room in MAY_IMPORT if place.startswith(f"{room}/")), key=len)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_touches_only_what_its_sign_says(room: str) -> None:
    trespasses = [
        f"{path.relative_to(PROJECT)} imports {module}"
        for path in sorted((PROJECT / room).rglob("*.py"))
        for module in imports(path)
        if module.split(".")[0] in ROOMS
        and module.split(".")[0] != room
        and not any(module == open_ or module.startswith(f"{open_}.") for open_ in MAY_IMPORT[room_of(path)])
    ]

    assert not trespasses, "\n".join(trespasses)


def test_the_program_itself_stays_out_of_the_local_room() -> None:
    assert not [module for module in imports(PROJECT / "__main__.py") if module.split(".")[0] == "bovespa"]
