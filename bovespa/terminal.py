"""Standard output as it is found: a terminal of any alphabet, a pipe that closes, a full disk."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
import unicodedata
from collections.abc import Iterator

BROKEN_PIPE = 141  # what a shell shows of a program that SIGPIPE ended
_ASCII = {
    "✓": "ok", "✗": "x", "→": "->", "←": "<-", "–": "-", "—": "-", "−": "-", "…": "...", "·": "-", "•": "-",
    "“": '"', "”": '"', "‘": "'", "’": "'", "×": "x", "≥": ">=", "≤": "<=",
    "▲": "^", "▼": "v", "█": "#", "─": "-", "│": "|", "━": "-", "┃": "|",
}  # fmt: skip
_HANDLER = "bovespa.transliterate"


def transliterate(error: UnicodeError) -> tuple[str, int]:
    """What a terminal without a character shows for it: the letter without its accent, an arrow as ``->``.

    An error handler of :mod:`codecs`.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(character: str) -> str:
    if character in _ASCII:
        return _ASCII[character]
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return bare if bare.isascii() and bare else "?"


def prepare() -> None:
    """Let every character be written to standard output and error, on a terminal of any encoding."""
    codecs.register_error(_HANDLER, transliterate)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """End the program with one line, or with none, where standard output can't be written.

    A reader that has seen enough (``| head``) is no failure to tell: status 141, as from SIGPIPE. A full
    disk is: one line, status 1.
    """
    found = sys.stdout
    try:
        yield
        sys.stdout.flush()
    except SystemExit:
        if sys.stdout is not found:  # Click puts another there when a pipe closes, and exits with 1
            sys.exit(BROKEN_PIPE)
        raise
    except OSError as error:
        if error.errno == errno.EPIPE:
            _give_up_output()
            sys.exit(BROKEN_PIPE)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO) and error.filename is None:
            _give_up_output()
            sys.stderr.write(f"error: the output can't be written: {error.strerror}\n")
            sys.exit(1)
        raise


def _give_up_output() -> None:
    """Nothing more is written there, not even by the interpreter's flush at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
