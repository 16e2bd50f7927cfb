"""A COTAHIST file in at one end of the deployed stack, rows in Athena out at the other.

The files are the tests' own (tests/cotahist_files.py), and so are the totals: sums over their lines, read by B3's
positions without the project's code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bovespa.demo.quotes import (
    EVENING,
    MORNING,
    QuoteFile,
    Quotes,
    back_fill,
    collect_session,
    replay,
    traded,
)
from bovespa.local.pipeline import QUOTES, await_job_runs, job_runs
from bovespa.local.stack import Stack
from functions.b3.cotahist.period import of_day, of_month
from lake.tables.negociacao import day_key
from tests.cotahist_files import header, quote, sessions_of, text, trailer, write, zipped
from tests.e2e.lake import objects

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@contextmanager
def refined(stack: Stack, runs: int) -> Iterator[None]:
    """Wait for the runs that the block sets off; there must not be one more."""
    known = {run["Id"] for run in job_runs(stack, QUOTES)}
    yield
    await_job_runs(stack, runs, known=known, of=QUOTES)
    assert len({run["Id"] for run in job_runs(stack, QUOTES)} - known) == runs


def collect(stack: Stack, day: date, body: bytes, *, schedule: str = MORNING) -> Quotes:
    assert stack.quotes is not None
    stack.quotes.publish(of_day(day).zip_name, body)
    return collect_session(stack, day, schedule=schedule)


def stated(content: bytes) -> tuple[int, Decimal, int, int]:
    """Tickers, reais, trades and quantity of the cash market, from the lines."""
    lines = [line for line in content.decode("latin-1").splitlines() if line[24:27] in ("010", "020")]
    return (
        len({line[12:24].strip().removesuffix("F") for line in lines}),
        Decimal(sum(int(line[170:188]) for line in lines)).scaleb(-2),
        sum(int(line[147:152]) for line in lines),
        sum(int(line[152:170]) for line in lines),
    )


def seen(stack: Stack) -> dict[date, tuple[int, Decimal, int, int]]:
    return {
        row["data_pregao"]: (row["codigos"], row["valor_total"], row["quantidade"], row["qtd_titulos"])  # type: ignore[misc]
        for row in traded(stack).records()
    }


def day_of(day: date, *changes: Mapping[str, object]) -> bytes:
    """A session with a share's round and odd lot, an option and a forward; and one line for each change."""
    common = {"data": f"{day:%Y%m%d}"}
    lines = [
        quote(**common, totneg=123, quatot=45_600, voltot=123_456_789),
        quote(**common, codneg="PETR4F", codbdi="96", tpmerc="020", totneg=7, quatot=13, voltot=35_101),
        quote(
            **common, codneg="PETRA10", codbdi="78", tpmerc="070", prazot="000", voltot=5, datven="20160118"
        ),
        quote(**common, codneg="PETR4T", codbdi="62", tpmerc="030", prazot="030", voltot=99_999),
        *(quote(**{**common, **change}) for change in changes),
    ]
    return text(*lines, year=day.year, generated_on=day)


