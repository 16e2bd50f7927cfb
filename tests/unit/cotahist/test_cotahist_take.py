"""A file on its way to raw: refused whole, or stored a session at a time and announced once."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bovespa.directory_s3 import DirectoryS3
from functions.b3.cotahist.client import Payload
from functions.b3.cotahist.parse import Parsed, parse
from functions.b3.cotahist.period import Period, of_day, of_name, of_year
from functions.b3.cotahist.records import Block
from functions.b3.errors import B3Error
from functions.b3.lake import ATTEMPTS, Lake, ReplacedMeanwhile
from functions.quotes.collect import Span, take
from functions.quotes.raw import SCHEMA
from functions.quotes.store import is_finished
from tests.cotahist_files import quote, sessions_of, text, write, zipped
from tests.unit.cotahist.taking import DAY, GOOD, KEY, NOW, QUOTES, keys, payload


def test_a_day_is_archived_stored_and_announced(tmp_path: Path, root: Path, lake: Lake) -> None:
    body = zipped(text(*QUOTES))
    file = payload(tmp_path, body)
    taken = take(file, of_day(DAY), lake, Span(captured_at=NOW))

    assert taken.changed
    assert taken.quotes == len(QUOTES)
    assert keys(root) == [
        f"lotes/negociacao/COTAHIST_D04012016-{file.sha256}.json",
        f"payloads/negociacao/2026/01/05/COTAHIST_D04012016.ZIP-{file.sha256}.gz",
        KEY,
    ]
    assert gzip.decompress((root / keys(root)[1]).read_bytes()) == body
    assert json.loads((root / keys(root)[0]).read_text())["registros"] == len(QUOTES)
    table = pq.read_table(root / KEY, partitioning=None)
    assert table.schema.equals(SCHEMA)
    rows = table.to_pylist()
    assert Counter(row["tipo_mercado"] for row in rows) == {"010": 2, "020": 1, "030": 2, "070": 1}
    assert [row["prazo"] for row in rows if row["tipo_mercado"] == "030"] == ["030", "060"]
    (cheap,) = (row for row in rows if row["codigo"] == "CBEE3")
    assert (cheap["preco_medio"], cheap["vl_negociado"]) == (Decimal("0.00087"), Decimal("784.00"))
    assert {(row["coletado_em"], row["payload_sha256"]) for row in rows} == {(NOW, file.sha256)}


def test_the_same_session_from_another_file_writes_nothing(tmp_path: Path, root: Path, lake: Lake) -> None:
    take(payload(tmp_path, zipped(text(*QUOTES))), of_day(DAY), lake, Span(captured_at=NOW))
    before = (root / KEY).read_bytes()
    other = payload(tmp_path, text(*reversed(QUOTES), eol=b"\n"), "COTAHIST_A2016.TXT")
    taken = take(other, of_year(2016), lake, Span(captured_at=datetime(2026, 2, 1, tzinfo=UTC)))
    assert not taken.changed
    assert (root / KEY).read_bytes() == before


def test_the_same_file_again_is_not_announced_again(tmp_path: Path, lake: Lake) -> None:
    file = payload(tmp_path, zipped(text(*QUOTES)))
    assert take(file, of_day(DAY), lake, Span(captured_at=NOW)).announced
    assert take(file, of_day(DAY), lake, Span(captured_at=NOW)).announced is None


def test_a_file_that_comes_back_after_a_correction_is_announced_again(tmp_path: Path, lake: Lake) -> None:
    first = payload(tmp_path, zipped(text(*QUOTES)))
    announced = take(first, of_day(DAY), lake, Span(captured_at=NOW)).announced
    (tmp_path / "corrected").mkdir()
    corrected = payload(tmp_path / "corrected", zipped(text(*QUOTES[:-1])))
    assert take(corrected, of_day(DAY), lake, Span(captured_at=NOW)).announced not in (None, announced)

    back = take(first, of_day(DAY), lake, Span(captured_at=NOW))

    assert (back.changed, back.announced) == (True, announced)


def test_a_crash_before_the_announcement_is_healed_by_the_next_run(
    tmp_path: Path, root: Path, lake: Lake
) -> None:
    file = payload(tmp_path, zipped(text(*QUOTES)))
    announced = take(file, of_day(DAY), lake, Span(captured_at=NOW)).announced
    assert announced
    (root / announced).unlink()
    again = take(file, of_day(DAY), lake, Span(captured_at=NOW))
    assert (again.changed, again.announced) == (False, announced)


def test_a_corrected_session_is_written_again(tmp_path: Path, root: Path, lake: Lake) -> None:
    take(payload(tmp_path, zipped(text(*QUOTES))), of_day(DAY), lake, Span(captured_at=NOW))
    corrected = [quote(codneg="PETR4", voltot=1), *QUOTES[1:]]
    assert take(payload(tmp_path, text(*corrected)), of_day(DAY), lake, Span(captured_at=NOW)).changed
    (row,) = (
        row for row in pq.read_table(root / KEY, partitioning=None).to_pylist() if row["codigo"] == "PETR4"
    )
    assert row["vl_negociado"] == Decimal("0.01")


def test_the_bytes_depend_on_the_records_alone(tmp_path: Path) -> None:
    bodies = []
    for number, quotes in enumerate((QUOTES, QUOTES[::-1])):
        where = tmp_path / str(number)
        where.mkdir()
        file = payload(where, text(*quotes))
        same = Payload(name=file.name, url=file.url, path=file.path, sha256="0" * 64)
        take(same, of_day(DAY), Lake(DirectoryS3(where), "lake"), Span(captured_at=NOW))
        bodies.append((where / "lake" / KEY).read_bytes())
    assert bodies[0] == bodies[1]


def test_a_change_of_isin_on_a_day_keeps_both_lines(tmp_path: Path, root: Path, lake: Lake) -> None:
    both = [quote(codisi="BRPETRACNPR6", dismes=151), quote(codisi="BRPETRACNPR7", dismes=100)]
    take(payload(tmp_path, text(*both)), of_day(DAY), lake, Span(captured_at=NOW))
    rows = pq.read_table(root / KEY, partitioning=None).to_pylist()
    assert {row["isin"] for row in rows} == {"BRPETRACNPR6", "BRPETRACNPR7"}


def test_two_auctions_of_a_ticker_are_two_quotes(tmp_path: Path, lake: Lake) -> None:
    auctions = [quote(codneg="PETR4L", codbdi="46", tpmerc="017", voltot=value) for value in (100, 200)]
    taken = take(payload(tmp_path, text(*auctions)), of_day(DAY), lake, Span(captured_at=NOW))
    assert taken.quotes == 2


@pytest.mark.parametrize(
    "pair",
    [
        [quote(voltot=1), quote(voltot=2)],  # the same quote with other numbers
        [quote(codneg="PETRA10", tpmerc="070", codbdi="78")] * 2,
    ],
)
def test_a_quote_that_is_there_twice_is_refused(tmp_path: Path, lake: Lake, pair: list[bytes]) -> None:
    with pytest.raises(B3Error, match=r"unique_quotes \(PETR.* on 2016-01-04\).*found 1 repeated"):
        take(payload(tmp_path, text(*pair)), of_day(DAY), lake, Span(captured_at=NOW))


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_year_is_divided_into_its_sessions_whatever_its_order(
    tmp_path: Path, root: Path, lake: Lake, shuffled: bool
) -> None:
    days = sessions_of(of_year(2019))[::25]
    path = tmp_path / "COTAHIST_A2019.TXT"
    assert write(path, of_year(2019), quotes_per_session=40, days=days) == 40 * len(days)
    if shuffled:
        first, *records, last = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([first, *sorted(records, key=lambda record: record[12:24]), last]))
    taken = take(payload(tmp_path, path.read_bytes(), path.name), of_year(2019), lake, Span(captured_at=NOW))
    assert [stored.day for stored in taken.sessions] == days
    assert {stored.rows for stored in taken.sessions} == {40}
    for day in days:
        table = pq.read_table(root / f"raw/negociacao/dt={day}/negociacao.parquet", partitioning=None)
        assert set(table["data_pregao"].to_pylist()) == {day}


def test_only_the_sessions_in_range_are_stored(tmp_path: Path, root: Path, lake: Lake) -> None:
    days = sessions_of(of_year(2019))[:10]
    path = tmp_path / "COTAHIST_A2019.ZIP"
    write(path, of_year(2019), quotes_per_session=20, days=days)
    file = payload(tmp_path, path.read_bytes(), path.name)
    taken = take(file, of_year(2019), lake, Span(captured_at=NOW, first=days[3], last=days[5]))
    assert [stored.day for stored in taken.sessions] == days[3:6]
    assert taken.announced
    assert taken.announced.endswith(f"-{days[3]}-{days[5]}.json")
    assert not is_finished(lake, of_year(2019))
    take(file, of_year(2019), lake, Span(captured_at=NOW))
    assert is_finished(lake, of_year(2019))


class _Racing(DirectoryS3):
    """Other runs write the session between this one's look and its write, ``times`` times."""

    times = 1

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **condition: Any) -> None:  # noqa: N803
        if Key == KEY and self.times:
            self.times -= 1
            super().put_object(Bucket=Bucket, Key=KEY, Body=b"another run's %d" % self.times)
        super().put_object(Bucket=Bucket, Key=Key, Body=Body, **condition)


