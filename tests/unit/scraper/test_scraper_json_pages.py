from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from functions.b3.checks import check_content, check_date
from functions.b3.errors import CheckFailed, UnreadablePayload
from functions.b3.json_pages import Page, read_page, read_portfolio
from functions.b3.portfolio import Member, Portfolio
from tests.portfolios import DAY, ibov, large
from tests.wire import Wire

Document = dict[str, Any]


def read(*documents: Document, language: str | None = None) -> Portfolio:
    pages = [read_page(json.dumps(document).encode()) for document in documents]
    return read_portfolio(pages, indice="IBOV", language=language)


@pytest.mark.parametrize("language", ["pt-br", "en-us"])
def test_both_languages_give_the_same_portfolio(language: str) -> None:
    portfolio = read(ibov(language=language).page(), language=language)

    assert (portfolio.indice, portfolio.data_pregao, portfolio.language) == (
        "IBOV",
        date(2025, 7, 14),
        language,
    )
    assert portfolio.qtde_teorica_total == 19_823_841_006
    assert portfolio.redutor == Decimal("15433595.60223638")
    assert portfolio.participacao_total == Decimal("100.000")
    assert portfolio.total_records == len(portfolio.members) == 6
    assert {m.codigo: m for m in portfolio.members}["ITUB4"] == Member(
        codigo="ITUB4",
        acao="ITAUUNIBANCO",
        tipo="PN  ED  N1",
        setor="Financeiro e Outros / Interm Financs",
        qtde_teorica=4_930_000_000,
        participacao=Decimal("41.304"),
        participacao_setor=Decimal("43.504"),
    )


def test_segment_1_has_no_sectors() -> None:
    document = ibov().page()
    for row in document["results"]:
        row["segment"] = row["partAcum"] = None

    assert {(m.setor, m.participacao_setor) for m in read(document).members} == {(None, None)}


def test_a_page_may_end_anywhere_in_a_sector() -> None:
    wire = large(130)

    portfolio = read(*(wire.page(number, size=50) for number in (1, 2, 3)))

    assert len({member.codigo for member in portfolio.members}) == 130
    assert portfolio.total_records == 130


def pages_of(*numbers: int) -> list[Document]:
    return [large(130).page(number, size=50) for number in numbers]


@pytest.mark.parametrize("numbers", [(1,), (1, 2), (1, 3), (1, 2, 2), (2, 1, 3), (1, 2, 3, 3)])
def test_missing_repeated_and_disordered_pages_are_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(CheckFailed) as refusal:
        read(*pages_of(*numbers))

    assert refusal.value.check == "all_pages_read"
    assert refusal.value.found == f"pages {list(numbers)}"


@pytest.mark.parametrize(
    ("key", "value"), [("date", "15/07/25"), ("theoricalQty", "1"), ("reductor", "1,00000000"), ("new", "x")]
)
def test_a_header_that_changes_between_pages_is_refused_with_both_values(key: str, value: str) -> None:
    pages = pages_of(1, 2, 3)
    before = pages[2]["header"].get(key)
    pages[2]["header"][key] = value

    with pytest.raises(CheckFailed) as refusal:
        read(*pages)

    assert refusal.value.check == f"same_header_on_every_page ({key}, page 3)"
    assert (refusal.value.expected, refusal.value.found) == (before, value)


@pytest.mark.parametrize(("asked", "answered"), [("pt-br", "en-us"), ("en-us", "pt-br")])
def test_another_language_than_asked_for_is_refused(asked: str, answered: str) -> None:
    with pytest.raises(UnreadablePayload, match=f"asked for {asked}, B3 answered in {answered}"):
        read(ibov(language=answered).page(), language=asked)


def test_numbers_in_another_language_than_the_header_states_are_refused() -> None:
    document = ibov(language="en-us").page()
    document["header"] = ibov().page()["header"]

    with pytest.raises(UnreadablePayload, match=r"ALOS3\.theoricalQty: .* in pt-br, found '476,976,044'"):
        read(document)


def test_a_header_in_a_third_language_is_refused() -> None:
    document = ibov().page()
    document["header"]["text"] = "Cantidad Teórica Total"

    with pytest.raises(UnreadablePayload, match=r"header\.text: expected .* found 'Cantidad Teórica Total'"):
        read(document)


