"""Column paths: `["a", "b.c"]` in a definition, ``a.`b.c` `` in the script."""

from __future__ import annotations

import re
from typing import Any

_NEEDS_QUOTES = re.compile(r"[.()`]")


def dotted(path: Any) -> str:
    """One path as DynamicFrame transforms take it; a part with a dot or parentheses is backquoted."""
    parts = [path] if isinstance(path, str) else list(path)
    return ".".join(_quoted(str(part)) for part in parts)


def _quoted(part: str) -> str:
    if part.startswith("`") and part.endswith("`") and len(part) > 1:
        return part
    return f"`{part}`" if _NEEDS_QUOTES.search(part) else part
