"""The tables' columns stand once; what is made from them is current."""

from __future__ import annotations

import pytest

from lake import dictionary
from lake.arrow import schema_of
from lake.tables import bitcoin_trades, carteira, negociacao
from lake.tables.column import Column, Table
from lake.views import views

TABLES = (*dictionary.RAW, *dictionary.REFINED, *dictionary.STREAM)


@pytest.mark.parametrize("name", ["data-dictionary.md", "data-dictionary.pt-BR.md"])
def test_the_data_dictionary_is_current(name: str) -> None:
    """`make dictionary` makes it again."""
    assert (dictionary.FOLDER / name).read_text(encoding="utf-8") == dictionary.pages()[name]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.prefix)
def test_a_tables_columns_have_names_and_types_of_their_own(table: Table) -> None:
    names = [column.name for column in table.all_columns]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() and name == name.lower() for name in names)
    assert len(schema_of(table.all_columns)) == len(names)


def test_a_view_has_its_tables_columns() -> None:
    continued = {view.name: view for view in views()}["negociacao_continua"]
    assert [column.name for column in continued.columns[:-1]] == [
        column.name for column in negociacao.REFINED.all_columns
    ]


def test_a_comment_must_fit_the_catalogue() -> None:
    with pytest.raises(ValueError, match="x: a comment"):
        Column(name="x", type="string", comment="x" * 256, comment_pt="x")


def test_raw_timestamps_are_utc_microseconds_and_decimals_exact() -> None:
    types = {field.name: str(field.type) for field in schema_of(carteira.RAW.columns)}
    assert (types["coletado_em"], types["redutor"]) == ("timestamp[us, tz=UTC]", "decimal128(24, 8)")
    assert str(schema_of(bitcoin_trades.TRADES.columns).field("price").type) == "decimal128(18, 8)"
