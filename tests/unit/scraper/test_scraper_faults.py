"""What B3's host and S3 may do to a capture, over real HTTP: nothing doubtful enters raw."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ClientError
from urllib3.response import HTTPResponse

from bovespa.local.emulator import Emulator
from functions.b3.errors import ScrapeFailed
from tests.portfolios import DAY, ibov, large
from tests.scraping import Scraping
from tests.unit.scraper.refusals import HTML_520, assert_refused, change_page, own_client


def test_a_truncated_body_is_refused(scraping: Scraping) -> None:
    body = ibov().json()
    scraping.site.show_page("IBOV", body[: len(body) // 2])

    assert_refused(scraping, "expected JSON, found '{", "HTTP 404")

    assert body[: len(body) // 2] in [q.body for q in scraping.quarantined()]


def test_a_truncated_list_is_refused(scraping: Scraping) -> None:
    change_page(scraping, lambda page: page["results"].pop())

    assert_refused(scraping, "check row_count failed: expected 6, found 5")


def test_a_truncated_last_page_is_refused(scraping: Scraping) -> None:
    wire = large(130)
    last = wire.page(2)
    last["results"].pop()
    scraping.site.show_page("IBOV", wire.json(1))
    scraping.site.show_page("IBOV", json.dumps(last).encode(), number=2)

    assert_refused(scraping, "check row_count failed: expected 130, found 129")


def test_a_code_repeated_across_pages_is_refused(scraping: Scraping) -> None:
    wire = large(130)
    rows = list(wire.rows)
    rows[-1] = replace(rows[-1], codigo=rows[0].codigo)
    repeated = wire.but(rows=rows)
    for number in (1, 2):
        scraping.site.show_page("IBOV", repeated.json(number), number=number)

    assert_refused(scraping, f"check unique_codes ({rows[0].codigo}) failed: expected once, found 2 times")


def test_the_first_page_served_twice_is_refused(scraping: Scraping) -> None:
    body = large(130).json(1)
    scraping.site.show_page("IBOV", body, number=1)
    scraping.site.show_page("IBOV", body, number=2)

    assert_refused(scraping, "check all_pages_read failed: expected pages [1, 2], found pages [1, 1]")


def test_a_header_that_changes_between_pages_is_refused(scraping: Scraping) -> None:
    wire = large(130)
    scraping.site.show_page("IBOV", wire.json(1))
    scraping.site.show_page("IBOV", wire.but(day=date(2025, 7, 15)).json(2), number=2)

    refusal = assert_refused(scraping, "check same_header_on_every_page (date, page 2) failed")

    assert "expected 14/07/25, found 15/07/25" in str(refusal)
    refused = [q.body for q in scraping.quarantined() if "same_header" in q.note["reason"]]
    assert len(refused) == 2


def test_a_page_that_is_missing_fails_the_capture(scraping: Scraping) -> None:
    scraping.site.show_page("IBOV", large(130).json(1))

    assert_refused(scraping, "HTTP 404")

    assert len(scraping.quarantined()) == 3  # page 1, page 2's error, the download's error


def test_more_pages_than_any_index_has_are_not_asked_for(scraping: Scraping) -> None:
    change_page(scraping, lambda page: page["page"].update(totalPages=1_000_000))

    assert_refused(scraping, "1000000 pages announced, more than 50")

    assert len(scraping.site.asked) == 2


def test_the_wrong_language_is_refused(scraping: Scraping) -> None:
    scraping.site.show_page("IBOV", ibov(language="en-us").json())

    assert_refused(scraping, "asked for pt-br, B3 answered in en-us")


def test_empty_results_are_refused(scraping: Scraping) -> None:
    change_page(scraping, lambda page: (page["results"].clear(), page["page"].update(totalRecords=0)))

    assert_refused(scraping, "check has_members failed: expected at least one member, found 0")


def test_totals_off_by_one_are_refused_with_both_numbers(scraping: Scraping) -> None:
    wire = ibov(total=19_823_841_007)
    scraping.site.show_page("IBOV", wire.json())
    scraping.site.show_download("IBOV", wire.csv())

    reason = "check total_quantity failed: expected 19823841007, found 19823841006"
    refusal = assert_refused(scraping, reason)

    assert str(refusal) == f"IBOV: {reason}; {reason}"
    assert {q.note["reason"] for q in scraping.quarantined()} == {reason}


def test_an_unknown_index_is_refused(scraping: Scraping) -> None:
    body = b'{"page":{"pageNumber":1,"pageSize":120,"totalRecords":0,"totalPages":0},"header":null,"results":null}'
    scraping.site.show_page("XXXX", body)

    with pytest.raises(ScrapeFailed, match=r"^XXXX: B3 answered without a portfolio \(an unknown index"):
        scraping.run("XXXX")

    assert scraping.keys("raw/") == []


@pytest.mark.parametrize("codigo", ["PETR4'; DROP", "../../raw", "PETR 4", "<b>4</b>", "PETR\u00ad4"])
def test_a_ticker_with_odd_characters_is_refused(scraping: Scraping, codigo: str) -> None:
    change_page(scraping, lambda page: page["results"][0].update(cod=codigo))

    assert_refused(scraping, "check ticker_form failed")


@pytest.mark.parametrize("days", [-16, 8])
def test_a_page_of_another_time_is_refused(scraping: Scraping, days: int) -> None:
    scraping.site.show_page("IBOV", ibov(day=DAY + timedelta(days=days)).json())

    assert_refused(scraping, "check plausible_date failed")


def test_the_capture_is_dated_in_sao_paulo(scraping: Scraping) -> None:
    late = datetime(2025, 7, 15, 1, 30, tzinfo=UTC)  # still the 14th in São Paulo
    scraping.site.show_page("IBOV", ibov(day=date(2025, 7, 22)).json())

    with pytest.raises(ScrapeFailed, match="expected 2025-06-29 to 2025-07-21, found 2025-07-22"):
        scraping.run(at=late)


def test_spreadsheet_garbage_in_the_download_is_refused(scraping: Scraping) -> None:
    scraping.site.show_download("IBOV", b"PK\x03\x04 garbage")

    assert_refused(scraping, "HTTP 404", "expected a title line")


def test_a_download_of_another_index_is_refused(scraping: Scraping) -> None:
    scraping.site.show_download("IBOV", ibov(indice="SMLL").csv())

    assert_refused(scraping, "asked for IBOV, the download is of SMLL")


# --- S3 fails ---


def break_puts(s3: Any, prefix: str) -> None:
    """S3 answers every put under ``prefix`` with an internal error."""

    def refuse(request: AWSRequest, **_: object) -> AWSResponse | None:
        if f"/{prefix}" not in request.url:
            return None
        body = (
            b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
        )
        return AWSResponse(request.url, 500, {}, HTTPResponse(io.BytesIO(body), preload_content=False))

    s3.meta.events.register("before-send.s3.PutObject", refuse)


@pytest.mark.parametrize("prefix", ["payloads/", "raw/"])
def test_a_put_that_fails_midway_leaves_nothing_in_raw_and_running_again_heals_it(
    scraping: Scraping, running_emulator: Emulator, prefix: str
) -> None:
    scraping.site.show_page("IBOV", ibov().json())
    broken = replace(scraping, s3=own_client(running_emulator))
    break_puts(broken.s3, prefix)

    with pytest.raises(ClientError, match="InternalError"):
        broken.run()
    assert scraping.keys("raw/") == []

    assert scraping.run()["status"] == "stored"
    assert len(scraping.raw()) == 6


def test_a_put_that_fails_leaves_the_day_that_was_there(
    scraping: Scraping, running_emulator: Emulator
) -> None:
    scraping.site.show_page("IBOV", ibov().json())
    scraping.run()
    before = scraping.raw()
    broken = replace(scraping, s3=own_client(running_emulator))
    break_puts(broken.s3, "raw/")
    scraping.site.show_page("IBOV", large(40).json())

    with pytest.raises(ClientError, match="InternalError"):
        broken.run()

    assert scraping.raw() == before


def test_a_quarantine_that_cannot_be_written_fails_too(
    scraping: Scraping, running_emulator: Emulator
) -> None:
    scraping.site.show_to_all(HTML_520)
    broken = replace(scraping, s3=own_client(running_emulator))
    break_puts(broken.s3, "quarantine/")

    with pytest.raises(ClientError, match="InternalError"):
        broken.run()

    assert scraping.keys() == []


def test_of_two_captures_at_once_neither_takes_anything_away(
    scraping: Scraping, running_emulator: Emulator
) -> None:
    """Between a capture's read of the day and its write, another one stores SMLL's rows."""
    scraping.site.show_page("IBOV", ibov().json())
    scraping.site.show_page("SMLL", large(40, indice="SMLL").json())
    slow = replace(scraping, s3=own_client(running_emulator))

    def hurry(request: AWSRequest, **_: object) -> None:
        if "/raw/" in request.url:
            slow.s3.meta.events.unregister("before-send.s3.PutObject", hurry)
            scraping.run("SMLL")

    slow.s3.meta.events.register("before-send.s3.PutObject", hurry)

    assert slow.run("IBOV")["status"] == "stored"

    assert {row["indice"] for row in scraping.raw()} == {"IBOV", "SMLL"}


@pytest.mark.parametrize("damaged", [b"", b"no parquet"])
def test_damaged_raw_is_replaced_and_said(scraping: Scraping, damaged: bytes) -> None:
    scraping.site.show_page("IBOV", ibov().json())
    scraping.run()
    whole = scraping.raw()
    (key,) = scraping.keys("raw/")
    scraping.s3.put_object(Bucket=scraping.bucket, Key=key, Body=damaged)

    (session,) = scraping.run()["sessions"]

    assert session["status"] == "stored"
    assert session["healed"]
    assert scraping.raw() == whole
    assert "healed" not in scraping.run()["sessions"][0]
