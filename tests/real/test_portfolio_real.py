"""Payloads that others captured from B3, which are not part of this repository.

They are looked for in the folder that BOVESPA_REAL_DATA names, else in ``shared/data`` beside the repository.
"""

from __future__ import annotations

import io
import os
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from bovespa.stand_ins.b3_site import Reply
from functions.b3.checks import check_content, check_date
from functions.b3.documents import read_document
from functions.b3.errors import B3Error, CheckFailed, UnreadablePayload
from functions.b3.json_pages import read_page, read_portfolio
from functions.b3.portfolio import Portfolio
from functions.scraper.collect import Collected
from functions.scraper.raw import from_parquet, rows_of, to_parquet
from tests.scraping import Scraping

ROOT = Path(os.environ.get("BOVESPA_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
B3 = ROOT / "b3"

pytestmark = pytest.mark.skipif(
    not B3.is_dir(), reason=f"no captured payloads in {B3}; BOVESPA_REAL_DATA names another folder"
)

EN = "GetPortfolioDay_IBOV_en-us_segment2_2025-04-07.json"
PT = "GetPortfolioDay_IBOV_pt-br_segment2_2025-07-14.json"
CSV = "IBOVDia_31-07-25.csv"
WHOLE = [
    (EN, "IBOV", date(2025, 4, 7), 87, 99_015_750_716, "16036751.16744128"),
    (PT, "IBOV", date(2025, 7, 14), 84, 91_922_324_640, "15438607.05630450"),
    (CSV, "IBOV", date(2025, 7, 31), 84, 91_922_324_640, "15433595.60223638"),
    ("SMLLDia_21-07-26.csv", "SMLL", date(2026, 7, 21), 109, 29_673_257_468, None),
    ("IFIXDia_03-08-26.csv", "IFIX", date(2026, 8, 3), 106, 5_540_822_748, None),
]
FACTS = pytest.mark.parametrize(
    ("name", "indice", "day", "members", "quantity", "redutor"), WHOLE, ids=[row[0] for row in WHOLE]
)


def body_of(name: str) -> bytes:
    path = B3 / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path.read_bytes()


def zipped(name: str, body: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    return buffer.getvalue()


def spreadsheet(body: bytes) -> bytes:
    """A download as a person saves it from a spreadsheet program, every cell as text."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in body.decode("latin-1").splitlines():
        book.active.append(line.split(";"))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def forms(name: str, body: bytes) -> dict[str, bytes]:
    """The same payload in every form in which a person may hand it in."""
    found = {"as captured": body, "in a ZIP": zipped(name, body)}
    if name.endswith(".csv"):
        text = body.decode("latin-1").replace("\r\n", "\n")
        found |= {
            "LF": text.encode("latin-1"),
            "CRLF": text.replace("\n", "\r\n").encode("latin-1"),
            "UTF-8": text.encode(),
            "UTF-8 with a mark": text.encode("utf-8-sig"),
            "XLSX": spreadsheet(body),
            "XLSX in a ZIP": zipped(name.replace(".csv", ".xlsx"), spreadsheet(body)),
        }
    return found


@FACTS
def test_totals_are_exact_in_every_form(
    name: str, indice: str, day: date, members: int, quantity: int, redutor: str | None
) -> None:
    for form, body in forms(name, body_of(name)).items():
        portfolio = read_document(body, name=name)

        check_content(portfolio)
        check_date(portfolio, captured_on=day)
        assert (portfolio.indice, portfolio.data_pregao) == (indice, day), form
        assert len(portfolio.members) == members, form
        assert sum(m.qtde_teorica for m in portfolio.members) == portfolio.qtde_teorica_total == quantity, (
            form
        )
        assert portfolio.participacao_total == Decimal("100.000"), form
        assert abs(sum((m.participacao for m in portfolio.members), Decimal(0)) - 100) <= Decimal("0.001"), (
            form
        )
        if redutor is not None:
            assert portfolio.redutor == Decimal(redutor), form


@FACTS
def test_raw_holds_the_same_totals(
    name: str, indice: str, day: date, members: int, quantity: int, redutor: str | None
) -> None:
    portfolio = read_document(body_of(name), name=name)
    collected = Collected(portfolio=portfolio, payload_sha256="00" * 32)

    rows = from_parquet(to_parquet(rows_of(collected, captured_at=datetime(2026, 8, 3, tzinfo=UTC))))

    assert len(rows) == members
    assert sum(row["qtde_teorica"] for row in rows) == quantity
    assert {row["data_pregao"] for row in rows} == {day}
    assert {row["indice"] for row in rows} == {indice}


def test_the_english_date_is_the_7th_of_april_and_not_the_4th_of_july() -> None:
    portfolio = read_document(body_of(EN), name=EN)

    assert portfolio.language == "en-us"
    assert portfolio.data_pregao == date(2025, 4, 7)


@pytest.mark.parametrize("name", [EN, PT])
def test_sector_subtotals_agree_with_their_members(name: str) -> None:
    portfolio = read_document(body_of(name), name=name)
    sums: dict[tuple[str | None, Decimal | None], Decimal] = {}
    for member in portfolio.members:
        key = (member.setor, member.participacao_setor)
        sums[key] = sums.get(key, Decimal(0)) + member.participacao

    assert len(sums) == len({setor for setor, _ in sums})
    for (setor, stated), found in sums.items():
        assert stated is not None
        assert abs(found - stated) <= Decimal("0.010"), setor


def test_the_theoretical_portfolio_is_read_but_has_no_day_to_be_stored_under() -> None:
    body = body_of("GetTheoricalPortfolio_IBOV_2025-04.json")
    portfolio = read_portfolio([read_page(body)], indice="IBOV")

    assert portfolio.data_pregao is None
    assert portfolio.members
    with pytest.raises(CheckFailed, match="has_date"):
        check_date(portfolio, captured_on=date(2025, 4, 7))


def trusted(body: bytes, name: str) -> Portfolio:
    portfolio = read_document(body, name=name)
    check_content(portfolio)
    return portfolio


@pytest.mark.parametrize("wrapped", [False, True], ids=["plain", "zip"])
@pytest.mark.parametrize("name", ["edited_IFIXDia_16-09-24.csv", "cloudflare_520.html"])
def test_the_edited_download_and_the_error_page_are_refused_in_one_line(name: str, wrapped: bool) -> None:
    body = body_of(name)

    with pytest.raises(B3Error) as refusal:
        trusted(zipped(name, body) if wrapped else body, name)

    assert str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_error_page_is_called_by_its_name() -> None:
    with pytest.raises(UnreadablePayload, match="found an HTML page"):
        read_document(body_of("cloudflare_520.html"))


@pytest.mark.parametrize("name", [row[0] for row in WHOLE])
def test_a_real_payload_that_lost_its_end_is_refused(name: str) -> None:
    body = body_of(name)

    for kept in (len(body) // 4, len(body) // 2, len(body) * 3 // 4, len(body) - 60):
        with pytest.raises(B3Error):
            trusted(body[:kept], name)


@pytest.mark.parametrize("name", [row[0] for row in WHOLE])
def test_no_digit_of_a_real_quantity_can_change_unseen(name: str) -> None:
    body = body_of(name)
    portfolio = trusted(body, name)
    member = max(portfolio.members, key=lambda m: m.qtde_teorica)
    group = b"," if portfolio.language == "en-us" else b"."
    written = f"{member.qtde_teorica:,}".encode().replace(b",", group)
    assert body.count(written) == 1
    digit = (written[0] - ord("0") + 1) % 9 + 1

    with pytest.raises(CheckFailed, match="total_quantity"):
        trusted(body.replace(written, str(digit).encode() + written[1:]), name)


@pytest.mark.parametrize(
    ("name", "language", "captured_at"),
    [
        (PT, "pt-br", datetime(2025, 7, 12, 15, tzinfo=UTC)),  # the Saturday on which it was captured
        (EN, "en-us", datetime(2025, 4, 7, 21, tzinfo=UTC)),
    ],
)
def test_a_real_answer_goes_through_the_whole_scraper(
    scraping: Scraping, name: str, language: str, captured_at: datetime
) -> None:
    body = body_of(name)
    scraping.site.show_page("IBOV", body)

    answer = scraping.run(language=language, at=captured_at)

    (session,) = answer["sessions"]
    facts = next(row for row in WHOLE if row[0] == name)
    assert (session["date"], session["indices"]) == (facts[2].isoformat(), {"IBOV": facts[3]})
    rows = scraping.raw(facts[2])
    assert sum(row["qtde_teorica"] for row in rows) == facts[4]
    assert {row["redutor"] for row in rows} == {Decimal(str(facts[5]))}
    assert list(scraping.archived().values()) == [body]
    assert scraping.run(language=language, at=captured_at)["status"] == "unchanged"


def test_a_real_download_is_the_fallback(scraping: Scraping) -> None:
    scraping.site.show_download("IBOV", body_of(CSV))

    answer = scraping.run(at=datetime(2025, 7, 31, 21, tzinfo=UTC))

    assert answer["sessions"][0]["indices"] == {"IBOV": 84}
    assert sum(row["qtde_teorica"] for row in scraping.raw(date(2025, 7, 31))) == 91_922_324_640


def test_the_real_error_page_stores_nothing(scraping: Scraping) -> None:
    page = body_of("cloudflare_520.html")
    scraping.site.show_to_all(Reply(status=520, body=page, content_type="text/html"))

    with pytest.raises(B3Error, match="HTTP 520"):
        scraping.run()

    assert scraping.keys("raw/") == []
    assert {q.body for q in scraping.quarantined()} == {page}
