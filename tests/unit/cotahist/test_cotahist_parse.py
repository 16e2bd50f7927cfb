"""Records to columns: exact whatever the digits, and refused where a field breaks the layout."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.b3.cotahist.errors import BadLine
from functions.b3.cotahist.layout import NUMBERS, QUOTE_SCHEMA, RECORD_BYTES, TEXTS, Number
from functions.b3.cotahist.parse import parse
from functions.b3.cotahist.records import Block
from tests.cotahist_files import batches, quote, text


def rows(*quotes: bytes) -> list[dict[str, Any]]:
    table = pa.Table.from_batches(batches(io.BytesIO(text(*quotes))))
    table.validate(full=True)
    assert table.schema == QUOTE_SCHEMA
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def test_every_field_lands_in_its_column() -> None:
    (row,) = rows(
        quote(
            data="20250708", codbdi="78", codneg="VALEG60", tpmerc="070", nomres="VALE    /E", especi="ON      NM",
            prazot="000", modref="R$", preabe=101, premax=202, premin=103, premed=104, preult=105, preofc=106,
            preofv=107, totneg=99_999, quatot=10**18 - 1, voltot=10**18 - 2, preexe=5_512, indopc=1,
            datven="20250718", fatcot=1, ptoexe=1_234_567, codisi="BRVALEACNOR0", dismes=221,
        )
    )  # fmt: skip
    assert row == {
        "data_pregao": date(2025, 7, 8),
        "codbdi": "78",
        "codigo": "VALEG60",
        "tipo_mercado": "070",
        "nome_resumido": "VALE    /E",
        "especificacao": "ON      NM",
        "prazo": "000",
        "moeda": "R$",
        "preco_abertura": Decimal("1.01"),
        "preco_maximo": Decimal("2.02"),
        "preco_minimo": Decimal("1.03"),
        "preco_medio": Decimal("1.04"),
        "preco_fechamento": Decimal("1.05"),
        "melhor_oferta_compra": Decimal("1.06"),
        "melhor_oferta_venda": Decimal("1.07"),
        "qtd_negocios": 99_999,
        "qtd_titulos": 999_999_999_999_999_999,
        "vl_negociado": Decimal("9999999999999999.98"),
        "preco_exercicio": Decimal("55.12"),
        "indicador_correcao": "1",
        "data_vencimento": date(2025, 7, 18),
        "fator_cotacao": 1,
        "preco_exercicio_pontos": Decimal("1.234567"),
        "isin": "BRVALEACNOR0",
        "numero_distribuicao": 221,
    }


@pytest.mark.parametrize(
    ("factor", "price"),
    [(1, "8.80"), (10, "0.88"), (100, "0.088"), (1_000, "0.0088"), (1_000_000, "0.0000088")],
)
def test_prices_are_per_share_whatever_the_quotation_factor(factor: int, price: str) -> None:
    usual, other = rows(quote(premed=880), quote(codneg="CBEE3", premed=880, fatcot=factor, voltot=78_400))
    assert usual["preco_medio"] == Decimal("8.80")
    assert other["preco_medio"] == Decimal(price)
    assert other["vl_negociado"] == Decimal("784.00")
    assert other["fator_cotacao"] == factor


@pytest.mark.parametrize("factor", [0, 3, 500, 10_000_000 - 1])
def test_an_unknown_quotation_factor_is_refused(factor: int) -> None:
    with pytest.raises(BadLine, match=r"line 3 \(.*\): the quotation factor"):
        rows(quote(), quote(fatcot=factor))


def test_a_price_that_no_column_holds_is_refused() -> None:
    assert rows(quote(premax=10**12 - 1))[0]["preco_maximo"] == Decimal("9999999999.99")
    with pytest.raises(BadLine, match=r"line 2 \(.*\): preco_maximo is over 10 billion"):
        rows(quote(premax=10**12))
    assert rows(quote(premax=10**13 - 1, fatcot=1_000))[0]["preco_maximo"] == Decimal("99999999.99999")


def test_blank_terms_and_missing_expiries_are_null() -> None:
    cash, forward = rows(quote(), quote(codneg="PETR4T", tpmerc="030", codbdi="62", prazot="030"))
    assert (cash["prazo"], cash["data_vencimento"]) == (None, None)
    assert forward["prazo"] == "030"
    assert rows(quote(datven="00000000"))[0]["data_vencimento"] is None


def test_latin_1_texts_and_inner_spaces_are_kept() -> None:
    plain, accented = rows(quote(), quote(codneg="AÇÃO4", nomres="SÃO  PAULO"))
    assert (accented["codigo"], accented["nome_resumido"]) == ("AÇÃO4", "SÃO  PAULO")
    assert plain["nome_resumido"] == "PETROBRAS"


@pytest.mark.parametrize("day", ["20160230", "20161301", "20160100", "00000000"])
def test_a_session_that_is_no_date_is_refused(day: str) -> None:
    with pytest.raises(BadLine, match=rf"line 3 \(.*\): data_pregao is {day}, expected a date"):
        rows(quote(), quote(data=day))


def test_a_leap_day_is_a_date() -> None:
    assert rows(quote(data="20160229"))[0]["data_pregao"] == date(2016, 2, 29)


@pytest.mark.parametrize("field", NUMBERS, ids=lambda field: field.column)
@pytest.mark.parametrize("strange", [b" ", b"-", b"/", b":", b"A", b"\xb5", b"."])
def test_a_number_that_is_not_digits_is_named(field: Number, strange: bytes) -> None:
    bad = bytearray(quote())
    bad[field.end - 1 : field.end] = strange
    with pytest.raises(
        BadLine, match=rf"line 4 \(.*\): {field.column} is .*, expected {field.digits} digits"
    ):
        rows(quote(), quote(codneg="ABCD3"), bytes(bad))


def test_a_quote_without_a_ticker_is_refused() -> None:
    with pytest.raises(BadLine, match=r"line 2 \(.*\): codigo is blank"):
        rows(quote(codneg=""))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.sampled_from([1, 2, 100, 3000]))
def test_numbers_are_read_as_python_reads_them(seed: int, count: int) -> None:
    records = np.tile(np.frombuffer(quote(), np.uint8), (count, 1))
    fields = [
        field for field in NUMBERS if field.column.startswith(("qtd", "vl_", "preco_exercicio", "numero"))
    ]
    rng = np.random.default_rng(seed)
    for field in fields:
        records[:, field.start : field.end] = rng.integers(48, 58, (count, field.digits))

    parsed = parse(Block(records, np.arange(count) + 2))

    assert parsed.faults == ()
    for field in fields:
        texts = [bytes(row[field.start : field.end]) for row in records]
        assert parsed.numbers[field.column].tolist() == [int(text) for text in texts]


@settings(max_examples=200, deadline=None)
@given(byte=st.integers(0, 255), place=st.integers(0, 17), row=st.integers(0, 299))
def test_only_the_ten_digits_are_digits(byte: int, place: int, row: int) -> None:
    (field,) = (field for field in NUMBERS if field.column == "qtd_titulos")
    records = np.tile(np.frombuffer(quote(), np.uint8), (300, 1))
    records[row, field.start + place] = byte

    parsed = parse(Block(records, np.arange(300) + 2))

    if chr(byte).isascii() and chr(byte).isdigit():
        assert parsed.faults == ()
    else:
        assert [fault.number for fault in parsed.faults] == [row + 2]
        assert f"(PETR4 of 20160104): {field.column} is " in str(parsed.faults[0])
        assert len(parsed.without_faults().block.records) == 299


def test_the_layout_covers_the_record_without_overlaps() -> None:
    spans = sorted((field.start, field.end) for field in (*TEXTS, *NUMBERS))
    assert spans[0][0] == 2
    assert spans[-1][1] == RECORD_BYTES
    assert all(end == start for (_, end), (start, _) in pairwise(spans))


@pytest.mark.emulator
def test_a_cold_lambda_does_not_wait_for_pandas() -> None:
    program = """
import io, sys
from datetime import UTC, datetime
import numpy as np
from functions.b3.cotahist.parse import parse
from functions.b3.cotahist.records import Block
from functions.quotes.raw import to_parquet
from tests.cotahist_files import batches, quote, text
assert sum(batch.num_rows for batch in batches(io.BytesIO(text(quote(), quote(codneg="A", prazot="030"))))) == 2
records = np.frombuffer(quote(), np.uint8).reshape(1, -1)
block = Block(records, np.array([2]))
assert to_parquet(parse(block), captured_at=datetime.now(UTC), payload_sha256="0" * 64)
sys.exit("pandas was imported" if "pandas" in sys.modules else 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_first_bad_line_is_named_whatever_block_it_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "functions.b3.cotahist.records.RecordFile.__init__.__kwdefaults__", {"block_records": 2}
    )
    quotes = [quote(codneg=f"ABCD{n}") for n in range(20)]
    quotes[3] = quote(totneg="0000X")
    quotes[6] = quotes[6][:-1]
    with pytest.raises(BadLine, match=r"line 5 \(.*\): qtd_negocios is '0000X'"):
        rows(*quotes)
