"""Text from outside on its way to a terminal."""

from __future__ import annotations

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str, *, keep: str = "") -> str:
    """The text with what can't be seen written as escapes (``\\x1b``): nothing in it commands a terminal.

    Control and format characters, surrogates, and separators of lines; those in ``keep`` stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in _UNSEEN
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )
