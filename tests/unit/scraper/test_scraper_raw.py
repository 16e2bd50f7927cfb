from __future__ import annotations

import io
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from functions.b3.documents import read_document
from functions.b3.parquet import Row
from functions.scraper.collect import Collected
from functions.scraper.raw import brings_news, from_parquet, rows_of, to_parquet
from lake.tables.carteira import day_key
from tests.portfolios import CAPTURED, ibov


def rows(body: bytes, *, captured_at: datetime = CAPTURED, sha256: str = "ab" * 32) -> list[Row]:
    portfolio = read_document(body, indice="IBOV")
    return rows_of(Collected(portfolio=portfolio, payload_sha256=sha256), captured_at=captured_at)


WHOLE = rows(ibov().json())
POOR = rows(ibov().csv())


def test_the_file_has_exactly_the_documented_schema() -> None:
    schema = pq.read_schema(io.BytesIO(to_parquet(WHOLE)))

    assert [(field.name, field.type, field.nullable) for field in schema] == [
        ("indice", pa.string(), False),
        ("codigo", pa.string(), False),
        ("acao", pa.string(), False),
        ("tipo", pa.string(), False),
        ("setor", pa.string(), True),
        ("qtde_teorica", pa.int64(), False),
        ("participacao", pa.decimal128(9, 3), False),
        ("participacao_setor", pa.decimal128(9, 3), True),
        ("redutor", pa.decimal128(24, 8), False),
        ("qtde_teorica_total", pa.int64(), False),
        ("data_pregao", pa.date32(), False),
        ("coletado_em", pa.timestamp("us", tz="UTC"), False),
        ("payload_sha256", pa.string(), False),
    ]


def test_every_value_comes_back_exactly() -> None:
    read_back = from_parquet(to_parquet(WHOLE))

    assert read_back == WHOLE
    petr4 = next(row for row in read_back if row["codigo"] == "PETR4")
    assert petr4 == {
        "indice": "IBOV",
        "codigo": "PETR4",
        "acao": "PETROBRAS",
        "tipo": "PN  ATZ N2",
        "setor": "Petróleo, Gás e Biocombustíveis",
        "qtde_teorica": 4_566_457_037,
        "participacao": Decimal("26.250"),
        "participacao_setor": Decimal("26.250"),
        "redutor": Decimal("15433595.60223638"),
        "qtde_teorica_total": 19_823_841_006,
        "data_pregao": date(2025, 7, 14),
        "coletado_em": datetime(2025, 7, 14, 21, 15, tzinfo=UTC),
        "payload_sha256": "ab" * 32,
    }


def test_the_same_rows_give_the_same_bytes_in_whatever_order_they_come() -> None:
    shuffled = list(WHOLE)
    random.Random(7).shuffle(shuffled)

    assert to_parquet(shuffled) == to_parquet(WHOLE)
    assert shuffled != WHOLE


def test_a_quantity_beyond_64_bits_is_an_error_and_not_another_number() -> None:
    with pytest.raises((pa.ArrowException, OverflowError)):
        to_parquet([{**WHOLE[0], "qtde_teorica": 2**63}])


def test_the_key_is_a_function_of_the_day_alone() -> None:
    assert day_key(date(2025, 7, 4)) == "raw/carteira/dt=2025-07-04/carteira.parquet"


def test_when_a_portfolio_was_captured_is_no_news() -> None:
    later = rows(ibov().json(), captured_at=CAPTURED + timedelta(hours=9), sha256="cd" * 32)

    assert not brings_news(WHOLE, later)
    assert not brings_news(from_parquet(to_parquet(WHOLE)), later)


def test_the_same_portfolio_without_its_sectors_is_no_news() -> None:
    assert not brings_news(WHOLE, POOR)
    assert not brings_news(POOR, POOR)


def test_sectors_where_there_were_none_are_news() -> None:
    assert brings_news(POOR, WHOLE)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("qtde_teorica", 1),
        ("participacao", Decimal("0.546")),
        ("acao", "OUTRA"),
        ("tipo", "ON      N1"),
        ("redutor", Decimal("15433595.60223639")),
        ("codigo", "ALOS4"),
    ],
)
@pytest.mark.parametrize("new", [WHOLE, POOR], ids=["with sectors", "without"])
def test_any_other_difference_is_news(column: str, value: object, new: list[Row]) -> None:
    corrected = [{**new[0], column: value}, *new[1:]]

    assert brings_news(WHOLE, corrected)


@pytest.mark.parametrize(("column", "value"), [("setor", "Outro"), ("participacao_setor", Decimal("0.546"))])
def test_a_corrected_sector_is_news(column: str, value: object) -> None:
    assert brings_news(WHOLE, [{**WHOLE[0], column: value}, *WHOLE[1:]])


def test_a_member_more_or_less_is_news() -> None:
    assert brings_news([], WHOLE)
    assert brings_news(WHOLE, WHOLE[:-1])
    assert brings_news(WHOLE[:-1], WHOLE)


def test_rows_are_sorted_by_ticker_and_carry_their_provenance() -> None:
    wire = ibov()
    found = rows(wire.but(rows=list(reversed(wire.rows))).json())

    assert [row["codigo"] for row in found] == sorted(row.codigo for row in wire.rows)
    assert {(row["coletado_em"], row["payload_sha256"]) for row in found} == {(CAPTURED, "ab" * 32)}


def test_a_portfolio_in_english_gives_the_same_rows() -> None:
    assert rows(ibov(language="en-us").json()) == WHOLE