class _Failing(DirectoryS3):
    """The disk is full when the second session is written."""

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **condition: Any) -> None:  # noqa: N803
        if "dt=2019-01-03" in Key:
            raise OSError(28, "No space left on device")
        super().put_object(Bucket=Bucket, Key=Key, Body=Body, **condition)


@pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
def test_whoever_is_overtaken_looks_and_writes_again(tmp_path: Path, root: Path, times: int) -> None:
    racing = _Racing(tmp_path)
    racing.times = times
    waited: list[float] = []

    taken = take(
        payload(tmp_path, GOOD), of_day(DAY), Lake(racing, "lake", sleep=waited.append), Span(captured_at=NOW)
    )

    assert taken.changed
    assert pq.read_table(root / KEY, partitioning=None).num_rows == len(QUOTES)
    assert len(waited) == times
    assert 0 < waited[0] <= sum(waited) < 10


def test_who_is_overtaken_for_ever_gives_up(tmp_path: Path) -> None:
    racing = _Racing(tmp_path)
    racing.times = 1_000
    waited: list[float] = []

    with pytest.raises(ReplacedMeanwhile, match="another run wrote it at the same time"):
        take(
            payload(tmp_path, GOOD),
            of_day(DAY),
            Lake(racing, "lake", sleep=waited.append),
            Span(captured_at=NOW),
        )
    assert len(waited) == ATTEMPTS - 1


