"""Text from outside: its encoding, and whether it may enter the lake."""

from __future__ import annotations

import codecs
import unicodedata

# Control and format characters, surrogates, line and paragraph separators: none is part of a name.
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def decode(body: bytes) -> str:
    """A file's text: UTF-16 by its mark or its zero bytes, else UTF-8, else latin-1, which fits all."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    if len(body) > 1 and (body[0] == 0) != (body[1] == 0):
        return body.decode("utf-16-be" if body[0] == 0 else "utf-16-le", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def is_plain(text: str) -> bool:
    """Whether every character is visible or a space."""
    return (text.isascii() and text.isprintable()) or not any(
        unicodedata.category(character) in _UNWANTED for character in text
    )
