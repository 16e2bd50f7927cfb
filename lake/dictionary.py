"""``docs/data-dictionary.md`` and its Portuguese twin, from the tables' own columns: ``make dictionary``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lake.tables import bitcoin_trades, carteira, carteira_teorica, negociacao, refined_tables
from lake.tables.column import Column, Table
from lake.views import View, views

FOLDER = Path(__file__).resolve().parents[1] / "docs"
RAW = (carteira.RAW, negociacao.RAW, carteira_teorica.RAW)
REFINED = refined_tables()
STREAM = (bitcoin_trades.TRADES,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    title: str
    preface: str
    refined: str
    views: str
    raw: str
    stream: str
    head: str
    key: str
    null: str
    portuguese: bool

    def of_column(self, column: Column) -> str:
        return column.comment_pt if self.portuguese else column.comment

    def of_table(self, table: Table) -> str:
        return table.description_pt if self.portuguese else table.description

    def of_view(self, view: View) -> str:
        return view.description_pt if self.portuguese else view.description


_ENGLISH = _Words(
    title="Data dictionary",
    preface="Every table and view of the lake. Made by `make dictionary` from [`lake/tables/`](../lake/tables), "
    "as are the comments in the Glue catalogue. Leia em [português](data-dictionary.pt-BR.md).",
    refined="Refined, in Athena",
    views="Views",
    raw="Raw, as captured",
    stream="The Bitcoin stream",
    head="| Column | Type | What it says |",
    key="partition",
    null="may be null",
    portuguese=False,
)
_PORTUGUESE = _Words(
    title="Dicionário de dados",
    preface="Todas as tabelas e visões do lake. Feito por `make dictionary` a partir de "
    "[`lake/tables/`](../lake/tables), como os comentários no catálogo do Glue. Read it in [English](data-dictionary.md).",
    refined="Refinadas, no Athena",
    views="Visões",
    raw="Brutas, como capturadas",
    stream="O stream de Bitcoin",
    head="| Coluna | Tipo | O que diz |",
    key="partição",
    null="pode ser nula",
    portuguese=True,
)


def pages() -> dict[str, str]:
    """The documents by their file names."""
    return {"data-dictionary.md": _page(_ENGLISH), "data-dictionary.pt-BR.md": _page(_PORTUGUESE)}


def _page(words: _Words) -> str:
    lines = [f"# {words.title}", "", words.preface, ""]
    for heading, tables in ((words.refined, REFINED), (words.raw, RAW), (words.stream, STREAM)):
        lines += [f"## {heading}", ""]
        for table in tables:
            lines += [f"### `{table.name}`", "", f"{words.of_table(table)} `{table.prefix}`", ""]
            lines += _columns(words, table.columns, table.keys)
        if tables is REFINED:
            lines += [f"## {words.views}", ""]
            for view in views():
                lines += [f"### `{view.name}`", "", words.of_view(view), ""]
                lines += _columns(words, view.columns, ())
    return "\n".join(lines).rstrip() + "\n"


def _columns(words: _Words, columns: Sequence[Column], keys: Sequence[Column]) -> list[str]:
    rows = [words.head, "|---|---|---|"]
    for column in (*columns, *keys):
        notes = [words.of_column(column)]
        notes += [words.key] if column in keys else []
        notes += [words.null] if column.nullable else []
        rows.append(f"| `{column.name}` | {column.type} | {'; '.join(notes).replace('|', chr(92) + '|')} |")
    return [*rows, ""]


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
