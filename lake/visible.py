"""Text from outside on its way to a terminal, a log or a mail."""

from __future__ import annotations

import unicodedata


def visible(text: str, *, keep: str = "") -> str:
    """The text with what can't be seen written as escapes (``\\x1b``): nothing in it commands a terminal.

    Whatever Python doesn't count as printable, but for spaces (a no-break space holds a date together); characters
    in ``keep`` stay.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character in keep or character.isprintable() or unicodedata.category(character) == "Zs"
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )
