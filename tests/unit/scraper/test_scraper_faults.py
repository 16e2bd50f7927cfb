"""What B3's host and S3 may do to a capture, over real HTTP: nothing doubtful enters raw."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from urllib3.response import HTTPResponse

from bovespa.local.emulator import Emulator
from bovespa.stand_ins.b3_site import B3Site, Reply
from functions.b3.client import B3Client, Patience
from functions.b3.errors import ScrapeFailed, SourceUnavailable
from tests.portfolios import CAPTURED, DAY, ibov, large
from tests.scraping import HASTY, Scraping

ERROR_PAGE = b"<!DOCTYPE html><html><title>520: Web server is returning an unknown error</title></html>"
HTML_520 = Reply(status=520, body=ERROR_PAGE, content_type="text/html")


def assert_refused(scraping: Scraping, *reasons: str) -> ScrapeFailed:
    """The invocation fails with every reason, one per source, and raw stays as it was."""
    before = scraping.keys("raw/")
    with pytest.raises(ScrapeFailed) as refusal:
        scraping.run()
    for reason in reasons:
        assert reason in str(refusal.value)
    assert scraping.keys("raw/") == before
    return refusal.value


def change_page(scraping: Scraping, change: Callable[[dict[str, Any]], object]) -> bytes:
    page = ibov().page()
    change(page)
    body = json.dumps(page).encode()
    scraping.site.show_page("IBOV", body)
    return body


def own_client(running: Emulator) -> Any:
    """A client whose events no other test sees, and which asks once."""
    environment = running.environment
    return boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    ).client("s3", endpoint_url=running.url, config=Config(retries={"total_max_attempts": 1}))


# --- the host does not answer with data ---


def test_a_520_page_fails_the_invocation_and_is_quarantined(scraping: Scraping) -> None:
    scraping.site.show_to_all(HTML_520)

    assert_refused(scraping, "GetPortfolioDay", "GetDownloadPortfolioDay", "HTTP 520")

    found = scraping.quarantined()
    assert [q.body for q in found] == [ERROR_PAGE, ERROR_PAGE]
    assert all("HTTP 520" in q.note["reason"] for q in found)
    assert all(q.note["url"].startswith(scraping.site.url) for q in found)
    assert all(q.note["captured_at"] == CAPTURED.isoformat() for q in found)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 520, 522, 527, 530])
def test_a_passing_fault_of_the_host_is_outlasted(
    scraping: Scraping, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    replies = [Reply(status=status, body=ERROR_PAGE)] * HASTY.retries + [Reply(body=ibov().json())]
    monkeypatch.setattr(scraping.site, "answer", lambda *_: replies.pop(0))

    assert scraping.run()["status"] == "stored"
    assert replies == []
    assert scraping.quarantined() == []


def test_retries_are_bounded(scraping: Scraping) -> None:
    scraping.site.show_to_all(HTML_520)

    with pytest.raises(ScrapeFailed):
        scraping.run()

    calls = [call for call, _ in scraping.site.asked]
    assert calls.count("GetPortfolioDay") == calls.count("GetDownloadPortfolioDay") == 1 + HASTY.retries


@pytest.mark.parametrize("status", [400, 403, 404])
def test_what_will_not_change_is_not_asked_again(scraping: Scraping, status: int) -> None:
    scraping.site.show_to_all(Reply(status=status, body=b"no"))

    assert_refused(scraping, f"HTTP {status}")

    assert len(scraping.site.asked) == 2


def test_html_with_status_200_is_refused(scraping: Scraping) -> None:
    scraping.site.show_to_all(Reply(body=ERROR_PAGE, content_type="text/html"))

    assert_refused(scraping, "expected JSON, found an HTML page", "expected a base64 download")

    assert [q.body for q in scraping.quarantined()] == [ERROR_PAGE, ERROR_PAGE]


def test_a_redirect_to_an_error_page_is_not_followed(scraping: Scraping) -> None:
    scraping.site.show_to_all(Reply(status=302, location=f"{scraping.site.url}/error", body=b"moved"))

    assert_refused(scraping, f"HTTP 302, redirected to {scraping.site.url}/error")

    assert len(scraping.site.asked) == 2
    assert [q.body for q in scraping.quarantined()] == [b"moved", b"moved"]


def test_a_host_that_never_answers_is_given_up(scraping: Scraping) -> None:
    silent = B3Site()
    with socket.create_server(("127.0.0.1", 0)) as listener:  # connections wait in its queue for ever
        silent.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(
            ScrapeFailed, match=r"GetPortfolioDay .*[Tt]ime.*GetDownloadPortfolioDay .*[Tt]ime"
        ):
            replace(scraping, site=silent).run(patience=replace(HASTY, read=0.2, retries=1))

    assert 0.8 <= time.monotonic() - started < 10
    assert scraping.keys() == []


@contextmanager
def raw_server(*answers: bytes) -> Iterator[str]:
    """A host that sends exactly these bytes, one connection each, and then closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="closed at once"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", id="body cut"),
        pytest.param(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"pa', id="chunk cut"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", id="no gzip"
        ),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
    ],
)
def test_a_broken_answer_is_no_answer(answer: bytes) -> None:
    with raw_server(answer) as url:
        client = B3Client(url, patience=replace(HASTY, retries=0))

        with pytest.raises(SourceUnavailable) as refusal:
            client.portfolio_page("IBOV", 1)

    assert refusal.value.payload is None
    assert refusal.value.asked == f"GetPortfolioDay at {url}"
    assert "\n" not in str(refusal.value)


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.b3.client.MAX_BYTES", 1_000_000)
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_100_000) as url:
        client = B3Client(url, patience=Patience(read=5.0, retries=0))

        with pytest.raises(SourceUnavailable, match="answer larger than 1000000 bytes"):
            client.portfolio_page("IBOV", 1)


def test_a_host_that_is_not_there_is_named(scraping: Scraping) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    client = B3Client(url, patience=replace(HASTY, retries=0))

    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1:\d+: .*[Rr]efused"):
        client.portfolio_download("IBOV")


# --- the host answers with doubtful data ---


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


# --- the fallback, and what is kept ---


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


# --- days that come again ---


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


# --- more than one index ---


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
