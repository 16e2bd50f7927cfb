"""Python literals in Glue Studio's spelling; nothing from a definition can end its literal early."""

from __future__ import annotations

import json
from typing import Any


def text(value: Any) -> str:
    """A double-quoted Python string literal."""
    # JSON's escapes are a subset of Python's, except that lone surrogates and DEL.. need no care in either.
    quoted = json.dumps(str(value), ensure_ascii=False)
    return quoted.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\x85")


def boolean(value: Any) -> str:
    """`True` or `False`."""
    return "True" if value else "False"


def strings(values: Any) -> str:
    """A list of string literals, `["a", "b"]`."""
    return "[" + ", ".join(text(value) for value in values) + "]"


def mapping(values: dict[str, str]) -> str:
    """A dict display whose values are already Python source."""
    return "{" + ", ".join(f"{text(key)}: {value}" for key, value in values.items()) + "}"


def triple(value: str, quote: str) -> str:
    """The body of a triple-quoted literal, with anything that would end or change it escaped."""
    return value.replace("\\", "\\\\").replace(quote * 3, ("\\" + quote) * 3)


def one_line(value: str) -> str:
    """Text for a comment: line breaks would start code."""
    return " ".join(value.splitlines()) if value.splitlines() else ""
