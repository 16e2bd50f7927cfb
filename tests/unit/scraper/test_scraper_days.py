"""What is kept of a capture, and what comes of days and indices that come again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bovespa.local.emulator import Emulator
from functions.b3.errors import ScrapeFailed
from tests.portfolios import CAPTURED, ibov, large
from tests.scraping import Scraping
from tests.unit.scraper.refusals import assert_refused, change_page, own_client


def test_the_download_is_used_where_the_json_is_of_no_use(scraping: Scraping) -> None:
    change_page(scraping, lambda page: page["results"].pop())
    scraping.site.show_download("IBOV", ibov().csv())

    answer = scraping.run()

    assert answer["status"] == "stored"
    assert {row["codigo"]: row["qtde_teorica"] for row in scraping.raw()} == {
        row.codigo: row.quantidade for row in ibov().rows
    }
    assert {row["setor"] for row in scraping.raw()} == {None}
    (refused,) = scraping.quarantined()
    assert refused.note["reason"] == "check row_count failed: expected 6, found 5"


def test_a_good_json_answer_needs_no_download(scraping: Scraping) -> None:
    scraping.site.show_page("IBOV", ibov().json())

    scraping.run()

    assert [(call, query["segment"], query["language"]) for call, query in scraping.site.asked] == [
        ("GetPortfolioDay", "2", "pt-br")
    ]


def test_every_page_is_read(scraping: Scraping) -> None:
    wire = large(250)
    for number in (1, 2, 3):
        scraping.site.show_page("IBOV", wire.json(number), number=number)

    answer = scraping.run()

    assert answer["sessions"][0]["indices"] == {"IBOV": 250}
    assert sum(row["qtde_teorica"] for row in scraping.raw()) == sum(row.quantidade for row in wire.rows)
    assert [query["pageNumber"] for _, query in scraping.site.asked] == [1, 2, 3]
    assert len(scraping.archived()) == 3


def test_an_english_capture_is_the_same_day(scraping: Scraping) -> None:
    scraping.site.show_page("IBOV", ibov(language="en-us").json())

    scraping.run(language="en-us")

    assert sum(row["participacao"] for row in scraping.raw()) == Decimal("100.000")
    assert scraping.site.asked[0][1]["language"] == "en-us"


def test_bytes_are_archived_as_received_under_their_sha256_even_if_refused(scraping: Scraping) -> None:
    body = change_page(scraping, lambda page: page["results"].pop())

    assert_refused(scraping)

    digest = hashlib.sha256(body).hexdigest()
    assert scraping.archived() == {f"payloads/carteira/2025/07/14/IBOV-pagina-1.json-{digest}.gz": body}


def test_a_row_names_the_bytes_that_it_was_read_from(scraping: Scraping) -> None:
    wire = large(130)
    for number in (1, 2):
        scraping.site.show_page("IBOV", wire.json(number), number=number)

    scraping.run()

    digest = hashlib.sha256(wire.json(1) + wire.json(2)).hexdigest()
    assert {row["payload_sha256"] for row in scraping.raw()} == {digest}


def test_the_same_day_twice_writes_nothing_and_says_so(
    scraping: Scraping, running_emulator: Emulator
) -> None:
    """Even the same bytes would be an event, and a job run for nothing."""
    scraping.site.show_page("IBOV", ibov().json())
    first = scraping.run()
    watched = replace(scraping, s3=own_client(running_emulator))
    written: list[str] = []
    watched.s3.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: written.append(request.url)
    )

    again = watched.run(at=CAPTURED + timedelta(hours=2))

    assert (first["status"], again["status"]) == ("stored", "unchanged")
    assert again["sessions"] == [
        {
            "date": "2025-07-14",
            "key": "raw/carteira/dt=2025-07-14/carteira.parquet",
            "status": "unchanged",
            "indices": {"IBOV": 6},
        }
    ]
    assert written
    assert not [url for url in written if "/raw/" in url]
    assert {row["coletado_em"] for row in scraping.raw()} == {CAPTURED}


def test_saturdays_page_is_mondays_session(scraping: Scraping) -> None:
    scraping.site.show_page("IBOV", ibov().json())

    answer = scraping.run(at=datetime(2025, 7, 12, 15, tzinfo=UTC))

    assert [session["date"] for session in answer["sessions"]] == ["2025-07-14"]
    assert scraping.keys("raw/") == ["raw/carteira/dt=2025-07-14/carteira.parquet"]


def test_a_day_corrected_later_is_replaced_whole(scraping: Scraping) -> None:
    scraping.site.show_page("IBOV", ibov().json())
    scraping.run()
    rows = [replace(row, quantidade=row.quantidade + 1) for row in ibov().rows[:-1]]
    moved = ibov().rows[-1].peso - Decimal("0.001")
    corrected = ibov(
        rows=[
            replace(rows[0], peso=rows[0].peso + Decimal("0.001")),
            *rows[1:],
            replace(ibov().rows[-1], peso=moved),
        ]
    )
    scraping.site.show_page("IBOV", corrected.json())

    answer = scraping.run(at=CAPTURED + timedelta(hours=1))

    assert answer["status"] == "stored"
    assert {row["codigo"]: (row["qtde_teorica"], row["participacao"]) for row in scraping.raw()} == {
        row.codigo: (row.quantidade, row.peso) for row in corrected.rows
    }
    assert len(scraping.keys("raw/")) == 1


def test_a_poorer_capture_does_not_take_the_sectors_away(scraping: Scraping) -> None:
    scraping.site.show_page("IBOV", ibov().json())
    scraping.run()
    scraping.site.clear()
    scraping.site.show_download("IBOV", ibov().csv())

    assert scraping.run()["status"] == "unchanged"
    assert None not in {row["setor"] for row in scraping.raw()}


def test_a_second_index_that_is_missing_is_reported_and_joins_the_day_when_it_recovers(
    scraping: Scraping,
) -> None:
    scraping.site.show_page("IBOV", ibov().json())
    partial = scraping.run("IBOV", "SMLL")
    ibov_rows = scraping.raw()
    scraping.site.show_page("SMLL", large(40, indice="SMLL").json())

    whole = scraping.run("IBOV", "SMLL", at=CAPTURED + timedelta(hours=1))

    assert (partial["status"], partial["missing"]) == ("stored", ["SMLL"])
    assert partial["sessions"][0]["indices"] == {"IBOV": 6}
    assert (whole["status"], whole["missing"]) == ("stored", [])
    assert [row for row in scraping.raw() if row["indice"] == "IBOV"] == ibov_rows
    assert len([row for row in scraping.raw() if row["indice"] == "SMLL"]) == 40


def test_an_index_that_goes_missing_keeps_its_rows(scraping: Scraping) -> None:
    scraping.site.show_page("IBOV", ibov().json())
    scraping.site.show_page("SMLL", large(40, indice="SMLL").json())
    scraping.run("IBOV", "SMLL")
    scraping.site.clear()
    scraping.site.show_page("IBOV", ibov().json())

    answer = scraping.run("IBOV", "SMLL")

    assert (answer["status"], answer["missing"]) == ("unchanged", ["SMLL"])
    assert len(scraping.raw()) == 46


def test_without_ibov_nothing_is_stored_of_the_others_either(scraping: Scraping) -> None:
    scraping.site.show_page("SMLL", large(40, indice="SMLL").json())

    with pytest.raises(ScrapeFailed, match=r"^IBOV: "):
        scraping.run("SMLL", "IBOV")

    assert scraping.keys("raw/") == []


def test_indices_of_different_sessions_go_to_their_own_days(scraping: Scraping) -> None:
    scraping.site.show_page("IBOV", ibov().json())
    scraping.site.show_page("SMLL", large(40, indice="SMLL", day=date(2025, 7, 15)).json())

    answer = scraping.run("IBOV", "SMLL")

    assert [(s["date"], s["indices"]) for s in answer["sessions"]] == [
        ("2025-07-14", {"IBOV": 6}),
        ("2025-07-15", {"SMLL": 40}),
    ]
