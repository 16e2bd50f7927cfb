"""Downloads over real sockets: whole or not at all, within the retries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from functions.b3.client import Patience
from functions.b3.cotahist.client import COTAHIST_URL, CotahistClient
from functions.b3.cotahist.errors import NotPublished
from functions.b3.cotahist.period import of_day, of_month, of_year
from functions.b3.errors import SourceUnavailable
from tests.cotahist_host import Answer, Host, b3_host, cut, hang, status

PATIENCE = Patience(connect=2, read=0.5, retries=2, backoff=0.5, jitter=0)
BODY = bytes(range(256)) * 20_000
NAME = "COTAHIST_A2020.ZIP"


@pytest.fixture
def host() -> Iterator[Host]:
    with b3_host() as running:
        running.files[NAME] = BODY
        yield running


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(host: Host, waits: list[float]) -> CotahistClient:
    return CotahistClient(host.url, patience=PATIENCE, sleep=waits.append)


def test_files_are_asked_for_by_b3s_names() -> None:
    client = CotahistClient()
    assert client.url(of_day(date(2025, 7, 8))) == f"{COTAHIST_URL}/COTAHIST_D08072025.ZIP"
    assert client.url(of_month(2025, 7)) == f"{COTAHIST_URL}/COTAHIST_M072025.ZIP"
    assert client.url(of_year(2025)) == f"{COTAHIST_URL}/COTAHIST_A2025.ZIP"


def test_a_file_comes_whole_with_its_digest(client: CotahistClient, host: Host, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    payload = client.download(of_year(2020), tmp_path, progress=lambda *step: seen.append(step))
    assert payload.path.read_bytes() == BODY
    assert payload.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (payload.name, payload.url) == (NAME, f"{host.url}/{NAME}")
    assert seen[-1] == (len(BODY), len(BODY))


@pytest.mark.parametrize(
    "fault", [status(503), status(403), status(520), cut(BODY, 0), cut(BODY, 1000), cut(BODY, len(BODY) - 1)]
)
def test_a_passing_fault_is_retried(
    client: CotahistClient, host: Host, tmp_path: Path, waits: list[float], fault: Answer
) -> None:
    host.faults = [fault, fault]
    payload = client.download(of_year(2020), tmp_path)
    assert payload.path.read_bytes() == BODY
    assert len(host.asked) == 3
    assert waits == [1.0, 2.0]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (status(503), r"HTTP 503 \(3 attempts\)"),
        (cut(BODY, 1000), r"(IncompleteRead|1000 of 5120000 bytes).*\(3 attempts\)"),
        (hang, r"(Timeout|timed out).*\(3 attempts\)"),
    ],
)
def test_a_lasting_fault_ends_within_the_retries(
    client: CotahistClient, host: Host, tmp_path: Path, fault: Answer, reason: str
) -> None:
    host.faults = [fault] * 3
    with pytest.raises(SourceUnavailable, match=reason) as caught:
        client.download(of_year(2020), tmp_path)
    assert caught.value.asked == f"{host.url}/{NAME}"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_is_not_asked_for_again(
    client: CotahistClient, host: Host, tmp_path: Path
) -> None:
    with pytest.raises(NotPublished, match=r"COTAHIST_A2021\.ZIP: no such file \(HTTP 404\)"):
        client.download(of_year(2021), tmp_path)
    assert len(host.asked) == 1


def test_a_redirect_is_not_followed(client: CotahistClient, host: Host, tmp_path: Path) -> None:
    host.faults = [status(302, Location="https://www.b3.com.br/erro")]
    with pytest.raises(SourceUnavailable, match=r"HTTP 302, redirected to https://www\.b3\.com\.br/erro"):
        client.download(of_year(2020), tmp_path)


def test_a_host_that_is_not_there_is_named(tmp_path: Path) -> None:
    client = CotahistClient("http://127.0.0.1:9", patience=PATIENCE, sleep=lambda _: None)
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1:9.*refused"):
        client.download(of_year(2020), tmp_path)


def test_a_file_without_end_is_given_up(
    client: CotahistClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.b3.cotahist.client.MAX_BYTES", len(BODY) - 1)
    with pytest.raises(SourceUnavailable, match="the file is larger than"):
        client.download(of_year(2020), tmp_path)
    assert list(tmp_path.iterdir()) == []
