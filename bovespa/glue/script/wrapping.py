"""Glue Studio's writing style until March 2024: its output went through the formatter black (88 columns).

Only what generated statements consist of is covered: assignments of calls with nested displays, boolean
and comparison operators, string literals. The rules are those of "The Black code style": right-hand split
at the last bracket, one element a line with a trailing comma, double quotes preferred.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

WIDTH = 88
INDENT = "    "
OPENING = {"(": ")", "[": "]", "{": "}"}
OPERATORS = (("if", "else"), ("or",), ("and",), ("==", "<", ">", "<=", ">=", "is", "in"), ("&",))
SPACED = {"=", "==", "<", ">", "<=", ">=", "&", "and", "or", "is", "in", "if", "else"}
# Comments, the bodies of functions and their headers, and statements with wrapping rules of their own.
UNTOUCHED = ("#", " ", "\t", ".", "def ", "assert ", "if ", "else:")
IGNORED = {
    tokenize.ENCODING,
    tokenize.NEWLINE,
    tokenize.NL,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.DEDENT,
}


@dataclass(frozen=True, slots=True)
class Group:
    """A pair of brackets and what is between; `call` if it follows a name or another bracket."""

    bracket: str
    items: tuple[Item, ...]
    call: bool


Item = str | Group


def wrap(code: str) -> str:
    """Every statement of generated code, wrapped; comments and unparsable text stay as they are."""
    return "\n".join(line for statement in _statements(code) for line in _wrap_statement(statement))


def _statements(code: str) -> Iterator[str]:
    """Logical lines; a triple-quoted literal or a pair of brackets may hold line breaks."""
    lines = code.split("\n")
    start = 0
    for end in range(1, len(lines) + 1):
        chunk = "\n".join(lines[start:end])
        if chunk.count("'''") % 2 == 0 and chunk.count('"""') % 2 == 0 and not _is_open(chunk):
            yield chunk
            start = end
    if start < len(lines):
        yield "\n".join(lines[start:])


def _is_open(chunk: str) -> bool:
    """Whether a bracket is still open at the end."""
    if chunk.startswith(UNTOUCHED):
        return False
    try:
        list(tokenize.generate_tokens(io.StringIO(chunk).readline))
    except tokenize.TokenError as error:
        return "EOF in multi-line statement" in str(error)
    except SyntaxError:
        return False
    return False


def _wrap_statement(statement: str) -> list[str]:
    if not statement.strip() or statement.startswith(UNTOUCHED):
        return [statement]
    try:
        items = _parse(statement)
    except (tokenize.TokenError, SyntaxError, IndexError):
        return [statement]
    if any("\n" in leaf for leaf in _leaves(items)):
        return [_render(items)]
    flat = _render(items)
    if len(flat) <= WIDTH:
        return [flat]
    lines = _split_last_bracket(items, "", "")
    if len(lines[0]) > WIDTH and "=" in items:
        equals = items.index("=")
        head, value = items[: equals + 1], items[equals + 1 :]
        forced = [_render((*head, "")) + " (", *_wrap_line(value, INDENT, ""), ")"]
        if all(len(line) <= WIDTH for line in forced):
            return forced
    return lines


def _wrap_line(items: tuple[Item, ...], indent: str, suffix: str, *, keywords: bool = False) -> list[str]:
    """One line inside brackets, split by its weakest operator or at its last bracket if it is too long."""
    flat = indent + _render(items, keywords=keywords) + suffix
    if len(flat) <= WIDTH:
        return [flat]
    parts = _split_operators(items)
    if parts is not None:
        lines = []
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            lines += _wrap_line(part, indent, suffix if last else "", keywords=keywords)
        return lines
    return _split_last_bracket(items, indent, suffix, keywords=keywords)


def _split_last_bracket(
    items: tuple[Item, ...], indent: str, suffix: str, *, keywords: bool = False
) -> list[str]:
    at = next((i for i in reversed(range(len(items))) if isinstance(items[i], Group)), None)
    group = items[at] if at is not None else None
    if at is None or not isinstance(group, Group) or not group.items:
        return [indent + _render(items, keywords=keywords) + suffix]
    head = indent + _render((*items[:at], Group(group.bracket, (), group.call)), keywords=keywords)[:-1]
    tail = indent + OPENING[group.bracket] + _render(items[at + 1 :]) + suffix
    return [head, *_wrap_body(group, indent + INDENT), tail]


