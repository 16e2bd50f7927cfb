"""What a section of the report is made of, before it becomes a terminal's table or the page's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from markupsafe import Markup


class Kind(StrEnum):
    """How a column is set."""

    TEXT = "text"
    CODE = "code"  # a ticker, its company beside it
    NUMBER = "number"
    CHART = "chart"  # only on the page


class Tone(StrEnum):
    """What a cell's colour says; the sign or the word says it too."""

    PLAIN = ""
    UP = "up"
    DOWN = "down"
    SOFT = "soft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``label`` is the heading, possibly empty over a chart."""

    label: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Cell:
    """``note`` is a softer second text (a ticker's company); ``chart`` is SVG for the page."""

    text: str
    tone: Tone = Tone.PLAIN
    note: str = ""
    chart: Markup = field(default_factory=Markup)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows as long as ``columns``; ``footer`` rows are sums. ``caption`` may be empty."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    footer: Sequence[Sequence[Cell]] = ()
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A question and its answer.

    ``key`` names it in the page's addresses; ``figure`` is SVG above the tables, for the page; ``long`` ones are
    many rows.
    """

    key: str
    title: str
    note: str = ""
    figure: Markup = field(default_factory=Markup)
    tables: Sequence[Table] = ()
    wide: bool = False
    long: bool = False


def tone_of(value: object) -> Tone:
    """Up, down, or neither, by a number's sign."""
    if value is None or not value:
        return Tone.PLAIN
    return Tone.DOWN if str(value).startswith("-") else Tone.UP
