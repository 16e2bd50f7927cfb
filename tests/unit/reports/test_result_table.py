"""A query's answer in a narrow terminal: rows stay named, numbers stay whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lake.athena import Result
from reports.result_table import GAP, KEYS, blocks

WIDE = Result(
    columns=("valor_total", "data_pregao", "nome_empresa", "participacao", "codigo"),
    rows=(
        (Decimal("1234567890.12"), date(2025, 9, 3), "ITAUUNIBANCO", Decimal("11.761"), "ITUB4"),
        (None, date(2025, 9, 3), "PETROBRAS", Decimal("9.135"), "PETR4"),
    ),
    scanned_bytes=None,
)


def test_where_it_fits_there_is_one_table_with_the_keys_first() -> None:
    (block,) = blocks(WIDE, width=200)

    assert block.headings == ("codigo", "data_pregao", "valor_total", "nome_empresa", "participacao")
    assert block.numeric == (False, False, True, False, True)
    assert block.rows[0] == ("ITUB4", "03/09/2025", "1.234.567.890,12", "ITAUUNIBANCO", "11,761")


def test_where_it_does_not_fit_every_part_names_its_rows() -> None:
    parts = blocks(WIDE, width=40)

    assert len(parts) > 1
    assert all(part.headings[:2] == ("codigo", "data_pregao") for part in parts)
    assert [name for part in parts for name in part.headings[2:]] == [
        "valor_total",
        "nome_empresa",
        "participacao",
    ]


@given(
    names=st.lists(st.sampled_from([*KEYS, "valor", "peso", "nome", "retorno"]), min_size=1, unique=True),
    width=st.integers(1, 120),
    data=st.data(),
)
def test_no_column_is_lost_and_no_line_is_wider_than_it_must_be(
    names: list[str], width: int, data: st.DataObject
) -> None:
    row = tuple(data.draw(st.text("abc", max_size=30)) for _ in names)
    result = Result(columns=tuple(names), rows=(row,), scanned_bytes=None)
    keys = [name for name in names if name in KEYS]

    parts = blocks(result, width=width)

    assert [name for part in parts for name in part.headings if name not in KEYS] == [
        name for name in names if name not in KEYS
    ]
    for part in parts:
        assert set(part.headings) >= set(keys)
        used = sum(
            max(len(name), len(text)) + GAP for name, text in zip(part.headings, part.rows[0], strict=True)
        )
        assert used - GAP <= width or len(part.headings) <= len(keys) + 1
