"""Which of the project's own files a program needs: what its module imports, and what that imports."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


def sources_of(project: Path, *modules: str) -> list[str]:
    """The files that the modules import, themselves and their packages included.

    Imports inside functions and ``if TYPE_CHECKING`` count too: an archive with a file too many does no harm,
    one with a file too few fails in the account.

    Args:
        project: the folder that the modules' dotted names start from.
        modules: dotted names, such as ``functions.scraper.handler``.

    Returns:
        Paths relative to the project, sorted.

    Raises:
        ModuleNotFoundError: a named module is none of the project's.
    """
    found: dict[str, Path] = {}
    waiting = list(modules)
    for module in modules:
        if _file(project, module) is None:
            raise ModuleNotFoundError(f"{module}: no such module in the project", name=module)
    while waiting:
        module = waiting.pop()
        path = _file(project, module)
        if path is None or module in found:
            continue
        found[module] = path
        package = module.rpartition(".")[0]
        waiting += [package] if package else []
        waiting += _imports(path.read_bytes())
    return sorted(path.relative_to(project).as_posix() for path in found.values())


def _file(project: Path, module: str) -> Path | None:
    place = project.joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _imports(source: bytes) -> tuple[str, ...]:
    """What a file imports; parsed once, since most functions need the same files."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += (node.module, *(f"{node.module}.{name.name}" for name in node.names))
    return tuple(found)
