"""A script's exception as one line for the person who started the job: node, line, cause."""

from __future__ import annotations

import re
import sys
import traceback
from pathlib import Path

CAUGHT = (Exception, SystemExit)
LIMIT = 2000
_NODE = re.compile(r"^# Script generated for node (.*)$")
_MISSING_FS = re.compile(r'No FileSystem for scheme "s3[an]?"')


def describe(error: BaseException, script: Path) -> str | None:
    """`node "Aggregate" (line 41): column … cannot be resolved`; None for a script that ended itself well."""
    if isinstance(error, SystemExit) and error.code in (None, 0):
        return None
    line = _line(error, script)
    where = ""
    if line is not None:
        node = _node(script, line)
        where = f'node "{node}" (line {line}): ' if node else f"line {line}: "
    return (where + cause(error))[:LIMIT]


def cause(error: BaseException) -> str:
    """The innermost message that says something, on one line."""
    if isinstance(error, SystemExit):
        return f"the script ended itself with status {error.code}"
    if isinstance(error, SyntaxError):
        return f"the script is not valid Python: {error.msg} (line {error.lineno})"
    if isinstance(error, ModuleNotFoundError):
        glues = (error.name or "").startswith(("gs_", "awsglue"))
        return (
            f"awsglue on this machine does not do {error.name}"
            if glues
            else f"there is no module {error.name}"
        )
    text = _spark_text(error) or str(error).strip() or type(error).__name__
    if _MISSING_FS.search(text):
        return "Spark cannot read s3:// by itself on this machine: read and write through glueContext"
    named = f"{type(error).__name__}: " if type(error).__module__ in ("builtins", "__main__") else ""
    return named + " ".join(text.split())


def show(error: BaseException, script: Path) -> None:
    """The traceback from the script's own frame on, to standard error."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != str(script):
        trace = trace.tb_next
    text = traceback.format_exception(type(error), error, trace or error.__traceback__)
    print("".join(text), file=sys.stderr, flush=True)  # noqa: T201 (the job's error log)


def _line(error: BaseException, script: Path) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(script)]
    return lines[0] if lines else None


def _node(script: Path, line: int) -> str | None:
    """The node whose comment is the last one above the line."""
    for text in reversed(script.read_text(encoding="utf-8").splitlines()[:line]):
        if match := _NODE.match(text):
            return match[1].strip()
    return None


def _spark_text(error: BaseException) -> str:
    """Spark's own sentence, without the plan and the Java frames below it."""
    described = getattr(error, "desc", None)
    if isinstance(described, str):
        return described.split(";\n'")[0].split("\n\tat ")[0].split("JVM stacktrace")[0].strip()
    java = getattr(error, "java_exception", None)
    if java is not None:
        inner = java
        while inner.getCause() is not None:
            inner = inner.getCause()
        return str(inner.toString())
    return ""