def _wrap_body(group: Group, indent: str) -> list[str]:
    """What brackets hold, on lines of its own: a display element by element, a call only if it must."""
    keywords = group.call and group.bracket == "("
    flat = indent + _render(group.items, keywords=keywords)
    if "," not in group.items or (group.call and len(flat) <= WIDTH):
        return _wrap_line(group.items, indent, "", keywords=keywords)
    lines = []
    for element in _elements(group.items):
        lines += _wrap_line(element, indent, ",", keywords=keywords)
    return lines


def _split_operators(items: tuple[Item, ...]) -> list[tuple[Item, ...]] | None:
    if "lambda" in items:
        return None
    for operators in OPERATORS:
        places = [index for index, item in enumerate(items) if index and item in operators]
        if places:
            bounds = [0, *places, len(items)]
            return [items[one:other] for one, other in pairwise(bounds) if items[one:other]]
    return None


def _elements(items: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    element: list[Item] = []
    for item in items:
        if item == ",":
            yield tuple(element)
            element = []
        else:
            element.append(item)
    if element:
        yield tuple(element)


def _parse(source: str) -> tuple[Item, ...]:
    tokens = [
        token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type not in IGNORED
    ]
    strings = [_requoted(token.string) if token.type == tokenize.STRING else token.string for token in tokens]
    items, rest = _group(strings, 0, None)
    if rest != len(strings):
        raise SyntaxError("brackets don't match")
    return items


def _group(strings: list[str], index: int, closing: str | None) -> tuple[tuple[Item, ...], int]:
    items: list[Item] = []
    while index < len(strings):
        text = strings[index]
        if text == closing:
            return tuple(items), index + 1
        if text in OPENING:
            before = items[-1] if items else ""
            call = isinstance(before, Group) or (
                before.isidentifier() and before not in SPACED | {"not", "lambda"}
            )
            inner, index = _group(strings, index + 1, OPENING[text])
            items.append(Group(text, inner, call))
        else:
            items.append(text)
            index += 1
    if closing is not None:
        raise SyntaxError("brackets don't match")
    return tuple(items), index


def _render(items: tuple[Item, ...], *, keywords: bool = False) -> str:
    """The items on one line, with black's spaces; `keywords` inside a call, where `=` has none."""
    text = ""
    for index, item in enumerate(items):
        before = items[index - 1] if index else None
        if isinstance(item, Group):
            body = _render(item.items, keywords=item.call and item.bracket == "(")
            if before == "not":
                text += " "
            text += item.bracket + body + OPENING[item.bracket]
        elif item == "=" and keywords:
            text += item
        elif item in SPACED:
            text += f" {item} " if text else f"{item} "
        elif item == ",":
            text += ", " if index < len(items) - 1 else ","
        elif item == ":":
            text += ": "
        elif item == "lambda":
            text += "lambda "
        elif item == "assert":
            text += "assert "
        else:
            text += item
    return text.rstrip() if text.endswith(" ") else text


def _leaves(items: tuple[Item, ...]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Group):
            yield from _leaves(item.items)
        else:
            yield item


def _requoted(literal: str) -> str:
    """A string literal with double quotes, unless that costs more backslashes."""
    if literal[:3] == "'''":
        return f'"""{literal[3:-3]}"""' if '"""' not in literal else literal
    if literal[:3] == '"""' or literal[0] not in "\"'":
        return literal
    quote, body = literal[0], literal[1:-1]
    other = "'" if quote == '"' else '"'
    unescaped = body.replace(f"\\{quote}", quote)
    changed = unescaped.replace(other, f"\\{other}") if f"\\{other}" not in unescaped else unescaped
    before, after = body.count("\\"), changed.count("\\")
    better = after < before or (quote == "'" and after == before)
    return f"{other}{changed}{other}" if better else literal
