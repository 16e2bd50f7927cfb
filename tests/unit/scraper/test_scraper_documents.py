from __future__ import annotations

import base64
import contextlib
import io
import itertools
import json
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.b3 import documents
from functions.b3.documents import decode_download, index_in, read_csv, read_document
from functions.b3.errors import B3Error, CheckFailed, UnreadablePayload
from functions.b3.portfolio import Portfolio
from tests.portfolios import ibov, large
from tests.wire import Wire


def zipped(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return buffer.getvalue()


def spreadsheet(wire: Wire, *, numbers: bool, sectors: bool) -> bytes:
    """The download as somebody saves it: cells of text, or of what a spreadsheet takes for numbers."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([wire.title()])
    header, *rows = wire.table(sectors=sectors)
    sheet.append(header)
    for row in rows:
        sheet.append([_number(cell) if numbers else cell for cell in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _number(cell: str) -> str | int | float:
    plain = cell.replace(".", "").replace(",", ".")
    if not plain.replace(".", "").isdigit():
        return cell
    return float(plain) if "." in plain else int(plain)


def facts(portfolio: Portfolio) -> dict[str, tuple[object, ...]]:
    return {m.codigo: (m.acao, m.tipo, m.qtde_teorica, m.participacao) for m in portfolio.members}


EXPECTED = {row.codigo: (row.acao, row.tipo.rstrip(), row.quantidade, row.peso) for row in ibov().rows}


def assert_whole(portfolio: Portfolio, *, language: str, sectors: bool) -> None:
    assert facts(portfolio) == EXPECTED
    assert (portfolio.indice, portfolio.data_pregao, portfolio.language) == (
        "IBOV",
        date(2025, 7, 14),
        language,
    )
    assert portfolio.qtde_teorica_total == 19_823_841_006
    assert portfolio.participacao_total == Decimal("100.000")
    assert portfolio.redutor == Decimal("15433595.60223638")
    found = {m.codigo: (m.setor, m.participacao_setor) for m in portfolio.members}
    if sectors:
        assert found["ITUB4"] == ("Financeiro e Outros / Interm Financs", Decimal("43.504"))
        assert found["PETR4"] == ("Petróleo, Gás e Biocombustíveis", Decimal("26.250"))
    else:
        assert set(found.values()) == {(None, None)}


CSV_FORMS = [
    pytest.param(language, sectors, eol, encoding, id="-".join((language, str(sectors), repr(eol), encoding)))
    for language, sectors, eol, encoding in itertools.product(
        ("pt-br", "en-us"), (True, False), ("\r\n", "\n"), ("latin-1", "utf-8", "utf-8-sig")
    )
]


@pytest.mark.parametrize(("language", "sectors", "eol", "encoding"), CSV_FORMS)
@pytest.mark.parametrize("wrapped", [False, True], ids=["plain", "zip"])
def test_every_form_of_the_download_gives_the_same_portfolio(
    language: str, sectors: bool, eol: str, encoding: str, wrapped: bool
) -> None:
    body = ibov(language=language).csv(sectors=sectors, eol=eol, encoding=encoding)

    portfolio = read_document(zipped(("IBOVDia_14-07-25.csv", body)) if wrapped else body)

    assert_whole(portfolio, language=language, sectors=sectors)


@pytest.mark.parametrize("language", ["pt-br", "en-us"])
@pytest.mark.parametrize("sectors", [True, False])
@pytest.mark.parametrize("wrapped", [False, True], ids=["plain", "zip"])
def test_a_spreadsheet_of_text_cells(language: str, sectors: bool, wrapped: bool) -> None:
    body = spreadsheet(ibov(language=language), numbers=False, sectors=sectors)

    portfolio = read_document(zipped(("IBOVDia_14-07-25.xlsx", body)) if wrapped else body)

    assert_whole(portfolio, language=language, sectors=sectors)


@pytest.mark.parametrize("sectors", [True, False])
def test_a_spreadsheet_of_number_cells_is_as_exact(sectors: bool) -> None:
    body = spreadsheet(ibov(), numbers=True, sectors=sectors)

    assert_whole(read_document(body), language="pt-br", sectors=sectors)


@pytest.mark.parametrize("column", ["setor", "codigo", "acao", "tipo", "qtde_teorica", "participacao"])
def test_an_empty_cell_is_refused_and_not_read_as_a_word(column: str) -> None:
    body = spreadsheet(ibov(), numbers=False, sectors=True)
    book = openpyxl.load_workbook(io.BytesIO(body))
    place = ["setor", "codigo", "acao", "tipo", "qtde_teorica", "participacao"].index(column)
    book.worksheets[0].cell(row=4, column=place + 1).value = None
    buffer = io.BytesIO()
    book.save(buffer)

    with pytest.raises(UnreadablePayload, match=f"line 4: nothing in {column}"):
        read_document(buffer.getvalue())


def test_a_number_cell_with_more_decimals_than_a_weight_has_is_refused() -> None:
    wire = ibov()
    rows = [replace(row, peso=row.peso + Decimal("0.0004")) for row in wire.rows]

    with pytest.raises(UnreadablePayload, match=r"at most 3 decimals, found 0\.5454"):
        read_document(spreadsheet(wire.but(rows=rows), numbers=True, sectors=False))


@pytest.mark.parametrize("language", ["pt-br", "en-us"])
@pytest.mark.parametrize("wrapped", [False, True], ids=["plain", "zip"])
def test_a_json_body_takes_its_index_from_its_name_or_the_caller(language: str, wrapped: bool) -> None:
    body = ibov(language=language).json()
    name = "GetPortfolioDay_IBOV_2025-07-14.json"
    document = zipped((name, body)) if wrapped else body

    outer = "download.zip" if wrapped else name
    assert_whole(read_document(document, name=outer), language=language, sectors=True)
    nameless = zipped(("pagina.json", body)) if wrapped else body
    assert_whole(read_document(nameless, indice="IBOV"), language=language, sectors=True)
    with pytest.raises(UnreadablePayload, match="doesn't name its index: give --index"):
        read_document(nameless, name="pagina.json")


def test_all_pages_of_a_portfolio_may_come_in_one_zip_in_any_order() -> None:
    wire = large(130)
    pages = [(f"p{number}.json", wire.json(number, size=50)) for number in (3, 1, 2)]

    portfolio = read_document(zipped(*pages), name="IBOV.zip")

    assert len({member.codigo for member in portfolio.members}) == 130
    with pytest.raises(CheckFailed, match="all_pages_read"):
        read_document(zipped(*pages[1:]), name="IBOV.zip")


def test_one_page_of_several_is_refused() -> None:
    with pytest.raises(
        CheckFailed, match=r"all_pages_read failed: expected pages \[1, 2, 3\], found pages \[1\]"
    ):
        read_document(large(130).json(1, size=50), indice="IBOV")


@pytest.mark.parametrize(
    "body", [ibov().csv(), spreadsheet(ibov(), numbers=False, sectors=True), zipped(("a.csv", ibov().csv()))]
)
def test_a_file_of_another_index_than_asked_for_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadablePayload, match="expected index SMLL, the file is of IBOV"):
        read_document(body, indice="SMLL")


def edited(find: str, put: str, *, sectors: bool = False, language: str = "pt-br") -> bytes:
    text = ibov(language=language).csv(sectors=sectors).decode("latin-1")
    assert find in text
    return text.replace(find, put, 1).encode("latin-1")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "expected a title line", id="empty"),
        pytest.param(b"\r\n\r\n", "expected a title line", id="blank"),
        pytest.param(b"\n".join(ibov().csv().splitlines()[1:]), "expected a title line", id="no title"),
        pytest.param(
            edited("IBOV - Carteira do Dia 14/07/25", "IBOV"), "expected a title line", id="no date"
        ),
        pytest.param(edited("14/07/25", "31/02/25"), "title: expected a date as DD/MM/YY", id="no such date"),
        pytest.param(
            edited("14/07/25", "07/14/25"), "title: expected a date as DD/MM/YY", id="date in English"
        ),
        pytest.param(edited("Qtde. Teórica;", ""), "expected the columns", id="column lost"),
        pytest.param(edited("Part. (%)", "Part. (%);Preço"), "expected the columns", id="column added"),
        pytest.param(
            edited("4.566.457.037", "4566457,037"), r"line 6, PETR4: .* found '4566457,037'", id="edited"
        ),
        pytest.param(
            edited("26,250;", "26.250;"), r"line 6, PETR4: expected a number with 3 decimals", id="comma"
        ),
        pytest.param(
            edited("PN  ATZ N2;", ""),
            "line 6: nothing in participacao",
            id="value lost",
        ),
        pytest.param(edited("26,250;", "26,250;x;"), "line 6: expected 5 values", id="value added"),
        pytest.param(
            edited("19.823.841.006;", ""), "line 9: the total line has no", id="total without weight"
        ),
        pytest.param(ibov().csv().rsplit(b"\r\n", 2)[0], "Redutor line is missing", id="no redutor"),
        pytest.param(ibov().csv().rsplit(b"\r\n", 3)[0], "total line .* is missing", id="no total"),
        pytest.param(ibov().csv()[:300], "is missing|expected 5 values|expected a number", id="cut"),
        pytest.param(
            edited("Redutor", "PETR3;PETROBRAS;ON;1;1,000;\r\nRedutor"),
            "a row after the total line",
            id="late row",
        ),
        pytest.param(b"<!DOCTYPE html>\n<html></html>", "found an HTML page", id="html"),
        pytest.param(b"\xef\xbb\xbf  <HTML>", "found an HTML page", id="html with a mark"),
        pytest.param(b'IBOV - Carteira do Dia 14/07/25\r\n"C;\r\n', "not a CSV file", id="open quote"),
        pytest.param(b"\x00\x01\x02" * 50, "expected a title line", id="binary"),
    ],
)
def test_a_damaged_download_is_refused_in_one_line(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadablePayload, match=reason) as refusal:
        read_csv(body)

    assert "\n" not in str(refusal.value)


def test_a_download_in_which_a_quantity_was_edited_still_states_the_true_total() -> None:
    portfolio = read_csv(edited("4.566.457.037", "4.566.457.038"))

    assert sum(m.qtde_teorica for m in portfolio.members) == portfolio.qtde_teorica_total + 1


@given(end=st.integers(min_value=0, max_value=len(ibov().csv()) - 4))
def test_wherever_a_download_is_cut_it_is_refused(end: int) -> None:
    with pytest.raises(B3Error):
        read_csv(ibov().csv()[:end])


@given(body=st.binary(max_size=300), at=st.integers(min_value=0, max_value=400))
def test_any_bytes_inside_a_download_are_read_or_refused(body: bytes, at: int) -> None:
    whole = ibov().csv(sectors=True)
    for document in (body, whole[:at] + body + whole[at:], b"PK" + body, b"{" + body):
        with contextlib.suppress(B3Error):
            assert read_document(document, name="IBOV.csv").members


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"PK\x03\x04 garbage", "a damaged ZIP or spreadsheet", id="garbage"),
        pytest.param(zipped(("a.csv", ibov().csv()))[:-40], "a damaged ZIP or spreadsheet", id="cut"),
        pytest.param(zipped(), "a ZIP with 0 files", id="empty"),
        pytest.param(zipped(*((f"{n}.csv", b"") for n in range(21))), "a ZIP with 21 files", id="many"),
        pytest.param(zipped(("a.zip", zipped(("a.csv", ibov().csv())))), "a ZIP inside a ZIP", id="nested"),
        pytest.param(zipped(("xl/workbook.xml", b"<no")), "a damaged spreadsheet", id="no spreadsheet"),
        pytest.param(zipped(("a.csv", b"<html>")), "found an HTML page", id="html"),
        pytest.param(zipped(("a.csv", ibov().csv()), ("b.txt", b"x")), "expected JSON", id="two files"),
    ],
)
def test_a_zip_without_a_portfolio_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadablePayload, match=reason) as refusal:
        read_document(body, name="IBOV.zip")

    assert "\n" not in str(refusal.value)


def test_a_zip_that_unpacks_to_more_than_a_portfolio_is_not_unpacked() -> None:
    bomb = zipped(("IBOV.csv", b"0" * (documents.MAX_BYTES + 1)))
    assert len(bomb) < 100_000

    with pytest.raises(UnreadablePayload, match=r"IBOV\.csv: too large"):
        read_document(bomb)


def test_neither_is_a_spreadsheet_that_does() -> None:
    body = spreadsheet(ibov(), numbers=False, sectors=False)
    buffer = io.BytesIO(body)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b"0" * (documents.MAX_BYTES + 1))

    with pytest.raises(UnreadablePayload, match=r"sheet2\.xml: too large"):
        read_document(buffer.getvalue())


def test_a_file_larger_than_any_portfolio_is_refused_unread() -> None:
    with pytest.raises(UnreadablePayload, match="too large for a portfolio"):
        read_document(b"{" * (documents.MAX_BYTES + 1))


def test_what_a_mac_adds_to_a_zip_is_ignored() -> None:
    body = zipped(("IBOV.csv", ibov().csv()), ("__MACOSX/._IBOV.csv", b"\x00\x05\x16"))

    assert_whole(read_document(body), language="pt-br", sectors=False)


@pytest.mark.parametrize("form", [b"%s", b'"%s"', b"%s\r\n"])
def test_the_download_call_answers_in_base64_sometimes_in_quotes(form: bytes) -> None:
    assert decode_download(form % base64.b64encode(ibov().csv())) == ibov().csv()


@pytest.mark.parametrize("body", [b"<html>", b'{"a": 1}', b"abc"])
def test_an_answer_that_is_no_base64_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadablePayload, match="expected a base64 download"):
        decode_download(body)


@pytest.mark.parametrize(
    ("name", "indice"),
    [
        ("GetPortfolioDay_IBOV_pt-br_segment2_2025-07-14.json", "IBOV"),
        ("IBOVDia_31-07-25.csv", "IBOV"),
        ("/some/IFIX/folder/SMLLDia_21-07-26.csv", "SMLL"),
        ("C:\\Downloads\\IFIXDia.csv", "IFIX"),
        ("IBXX-pagina-1.json", "IBXX"),
        ("carteira.json", None),
        ("2025-07-14.json", None),
        ("", None),
    ],
)
def test_the_index_in_a_files_name(name: str, indice: str | None) -> None:
    assert index_in(name) == indice


def test_deeply_nested_json_is_refused() -> None:
    body = b'{"page": ' + b"[" * 100_000

    with pytest.raises(UnreadablePayload, match="expected JSON"):
        read_document(body, indice="IBOV")


def test_a_json_body_with_a_huge_number_is_refused() -> None:
    document = ibov().page()
    document["page"]["totalPages"] = "x"
    body = json.dumps(document).replace('"x"', "9" * 5000).encode()

    with pytest.raises(UnreadablePayload):
        read_document(body, indice="IBOV")


@pytest.mark.parametrize("found", ["\x1b[31m", "\x00", "\x85", "\r\n"])
def test_what_was_found_is_told_in_characters_to_be_seen(found: str) -> None:
    body = f"IBOV - Carteira do Dia 03/09/25\nCódigo;Ação;Tipo;Qtde. Teórica;Part. (%)\nAB{found}EV3;AMBEV;ON;1,5;x\n"

    with pytest.raises(UnreadablePayload) as raised:
        read_document(body.encode("latin-1"), name="IBOVDia_03-09-25.csv")

    assert str(raised.value).isprintable()


def test_a_name_that_a_damaged_zip_states_is_not_repeated_whole() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("IBOV.csv", "x" * 5_000)
    body = bytearray(sink.getvalue())
    body[26:28] = (4_000).to_bytes(2, "little")  # the length of the name in the member's own header

    with pytest.raises(UnreadablePayload, match="a damaged ZIP") as caught:
        read_document(bytes(body), name="IBOV.zip")
    assert len(str(caught.value)) < 300
