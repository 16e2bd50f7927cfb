from __future__ import annotations

import ast
import io
import tokenize
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bovespa.glue.script.literals import block, number, text

NASTY = st.text(alphabet=st.sampled_from(list("ab'\"\\\n\r\t #{}()xNu0\x00\u2028é")), max_size=12)


def is_one_string(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        value = ast.literal_eval(source)
    kinds = [
        token.type
        for token in tokens
        if token.type not in (tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.NL)
    ]
    return kinds == [tokenize.STRING] and isinstance(value, str)


@settings(deadline=None)
@given(NASTY)
def test_any_text_stays_inside_one_literal(value: str) -> None:
    assert is_one_string(text(value))


@settings(deadline=None)
@given(NASTY, st.sampled_from(["'", '"']))
def test_any_text_stays_inside_one_block(value: str, quote: str) -> None:
    assert is_one_string(block(value, quote))


@settings(deadline=None)
@given(st.text().filter(lambda value: "\\" not in value))
def test_text_without_backslashes_keeps_its_value(value: str) -> None:
    assert ast.literal_eval(text(value)) == value


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain é", '"plain é"'),
        (r"\d+\s", r'"\d+\s"'),
        ('a"b', r'"a\"b"'),
        ("a\nb", r'"a\nb"'),
        ("ends \\", r'"ends \\"'),
    ],
)
def test_backslashes_are_kept_as_glue_studio_keeps_them(value: str, literal: str) -> None:
    assert text(value) == literal


@pytest.mark.parametrize(
    ("value", "expected"), [("0", "0"), ("-1.5", "-1.5"), (7, "7"), ("x", None), ("1;2", None)]
)
def test_only_numbers_are_numbers(value: object, expected: str | None) -> None:
    assert number(value) == expected


def test_true_is_no_number() -> None:
    assert number("True") is None
