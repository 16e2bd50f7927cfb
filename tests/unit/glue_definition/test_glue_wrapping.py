"""Expectations follow "The Black code style"; they were compared with the formatter's own output."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bovespa.glue.script.wrapping import WIDTH, wrap

NAME = st.from_regex(r"[a-z]{3,40}_node[0-9]{1,13}", fullmatch=True)
WORD = st.from_regex(r"[a-z ]{1,30}", fullmatch=True)


@pytest.mark.parametrize(
    ("raw", "wrapped"),
    [
        ('x =  f(a = 1, b= {"k":2})', 'x = f(a=1, b={"k": 2})'),
        ("x['a'] = 'it\\'s'", 'x["a"] = "it\'s"'),
        ('x = {"quoteChar": "\\""}', 'x = {"quoteChar": \'"\'}'),
        ("f = lambda row: (not(row['a'] == -1))", 'f = lambda row: (not (row["a"] == -1))'),
        ("q = '''\nselect 1\n'''", 'q = """\nselect 1\n"""'),
    ],
)
def test_spacing_and_quotes(raw: str, wrapped: str) -> None:
    assert wrap(raw) == wrapped


def test_a_calls_arguments_move_to_one_line_if_they_fit() -> None:
    raw = f'{"t" * 30}.setCatalogInfo(catalogDatabase="{"d" * 20}",catalogTableName="{"n" * 20}")'
    assert wrap(raw) == (
        f'{"t" * 30}.setCatalogInfo(\n    catalogDatabase="{"d" * 20}", catalogTableName="{"n" * 20}"\n)'
    )


def test_arguments_that_do_not_fit_and_long_displays_go_element_by_element() -> None:
    raw = f'x = DropFields.apply(frame={"f" * 40}, paths=["{"a" * 40}", "{"b" * 40}"], ctx="x")'
    assert wrap(raw) == (
        "x = DropFields.apply(\n"
        f"    frame={'f' * 40},\n"
        "    paths=[\n"
        f'        "{"a" * 40}",\n'
        f'        "{"b" * 40}",\n'
        "    ],\n"
        '    ctx="x",\n'
        ")"
    )


def test_a_long_name_puts_the_call_into_parentheses() -> None:
    name = "n" * 60
    raw = f'{name} = glueContext.create_dynamic_frame.from_catalog(database="a", table_name="b")'
    assert wrap(raw) == (
        f'{name} = (\n    glueContext.create_dynamic_frame.from_catalog(database="a", table_name="b")\n)'
    )


def test_parentheses_that_do_not_help_are_left_out() -> None:
    name, path = "n" * 60, "p" * 90
    assert wrap(f'{name} = glueContext.create_dynamic_frame.from_options(path="{path}")').splitlines() == [
        f"{name} = glueContext.create_dynamic_frame.from_options(",
        f'    path="{path}"',
        ")",
    ]


def test_conditions_break_before_their_operators() -> None:
    raw = f"x = f(a, (bool({'b' * 50}) and {'c' * 40} > 1))"
    assert wrap(raw) == (
        f"x = f(\n    a,\n    (\n        bool({'b' * 50})\n        and {'c' * 40} > 1\n    ),\n)"
    )


@settings(deadline=None)
@given(NAME, NAME, st.lists(WORD, min_size=1, max_size=12))
def test_wrapping_changes_no_meaning_and_respects_the_width(name: str, frame: str, paths: list[str]) -> None:
    listed = ", ".join(f'"{path}"' for path in paths)
    raw = f'{name} = DropFields.apply(frame={frame}, paths=[{listed}], transformation_ctx="{name}")'
    wrapped = wrap(raw)
    assert ast.dump(ast.parse(wrapped)) == ast.dump(ast.parse(raw))
    assert all(len(line) <= WIDTH for line in wrapped.splitlines())


def test_function_bodies_comments_and_broken_code_are_left_alone() -> None:
    code = "def f(a,b):\n    return a+b\n# note  here\nx = (1"
    assert wrap(code) == code
