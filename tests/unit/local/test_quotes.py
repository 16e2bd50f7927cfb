"""The COTAHIST files that a demo replays, the sample among them, and the stand-in that serves them."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bovespa.demo.batch import payloads
from bovespa.demo.captures import SAMPLE, read_sample
from bovespa.demo.quotes import QuoteFile, find_quotes, read_sample_quotes
from bovespa.demo.sample_quotes import files
from bovespa.directory_s3 import DirectoryS3
from bovespa.local.errors import LocalError
from bovespa.stand_ins.cotahist_site import cotahist_site
from functions.b3.cotahist.client import CotahistClient, Payload
from functions.b3.cotahist.errors import NotPublished
from functions.b3.cotahist.period import of_day, of_name
from functions.b3.documents import read_document
from functions.b3.lake import Lake
from functions.b3.portfolio import Portfolio
from functions.quotes.collect import Span, take
from lake.calendar import is_session
from lake.renames import today_codigo
from lake.saved_queries import saved_query

Close = dict[tuple[date, str], Decimal]


def content(body: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (name,) = archive.namelist()
        return archive.read(name)


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """The sample's quotes, as they are in its files."""
    texts = [content(path.read_bytes()).decode("latin-1") for path in sorted(SAMPLE.glob("COTAHIST_*.ZIP"))]
    return [line for each in texts for line in each.split("\r\n") if line.startswith("01")]


@pytest.fixture(scope="module")
def closes(lines: list[str]) -> Close:
    return {
        (date.fromisoformat(line[2:10]), line[12:24].strip()): Decimal(line[108:121]).scaleb(-2)
        for line in lines
        if line[24:27] == "010"
    }


@pytest.fixture(scope="module")
def portfolios() -> dict[date, Portfolio]:
    read = [read_document(c.body, name=c.name, indice="IBOV") for c in read_sample()]
    return {portfolio.data_pregao: portfolio for portfolio in read if portfolio.data_pregao}


def test_the_sample_is_what_its_module_makes() -> None:
    made = files()
    assert {path.name for path in SAMPLE.glob("COTAHIST_*")} == set(made)
    for name, body in made.items():
        assert content((SAMPLE / name).read_bytes()) == content(body), name


@pytest.mark.parametrize("file", read_sample_quotes(), ids=lambda file: file.path.name)
def test_the_sample_passes_every_check(file: QuoteFile, tmp_path: Path) -> None:
    payload = Payload(name=file.path.name, url="", path=file.path, sha256="0")
    taken = take(
        payload,
        of_name(file.path.name),
        Lake(DirectoryS3(tmp_path), "lake"),
        Span(captured_at=datetime.now(UTC)),
    )
    assert all(is_session(session.day) for session in taken.sessions)


def test_the_samples_weights_are_those_of_the_closes_before(
    closes: Close, portfolios: dict[date, Portfolio]
) -> None:
    days = sorted({day for day, _ in closes})
    for day, portfolio in portfolios.items():
        before = days[days.index(day) - 1]
        values = {m.codigo: m.qtde_teorica * closes[before, m.codigo] for m in portfolio.members}
        for member in portfolio.members:
            weight = values[member.codigo] * 100 / sum(values.values())
            assert abs(weight - member.participacao) < Decimal("0.002"), (day, member.codigo)
            assert (day, member.codigo) in closes


def test_the_samples_index_goes_on_over_its_rebalancing(
    closes: Close, portfolios: dict[date, Portfolio]
) -> None:
    """The level at a close is the same by the old portfolio and by the new one."""
    day = date(2025, 8, 29)

    def level(portfolio: Portfolio) -> Decimal:
        assert portfolio.redutor is not None
        return sum(m.qtde_teorica * closes[day, m.codigo] for m in portfolio.members) / portfolio.redutor

    old, new = (level(portfolios[each]) for each in (day, date(2025, 9, 1)))
    assert abs(old / new - 1) < Decimal("0.0001")


def test_every_name_of_the_sample_says_that_its_prices_are_made_up(lines: list[str]) -> None:
    assert {line[27:32] for line in lines} == {"FICT "}
    (mark,) = re.findall(r"LIKE '(.+)%'", saved_query("precos_ficticios").sql)
    assert mark == "FICT "
    sessions = {line[2:10] for line in lines}
    assert {line[2:10] for line in lines if line[12:24].strip() == "PETR4"} == sessions


def test_the_sample_has_every_market_and_a_renamed_share(lines: list[str]) -> None:
    assert {line[24:27] for line in lines} == {"010", "020", "030", "070", "080"}
    by_ticker = {line[12:24].strip(): line[230:242] for line in lines}
    assert today_codigo("NTCO3", by_ticker["NTCO3"]) == "NATU3"
    sessions = {t: {x[2:10] for x in lines if x[12:24].strip() == t} for t in ("NTCO3", "NATU3")}
    assert max(sessions["NTCO3"]) < min(sessions["NATU3"]) == "20250702"


def test_longer_files_come_first_then_sessions_in_order(tmp_path: Path) -> None:
    names = ["COTAHIST_D02092025.TXT", "COTAHIST_D29082025.ZIP", "cotahist_m082025.zip", "COTAHIST_A2024.TXT"]
    for name in [*names, "COTAHIST_layout.md", "IBOV.json"]:
        (tmp_path / name).write_bytes(b"")
    found = find_quotes(tmp_path)
    assert [file.path.name for file in found] == [names[3], names[2], names[1], names[0]]
    assert [file.one_session for file in found] == [False, False, True, True]


def test_a_file_of_no_date_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "COTAHIST_D31022025.ZIP").write_bytes(b"")
    with pytest.raises(LocalError, match=r"COTAHIST_D31022025\.ZIP' names no date"):
        find_quotes(tmp_path)


def test_a_folder_of_quotes_alone_will_do(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="and no COTAHIST files, to replay"):
        payloads(tmp_path)
    (tmp_path / "COTAHIST_D02092025.TXT").write_bytes(b"")
    material = payloads(tmp_path)
    assert (material.captures, len(material.quotes)) == ((), 1)


def test_the_stand_in_serves_what_was_published_by_b3s_names(tmp_path: Path) -> None:
    day = of_day(date(2025, 9, 3))
    with cotahist_site() as site:
        client = CotahistClient(site.url)
        with pytest.raises(NotPublished):
            client.download(day, tmp_path)
        site.publish("COTAHIST_D03092025.ZIP", b"PK body")
        assert client.download(day, tmp_path).path.read_bytes() == b"PK body"
        site.clear()
        with pytest.raises(NotPublished):
            client.download(day, tmp_path)
        assert set(site.asked) == {"/InstDados/SerHist/COTAHIST_D03092025.ZIP"}
