from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("PETROBRAS", "PETROBRAS"),
        ("Petróleo, Gás – ✓", "Petróleo, Gás – ✓"),
        ("\x1b[2J\x07BANCO", "\\x1b[2J\\x07BANCO"),
        ("\x9b31m", "\\x9b31m"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202eOCNAB", "\\u202eOCNAB"),
        ("\ud800", "\\ud800"),
        ("a\u2028b", "a\\u2028b"),
        ("Qua\xa03 set. 2025", "Qua\xa03 set. 2025"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_ends_may_stay() -> None:
    assert visible("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@given(st.text(st.characters()))
def test_no_text_commands_a_terminal(text: str) -> None:
    shown = visible(text)

    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert shown.encode().decode() == shown