@pytest.mark.parametrize("damaged", [b"", b"no parquet", b"PAR1" * 100])
def test_damaged_raw_is_replaced_and_said(tmp_path: Path, root: Path, lake: Lake, damaged: bytes) -> None:
    (root / KEY).parent.mkdir(parents=True)
    (root / KEY).write_bytes(damaged)

    (session,) = take(payload(tmp_path, GOOD), of_day(DAY), lake, Span(captured_at=NOW)).sessions

    assert (session.changed, session.healed) == (True, True)
    assert pq.read_table(root / KEY, partitioning=None).num_rows == len(QUOTES)


def test_a_failure_midway_is_not_announced_and_resumed(tmp_path: Path, root: Path) -> None:
    days = sessions_of(of_year(2019))[:3]
    path = tmp_path / "COTAHIST_A2019.ZIP"
    write(path, of_year(2019), quotes_per_session=20, days=days)
    file = payload(tmp_path, path.read_bytes(), path.name)
    with pytest.raises(OSError, match="No space left"):
        take(file, of_year(2019), Lake(_Failing(root.parent), root.name), Span(captured_at=NOW))
    assert not list(root.glob("lotes/**/*.json"))
    taken = take(file, of_year(2019), Lake(DirectoryS3(root.parent), root.name), Span(captured_at=NOW))
    assert [stored.changed for stored in taken.sessions] == [False, True, True]
    assert taken.announced


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("COTAHIST_D08072025.ZIP", date(2025, 7, 8), date(2025, 7, 8)),
        ("cotahist_m122025.txt", date(2025, 12, 1), date(2025, 12, 31)),
        ("COTAHIST_M022024.ZIP", date(2024, 2, 1), date(2024, 2, 29)),
        ("COTAHIST_A2020.ZIP", date(2020, 1, 1), date(2020, 12, 31)),
        ("COTAHIST.A1994.ZIP", date(1994, 1, 1), date(1994, 12, 31)),
        ("download_COTAHIST_A2001.zip", date(2001, 1, 1), date(2001, 12, 31)),
    ],
)
def test_a_files_name_says_its_period(name: str, first: date, last: date) -> None:
    period: Period = of_name(name)
    assert (period.first, period.last) == (first, last)
    assert period.zip_name.endswith(".ZIP")


@pytest.mark.parametrize(
    "name", ["IBOVDia.csv", "COTAHIST_D31022025.ZIP", "COTAHIST_M132025.ZIP", "XCOTAHIST_A2020.ZIP", ""]
)
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"named as B3 names|names no date"):
        of_name(name)


BLANK = quote(codneg="VALE3", totneg="     ")
WRONG = quote(codneg="ITUB4", premed="00000000000X1", data="20160104")
DATELESS = quote(codneg="BBAS3", data="20160230")


def test_wrong_records_are_named_and_refuse_the_file(tmp_path: Path, root: Path, lake: Lake) -> None:
    file = payload(tmp_path, text(*QUOTES, BLANK, WRONG))
    with pytest.raises(B3Error, match=r"line 8 \(VALE3 of 20160104\): qtd_negocios is '     '"):
        take(file, of_day(DAY), lake, Span(captured_at=NOW, skip_bad=1))
    assert not (root / "raw").exists()


def test_as_many_wrong_records_as_allowed_are_set_aside(tmp_path: Path, root: Path, lake: Lake) -> None:
    file = payload(tmp_path, text(*QUOTES, BLANK, WRONG, DATELESS))
    taken = take(file, of_day(DAY), lake, Span(captured_at=NOW, skip_bad=3))
    assert [fault.number for fault in taken.skipped] == [10, 8, 9]
    assert pq.read_table(root / KEY, partitioning=None).num_rows == taken.quotes == len(QUOTES)
    (aside,) = (key for key in keys(root) if key.startswith("quarantine/") and not key.endswith(".json"))
    told = (root / aside).read_text()
    for named in ("line 8 (VALE3 of", "line 9 (ITUB4 of", "line 10 (BBAS3): data_pregao is '20160230'"):
        assert named in told


def test_a_quote_is_parsed_once(tmp_path: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []

    def counted(block: Block) -> Parsed:
        parsed.append(len(block.records))
        return parse(block)

    monkeypatch.setattr("functions.quotes.collect.parse", counted)
    file = payload(tmp_path, GOOD)
    take(file, of_day(DAY), lake, Span(captured_at=NOW))
    assert sum(parsed) == len(QUOTES)
    take(file, of_day(DAY), lake, Span(captured_at=NOW))
    assert sum(parsed) == len(QUOTES)
