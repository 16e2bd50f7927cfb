from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from bovespa.demo.captures import Capture, indices_of, read_folder, read_sample
from bovespa.local.errors import LocalError
from bovespa.stand_ins.b3_site import b3_site
from functions.b3.checks import check_content, check_date
from functions.b3.clock import SAO_PAULO
from functions.b3.documents import read_document
from tests.portfolios import ibov, large


def put(folder: Path, name: str, body: bytes) -> None:
    (folder / name).write_bytes(body)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, "a_IBOV.json", ibov(day=date(2025, 7, 16)).json())
    put(tmp_path, "b_IBOV_en.json", ibov(day=date(2025, 7, 14), language="en-us").json())
    put(tmp_path, "c_SMLLDia.csv", large(40, indice="SMLL", day=date(2025, 7, 15)).csv())
    put(tmp_path, "cloudflare_2025-07-15.html", b"<html>520</html>")
    put(tmp_path, "broken_17-07-25.json", b"{")
    put(tmp_path, "README.md", b"not a capture")
    return tmp_path


def test_a_folder_is_replayed_in_date_order(folder: Path) -> None:
    captures = read_folder(folder)

    assert [(c.name, c.kind, c.indice, c.language, c.session) for c in captures] == [
        ("b_IBOV_en.json", "page", "IBOV", "en-us", date(2025, 7, 14)),
        ("c_SMLLDia.csv", "download", "SMLL", "pt-br", date(2025, 7, 15)),
        ("cloudflare_2025-07-15.html", "error", "IBOV", "pt-br", None),
        ("a_IBOV.json", "page", "IBOV", "pt-br", date(2025, 7, 16)),
        ("broken_17-07-25.json", "page", "IBOV", "pt-br", None),
    ]
    assert indices_of(captures) == ["IBOV", "SMLL"]


def test_a_replays_clock_stands_at_18_00_in_sao_paulo_on_its_session(folder: Path) -> None:
    clocks = {c.name: c.captured_at for c in read_folder(folder)}

    assert clocks["a_IBOV.json"] == datetime(2025, 7, 16, 21, tzinfo=UTC)
    assert clocks["broken_17-07-25.json"] is None


def test_a_date_in_a_name_that_is_none_comes_last(tmp_path: Path) -> None:
    put(tmp_path, "IBOV_2025-13-40.html", b"<html>")
    put(tmp_path, "IBOV.json", ibov().json())

    assert [c.name for c in read_folder(tmp_path)] == ["IBOV.json", "IBOV_2025-13-40.html"]


@pytest.mark.parametrize(
    ("place", "reason"), [("missing", "no such folder"), (".", r"no \.json, \.csv or \.html files, and")]
)
def test_a_folder_without_captures_is_refused(tmp_path: Path, place: str, reason: str) -> None:
    with pytest.raises(LocalError, match=reason):
        read_folder(tmp_path / place)


def test_what_was_shown_before_is_gone(folder: Path) -> None:
    page, download, error, *_ = read_folder(folder)
    with b3_site() as site:
        page.show_on(site)
        download.show_on(site)

        assert site.answer("GetPortfolioDay", {"index": "IBOV", "pageNumber": 1}).status == 404
        assert site.answer("GetDownloadPortfolioDay", {"index": "SMLL"}).status == 200
        error.show_on(site)
        assert site.answer("GetDownloadPortfolioDay", {"index": "SMLL"}).status == 520


# --- the sample that ships with the project ---


@pytest.fixture(scope="module")
def sample() -> dict[str, Capture]:
    return {capture.name: capture for capture in read_sample()}


def local_day(capture: Capture) -> date:
    assert capture.captured_at is not None
    return capture.captured_at.astimezone(SAO_PAULO).date()


def test_every_capture_of_the_sample_passes_every_check(sample: dict[str, Capture]) -> None:
    assert len(sample) >= 6
    for capture in sample.values():
        portfolio = read_document(capture.body, name=capture.name, indice=capture.indice)
        check_content(portfolio)
        check_date(portfolio, captured_on=local_day(capture))


def test_the_sample_is_in_the_order_of_its_captures(sample: dict[str, Capture]) -> None:
    moments = [capture.captured_at for capture in sample.values()]

    assert None not in moments
    assert moments == sorted(moments, key=str)


def test_a_saturday_in_the_sample_carries_mondays_date(sample: dict[str, Capture]) -> None:
    saturday = [capture for capture in sample.values() if local_day(capture).weekday() == 5]

    assert saturday
    for capture in saturday:
        assert capture.session is not None
        assert capture.session.weekday() == 0
        assert (capture.session - local_day(capture)).days == 2


def test_the_sample_has_a_day_captured_again_and_a_day_corrected(sample: dict[str, Capture]) -> None:
    by_day: dict[date | None, list[Capture]] = {}
    for capture in sample.values():
        by_day.setdefault(capture.session, []).append(capture)
    same: list[str] = []
    corrected: list[str] = []
    for captures in by_day.values():
        for one, other in pairwise(captures):
            before, after = (read_document(c.body, name=c.name, indice=c.indice) for c in (one, other))
            (same if before.members == after.members else corrected).append(other.name)

    assert same
    assert corrected


def test_the_sample_crosses_a_rebalancing(sample: dict[str, Capture]) -> None:
    sets = [
        {member.codigo for member in read_document(c.body, name=c.name, indice=c.indice).members}
        for c in sample.values()
    ]

    assert any(one != other for one, other in pairwise(sets))