@pytest.fixture(scope="module")
def month(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> dict[date, tuple[int, Decimal, int, int]]:
    """A month's file back-filled; the totals of each of its sessions."""
    path = tmp_path_factory.mktemp("quotes") / "COTAHIST_M052023.TXT"
    days = sessions_of(of_month(2023, 5))[:5]
    write(path, of_month(2023, 5), quotes_per_session=120, days=days, eol=b"\n")
    with refined(stack, 1):
        taken = back_fill(stack, QuoteFile(path=path, period=of_month(2023, 5)))
    assert (taken.status, taken.sessions, taken.quotes) == ("stored", 5, 600)
    lines = path.read_bytes().splitlines()
    return {day: stated(b"\n".join(x for x in lines if x[2:10] == f"{day:%Y%m%d}".encode())) for day in days}


def test_a_back_filled_month_is_one_run_with_the_files_own_totals(
    stack: Stack, month: dict[date, tuple[int, Decimal, int, int]]
) -> None:
    assert {day: found for day, found in seen(stack).items() if day in month} == month
    assert len([key for key in objects(stack, "lotes/negociacao/") if "M052023" in key]) == 1


def test_the_table_is_partitioned_by_session_and_initial(
    stack: Stack, month: dict[date, tuple[int, Decimal, int, int]]
) -> None:
    table = stack.aws["glue"].get_table(DatabaseName="default", Name="negociacao")["Table"]
    assert [(key["Name"], key["Type"]) for key in table["PartitionKeys"]] == [
        ("data_pregao", "date"),
        ("inicial", "string"),
    ]
    keys = objects(stack, f"REFINED/negociacao/data_pregao={min(month)}/")
    assert {key.split("/")[3] for key in keys} >= {"inicial=A", "inicial=B"}


def test_a_session_comes_by_its_schedule_and_the_same_file_again_changes_nothing(stack: Stack) -> None:
    day = date(2023, 6, 2)
    body = day_of(day)
    with refined(stack, 1):
        assert collect(stack, day, zipped(body)).status == "stored"
    assert seen(stack)[day] == (1, Decimal("1234918.90"), 130, 45_613) == stated(body)
    before = objects(stack, "lotes/negociacao/"), seen(stack)
    assert collect(stack, day, zipped(body)).status == "unchanged"
    assert (objects(stack, "lotes/negociacao/"), seen(stack)) == before


def test_a_corrected_file_takes_the_place_of_the_first(stack: Stack) -> None:
    day = date(2023, 6, 5)
    extra = {"codneg": "VALE3", "codisi": "BRVALEACNOR0", "totneg": 2, "quatot": 300, "voltot": 2_000_001}
    gone = {"codneg": "ITUB4", "codisi": "BRITUBACNPR1"}
    with refined(stack, 1):
        assert collect(stack, day, zipped(day_of(day, gone))).status == "stored"
    corrected = day_of(day, extra)
    with refined(stack, 1):
        assert collect(stack, day, zipped(corrected)).status == "stored"
    assert seen(stack)[day] == stated(corrected)
    answer = stack.athena.run(
        "SELECT codigo FROM negociacao WHERE data_pregao = DATE '2023-06-05' ORDER BY 1"
    )
    assert answer.rows == (("PETR4",), ("VALE3",))


def test_a_holiday_without_a_file_is_no_session(stack: Stack) -> None:
    assert collect_session(stack, date(2023, 6, 8)).status == "no_session"  # Corpus Christi


def test_a_session_without_a_file_fails_in_the_morning_only(stack: Stack) -> None:
    day = date(2023, 6, 7)
    assert collect_session(stack, day, schedule=EVENING).status == "not_published"
    morning = collect_session(stack, day)
    assert morning.status == "refused"
    assert "a session by B3's calendar, but there is no file" in str(morning.reason)


def test_a_wrong_trailer_is_quarantined_and_nothing_reaches_raw(stack: Stack) -> None:
    day = date(2023, 6, 9)
    line = quote(data="20230609")
    wrong = b"\r\n".join((header(2023, day), line, trailer(4, 2023, day))) + b"\r\n"
    known = {run["Id"] for run in job_runs(stack, QUOTES)}
    refused = collect(stack, day, zipped(wrong))
    assert refused.status == "refused"
    assert "trailer" in str(refused.reason)
    assert day_key(day) not in objects(stack, "raw/negociacao/")
    kept = {key for key in objects(stack, "quarantine/negociacao/") if "D09062023" in key}
    assert len(kept) == 2
    (note,) = [key for key in kept if key.endswith(".reason.json")]
    told = stack.aws["s3"].get_object(Bucket=stack.exports["lakeBucket"], Key=note)["Body"].read()
    assert json.loads(told)["reason"] in str(refused.reason)
    assert {run["Id"] for run in job_runs(stack, QUOTES)} == known


def test_a_text_file_is_replayed_under_b3s_name_for_the_zip(stack: Stack, tmp_path: Path) -> None:
    day = date(2023, 6, 12)
    path = tmp_path / "COTAHIST_D12062023.TXT"
    path.write_bytes(day_of(day))
    with refined(stack, 1):
        taken = replay(stack, QuoteFile(path=path, period=of_day(day)))
    assert (taken.name, taken.status, taken.quotes) == (path.name, "stored", 4)
    assert stack.quotes is not None
    assert stack.quotes.asked[-1] == "/InstDados/SerHist/COTAHIST_D12062023.ZIP"
    assert seen(stack)[day] == stated(path.read_bytes())
