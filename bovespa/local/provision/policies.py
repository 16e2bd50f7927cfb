"""Policy documents on their way into the embedded AWS.

An output that a provision doesn't give is None to the program, and so a null in the policies that are made from it:
AWS would refuse such a document, the emulator takes it and the right is missing at run time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bovespa.local.errors import LocalError


def whole(document: str) -> str:
    """The document itself, where every place of it says something.

    Raises:
        LocalError: a place holds null, or a text made of one; names the statement and the place.
    """
    for statement in json.loads(document)["Statement"]:
        for place in _empty(statement, ""):
            raise LocalError(
                f"policy statement {statement.get('Sid', '(without a Sid)')} holds null at {place}: a resource that it "
                "names gives no such output; add the output in bovespa/local/provision"
            )
    return document


def _empty(value: Any, place: str) -> Iterator[str]:
    if value is None or (isinstance(value, str) and "None" in value.replace("/", ":").split(":")):
        yield place
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _empty(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _empty(item, f"{place}[{number}]")
