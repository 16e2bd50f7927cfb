"""`${name}` placeholders: what differs between stacks (a bucket, a role) stays out of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

PLACEHOLDER = re.compile(r"\$\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}")


def names_in(value: Any) -> Iterator[str]:
    """Every placeholder name in the strings of a JSON value (keys included)."""
    if isinstance(value, str):
        yield from (match.group(1) for match in PLACEHOLDER.finditer(value))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from names_in(key)
            yield from names_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from names_in(item)


def fill_value(value: Any, values: Mapping[str, str]) -> Any:
    """A copy of a JSON value with the placeholders that `values` knows replaced, in keys too."""
    return _map_strings(
        value, lambda text: PLACEHOLDER.sub(lambda m: values.get(m.group(1), m.group(0)), text)
    )


def canonical(value: Any) -> Any:
    """A copy with every placeholder spelt `${name}`."""
    return _map_strings(value, lambda text: PLACEHOLDER.sub(r"${\1}", text))


def restore(value: Any, values: Mapping[str, str]) -> Any:
    """The reverse of filling: each known value becomes its placeholder, longest values first.

    A value counts only as a whole name (not as part of a longer one): the bucket `lake` doesn't touch `s3://lake-2/`.
    """
    known = sorted(
        ((text, name) for name, text in values.items() if text), key=lambda pair: (-len(pair[0]), pair)
    )
    if not known:
        return value
    alternatives = "|".join(re.escape(text) for text, _ in known)
    pattern = re.compile(rf"(?<![A-Za-z0-9._-])(?:{alternatives})(?![A-Za-z0-9_-]|\.[A-Za-z0-9])")
    names = dict(reversed(known))
    return _map_strings(value, lambda text: pattern.sub(lambda m: f"${{{names[m.group(0)]}}}", text))


def _map_strings(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {_map_strings(key, change): _map_strings(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_map_strings(item, change) for item in value]
    return value