@pytest.mark.parametrize("language", ["pt-br", "en-us"])
def test_the_theoretical_portfolio_has_no_date_and_states_its_language_by_the_redutor(language: str) -> None:
    document = ibov(language=language).page()
    del document["header"]["date"], document["header"]["text"]

    portfolio = read(document)

    assert portfolio.data_pregao is None
    assert portfolio.language == language
    assert portfolio.qtde_teorica_total == 19_823_841_006


def drop(*path: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        target: Any = document["results"][0] if path[0] == "results" else document[path[0]]
        del target[path[1]]

    return change


def put(value: object, *path: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        target: Any = document["results"][0] if path[0] == "results" else document[path[0]]
        target[path[1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop("header", "theoricalQty"), r"header\.theoricalQty: expected text, found None"),
        (put(16, "header", "reductor"), r"header\.reductor: expected text"),
        (put(19_823_841_006, "header", "theoricalQty"), r"header\.theoricalQty: expected text, found 1982"),
        (put(20250714, "header", "date"), r"header\.date: expected text, found 2025"),
        (put("30/02/25", "header", "date"), r"header\.date: expected a date as DD/MM/YY"),
        (drop("results", "cod"), r"results\.cod: expected text"),
        (drop("results", "asset"), r"B3SA3\.asset|ALOS3\.asset"),
        (drop("results", "part"), r"\.part: expected text"),
        (put("26,25", "results", "part"), r"\.part: expected a number with 3 decimals"),
        (put("1.2e9", "results", "theoricalQty"), r"\.theoricalQty: expected a whole number"),
        (put("", "results", "theoricalQty"), r"\.theoricalQty: expected a whole number"),
    ],
)
def test_a_field_that_is_missing_or_no_number_is_named(
    change: Callable[[Document], None], reason: str
) -> None:
    document = ibov().page()
    change(document)

    with pytest.raises(UnreadablePayload, match=reason):
        read(document)


@pytest.mark.parametrize("unstated", [drop, lambda *path: put(None, *path)], ids=["missing", "null"])
def test_the_day_is_refused_without_its_redutor_or_date(
    unstated: Callable[..., Callable[[Document], None]],
) -> None:
    document = ibov().page()
    unstated("header", "reductor")(document)
    with pytest.raises(CheckFailed, match="has_redutor"):
        check_content(read(document))

    document = ibov().page()
    unstated("header", "date")(document)
    with pytest.raises(CheckFailed, match="has_date"):
        check_date(read(document), captured_on=DAY)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "found nothing"),
        (b"<!DOCTYPE html><html><body>520</body></html>", "found an HTML page"),
        (b"\n <html lang=pt>", "found an HTML page"),
        (b"busy", "found 'busy'"),
        (b'{"page": {', "expected JSON, found"),
        (b"\xff\xfe\x00", "expected JSON, found"),
        (b"[]", "not a portfolio's page"),
        (b"null", "not a portfolio's page"),
        (b'{"page": {}, "header": {}, "results": []}', "not a portfolio's page"),
        (b'{"page": {"pageNumber": "1"}, "header": {}, "results": []}', "not a portfolio's page"),
        (b'{"results": null, "header": {}}', "unknown index"),
        (b'{"page": {"pageNumber": 1}, "header": null, "results": []}', "unknown index"),
    ],
)
def test_what_is_no_page_is_refused_by_what_it_is(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadablePayload, match=reason):
        read_page(body)


def test_rows_that_are_no_objects_are_refused() -> None:
    document = copy.deepcopy(ibov().page())
    document["results"].append("PETR4")

    with pytest.raises(UnreadablePayload, match="not a portfolio's page"):
        read_page(json.dumps(document).encode())


def test_page_numbers_come_from_the_body() -> None:
    page = read_page(large(130).json(2, size=50))

    assert (page.number, page.total_pages, page.total_records, len(page.results)) == (2, 3, 130, 50)
    assert isinstance(page, Page)


def test_wire_and_reader_agree_on_every_row() -> None:
    wire: Wire = large(120)

    read_back = {m.codigo: (m.qtde_teorica, m.participacao, m.setor) for m in read(wire.page()).members}

    assert read_back == {row.codigo: (row.quantidade, row.peso, row.setor) for row in wire.rows}
