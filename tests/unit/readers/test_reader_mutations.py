"""Every reader of something from outside, on mutations of good files: a value, or one line of refusal.

``BOVESPA_MUTATIONS`` is how many of each; a few hundred by default.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import random
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bovespa.directory_s3 import DirectoryS3
from functions.b3.checks import check_content, check_known_day
from functions.b3.cotahist.client import Payload
from functions.b3.cotahist.period import of_day
from functions.b3.documents import decode_download, read_csv, read_document
from functions.b3.errors import B3Error
from functions.b3.json_pages import read_page, read_portfolio
from functions.b3.lake import Lake
from functions.quotes.collect import Span, take
from functions.scraper.collect import Collected
from functions.scraper.raw import rows_of, to_parquet
from tests.cotahist_files import quote, text, zipped
from tests.portfolios import CAPTURED, ibov
from tests.rebalancing import undated

EXAMPLES = int(os.environ.get("BOVESPA_MUTATIONS", "150"))
WORDS = [b"NaN", b"Infinity", b"-1", b"1e999", b"null", b"[]", b"{}", b'"\\ud800"', b'"\\u001b[2J"', b"9" * 40, b"\xff\xfe",
         b"\xef\xbb\xbf", b"\x00", b"\x1b", b"\x9b", b";", b",", b".", b"\r\n", b"PK\x03\x04", b"99", b"01"]  # fmt: skip


def sheet() -> bytes:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in ibov().csv().decode("latin-1").splitlines():
        page.append(row.split(";"))
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def archived(method: int, *files: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return sink.getvalue()


QUOTES = text(quote(), quote(codneg="VALE3", fatcot=1000), quote(codneg="PETR4T", tpmerc="030", prazot="030"))
PORTFOLIOS = [
    ibov().json(),
    ibov(language="en-us").json(),
    undated(ibov()),
    ibov().json().decode().encode("utf-16"),
    ibov().csv(),
    ibov().csv(sectors=True),
    sheet(),
    *(
        archived(method, ("IBOV.csv", ibov().csv()))
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    ),
]
FILES = [
    QUOTES,
    zipped(QUOTES),
    *(archived(method, ("COTAHIST.A2016", QUOTES)) for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)),
]


@st.composite
def mutated(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """One of the originals with some bytes flipped, cut, doubled, moved, or overwritten by what hurts."""
    rng = random.Random(draw(st.integers(0, 2**64)))
    body = bytearray(rng.choice(originals))
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        place, length = rng.randrange(len(body) or 1), rng.choice([1, 1, 2, 4, 16, 200])
        match rng.randrange(7):
            case 0:
                body[place : place + 1] = bytes([rng.randrange(256)])
            case 1:
                del body[place : place + length]
            case 2:
                body[place:place] = body[place : place + length]
            case 3:
                body[place : place + length] = rng.choice(WORDS)
            case 4:
                body[place:place] = rng.choice(WORDS)
            case 5:
                body[place : place + length] = rng.randbytes(length)
            case _:
                del body[rng.randrange(len(body) + 1) :]
    return bytes(body)


pytestmark = pytest.mark.timeout(max(300, EXAMPLES))

mutations = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def refused_in_a_line(read: Callable[[], object]) -> None:
    reason = None
    try:
        read()
    except B3Error as error:
        reason = str(error)
    assert reason is None or 0 < len(reason.strip()) < 1_000


def to_raw(body: bytes) -> bytes:
    """As `bovespa ingest` does, up to the bytes that are put."""
    portfolio = read_document(body, name="IBOV.x")
    check_content(portfolio)
    check_known_day(portfolio, today=CAPTURED.date())
    return to_parquet(rows_of(Collected(portfolio=portfolio, payload_sha256="0" * 64), captured_at=CAPTURED))


@mutations
@given(mutated(PORTFOLIOS))
def test_portfolios_of_every_format(body: bytes) -> None:
    refused_in_a_line(lambda: to_raw(body))


@mutations
@given(mutated([ibov().json(), undated(ibov())]))
def test_answers_in_json(body: bytes) -> None:
    refused_in_a_line(lambda: read_portfolio([read_page(body)], indice="IBOV"))


@mutations
@given(mutated([base64.b64encode(ibov().csv()), b'"' + base64.b64encode(ibov().csv(sectors=True)) + b'"']))
def test_downloads(body: bytes) -> None:
    refused_in_a_line(lambda: read_csv(decode_download(body)))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@mutations
@given(body=mutated(FILES))
def test_files_of_quotes_are_stored_whole_or_quarantined(folder: Path, body: bytes) -> None:
    path = folder / "COTAHIST_D04012016.ZIP"
    path.write_bytes(body)
    payload = Payload(name=path.name, url="", path=path, sha256=hashlib.sha256(body).hexdigest())
    bucket = payload.sha256[:16]
    lake = Lake(DirectoryS3(folder), bucket)

    refused: list[B3Error] = []
    try:
        take(payload, of_day(date(2016, 1, 4)), lake, Span(captured_at=datetime(2026, 1, 5, tzinfo=UTC)))
    except B3Error as error:
        refused.append(error)

    kept = {key.split("/")[0] for key in lake.keys("")}
    assert kept == {"payloads", "quarantine"} if refused else {"payloads", "raw", "lotes"}
