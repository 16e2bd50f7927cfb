"""The host does not answer with data: waited for, asked again, or given up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bovespa.stand_ins.b3_site import B3Site, Reply
from functions.b3.client import B3Client, Patience
from functions.b3.errors import ScrapeFailed, SourceUnavailable
from tests.portfolios import CAPTURED, ibov
from tests.scraping import HASTY, Scraping
from tests.unit.scraper.refusals import ERROR_PAGE, HTML_520, assert_refused


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
