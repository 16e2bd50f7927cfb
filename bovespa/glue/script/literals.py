"""Python literals in Glue Studio's spelling.

Glue Studio pastes values between quotes as they are, backslashes included. So does this module wherever the
result is exactly one literal; anything else (a quote, a line break, a stray backslash) is escaped, so that
no value of a definition can end its literal and become code.
"""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterable, Mapping
from typing import Any


def text(value: Any) -> str:
    """A double-quoted string literal."""
    raw = f'"{value}"'
    if _is_one_string(raw):
        return raw
    # JSON's escapes are Python's too, except for what it makes of characters beyond U+FFFF.
    return "".join(_printable(character) for character in json.dumps(str(value), ensure_ascii=False))


def boolean(value: Any) -> str:
    """`True` or `False`."""
    return "True" if value else "False"


def strings(values: Iterable[Any]) -> str:
    """A list of string literals, `["a", "b"]`."""
    return "[" + ", ".join(text(value) for value in values) + "]"


def mapping(values: Mapping[str, str]) -> str:
    """A dict display; the values are Python source already."""
    return "{" + ", ".join(f"{text(key)}: {value}" for key, value in values.items()) + "}"


def number(value: Any) -> str | None:
    """A number's own spelling if `value` is one (finite, decimal), else None."""
    candidate = str(value).strip()
    try:
        parsed = ast.literal_eval(candidate)
    except (ValueError, SyntaxError):
        return None
    return candidate if isinstance(parsed, int | float) and not isinstance(parsed, bool) else None


def block(value: str, quote: str = "'") -> str:
    """A triple-quoted literal with the value on lines of its own."""
    fence = quote * 3
    raw = f"{fence}\n{value}\n{fence}"
    if _is_one_string(raw):
        return raw
    escaped = (
        value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\r", "\\r").replace("\0", "\\0")
    )
    return f"{fence}\n{escaped}\n{fence}"


def one_line(value: str) -> str:
    """Text for a comment: line breaks would start code."""
    return " ".join(value.split("\0")[0].splitlines())


def _printable(character: str) -> str:
    """Half a surrogate pair cannot be written to a file."""
    return f"\\u{ord(character):04x}" if "\ud800" <= character <= "\udfff" else character


def _is_one_string(source: str) -> bool:
    if "\0" in source or "\r" in source:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, UnicodeError, MemoryError, RecursionError):
        return False
    expression = tree.body
    if not isinstance(expression, ast.Constant) or not isinstance(expression.value, str):
        return False
    # Two adjacent literals ("a" "b") are one constant too: no bare quote may be between the quotes.
    fence = 3 if source[:3] == source[0] * 3 else 1
    return not _has_bare_fence(source[fence:-fence], source[0] * fence)


def _has_bare_fence(body: str, fence: str) -> bool:
    index = 0
    while index < len(body):
        if body[index] == "\\":
            index += 2
            continue
        if body.startswith(fence, index):
            return True
        index += 1
    return False
