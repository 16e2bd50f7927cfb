"""A made-up market, taken in by the embedded stack's own way: what was refined is what Spark wrote.

A month around the rebalancing of 1 September 2025. On purpose: a share that leaves and one that enters, one that is
renamed, one that some days has no trade and one that on a day has odd lots only, an index besides the Ibovespa, a
session without sectors, an event in a share's type.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path

from bovespa.demo.quotes import QuoteFile, back_fill
from bovespa.demo.rebalancing import RebalancingCapture, capture_rebalancing
from bovespa.local.pipeline import INDEX, PORTFOLIO, QUOTES, await_job_runs
from bovespa.local.stack import Stack
from functions.b3.cotahist.period import of_year
from functions.b3.documents import read_document
from functions.scraper.collect import Collected
from functions.scraper.raw import rows_of, to_parquet
from lake.tables.carteira import day_key
from tests.cotahist_files import quote, text
from tests.market_lake import weekday_sessions
from tests.wire import Row, Wire, weights

SESSIONS = weekday_sessions(date(2025, 8, 11), 23)
REBALANCING, RENAMED = date(2025, 9, 1), date(2025, 9, 4)
WITHOUT_SECTORS = date(2025, 9, 3)
# Company, type, sector, theoretical quantity, first close in cents.
_SHARES: Mapping[str, tuple[str, str, str, int, int]] = {
    "PETR4": ("PETROBRAS", "PN  ATZ N2", "Petróleo, Gás e Biocombustíveis", 4_566_457_037, 3_057),
    "PETR3": ("PETROBRAS", "ON      N2", "Petróleo, Gás e Biocombustíveis", 2_379_877_655, 3_311),
    "ENGI11": ("ENERGISA", "UNT     N2", "Utilidade Públ / Energ Elétrica", 250_809_570, 4_701),
    "EMBR3": ("EMBRAER", "ON      NM", "Bens Indls / Mat Transporte", 734_631_601, 7_901),
    "CVCB3": ("CVC BRASIL", "ON      NM", "Consumo Cíclico / Viagens e Lazer", 515_000_000, 233),
    "CURY3": ("CURY S/A", "ON  EJ  NM", "Consumo Cíclico / Construção Civil", 155_090_000, 2_950),
    "PSSA3": ("PORTO SEGURO", "ON      NM", "Financeiro / Previdência e Seguros", 128_000_000, 5_011),
}
_ISIN = {"EMBR3": "BREMBRACNOR4", "EMBJ3": "BREMBJACNOR1"}
_REDUCERS = {False: Decimal("15433595.60223638"), True: Decimal("15398120.41170025")}
# Members but for the one that enters or leaves on 1 September.
_INDICES = {"IBOV": ("PETR4", "PETR3", "ENGI11", "EMBR3"), "SMLL": ("PSSA3", "ENGI11", "EMBR3")}
_COMES_AND_GOES = {"IBOV": ("CVCB3", "CURY3"), "SMLL": ("CURY3", "CVCB3")}


def fill(stack: Stack, folder: Path) -> None:
    """Bring the market into the stack's lake, and wait until the jobs have refined it.

    A back-fill and the last session's portfolio start a run of each job, by the buckets' own events; the sessions
    before are in raw by then, so that one run takes them all. The indices' job runs once, after both.
    """
    bucket, s3 = stack.exports["lakeBucket"], stack.aws["s3"]
    wiring = s3.get_bucket_notification_configuration(Bucket=bucket)
    wiring.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    for day in SESSIONS:
        if day == SESSIONS[-1]:
            s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wiring)
        s3.put_object(Bucket=bucket, Key=day_key(day), Body=_raw(day))
    file = folder / "COTAHIST_A2025.TXT"
    file.write_bytes(text(*_quotes(), year=2025, generated_on=SESSIONS[-1]))
    taken = back_fill(stack, QuoteFile(path=file, period=of_year(2025)))
    assert (taken.status, taken.sessions) == ("stored", len(SESSIONS)), taken
    for capture in _theoretical():
        capture_rebalancing(stack, capture)
    await_job_runs(stack, 1, of=QUOTES)
    await_job_runs(stack, 1, of=PORTFOLIO)
    stack.aws["glue"].start_job_run(JobName=stack.exports[INDEX.job])
    await_job_runs(stack, 1, of=INDEX)


def _code(codigo: str, day: date) -> str:
    return "EMBJ3" if codigo == "EMBR3" and day >= RENAMED else codigo


@cache
def _closes() -> dict[tuple[str, date], int]:
    chance = random.Random(20250901)
    closes: dict[tuple[str, date], int] = {}
    for codigo, (*_, cents) in _SHARES.items():
        for day in SESSIONS:
            # Some days end where they began.
            cents = cents if chance.random() < 0.05 else max(2, round(cents * (1 + chance.gauss(0, 0.02))))
            closes[codigo, day] = cents
    return closes


def _quotes() -> list[bytes]:
    chance = random.Random(7)
    lines = []
    for day in SESSIONS:
        for codigo, (nome, tipo, *_) in sorted(_SHARES.items()):
            close, trades = _closes()[codigo, day], chance.randrange(1, 30_000)
            quantity = trades * 100 * chance.randrange(1, 9)
            idle = codigo == "PSSA3" and chance.random() < 0.3
            if idle or (codigo == "ENGI11" and day == SESSIONS[-1]):
                continue
            facts = {
                "data": f"{day:%Y%m%d}", "nomres": nome, "especi": tipo, "preabe": close - 1,
                "premax": close + 3, "premin": close - 1, "premed": close, "preult": close, "preofc": close,
                "preofv": close + 1, "codisi": _ISIN.get(_code(codigo, day), f"BR{codigo[:4]}ACNOR0"),
            }  # fmt: skip
            odd = {"codneg": f"{_code(codigo, day)}F", "codbdi": "96", "tpmerc": "020", "quatot": 13}
            lines.append(quote(**facts, **odd, totneg=2, voltot=13 * close))
            if codigo == "PETR3" and day == SESSIONS[-3]:
                continue  # odd lots only: no close
            lot = {"codneg": _code(codigo, day), "totneg": trades, "quatot": quantity}
            lines.append(quote(**facts, **lot, voltot=quantity * close))
    return lines


def _members(indice: str, day: date, *, after: bool, as_of: date | None = None) -> list[Row]:
    """An index's members at the closes of ``day``, under the tickers of ``as_of``."""
    codes = [*_INDICES[indice], _COMES_AND_GOES[indice][after]]
    values = [Decimal(_SHARES[code][3] * _closes()[code, day]) for code in codes]
    return [
        Row(_code(code, as_of or day), *_SHARES[code][:4], peso)
        for code, peso in zip(codes, weights(values), strict=True)
    ]


def _raw(day: date) -> bytes:
    """The raw object of a session, with both indices at the closes before."""
    after = day >= REBALANCING
    captured_at = datetime.combine(day, time(11, 30, 0, 250_000), UTC)
    before = SESSIONS[max(0, SESSIONS.index(day) - 1)]
    rows = []
    for indice in _INDICES:
        members = _members(indice, before, after=after, as_of=day)
        wire = Wire(rows=members, day=day, indice=indice, redutor=_REDUCERS[after])
        body = wire.csv() if day == WITHOUT_SECTORS else wire.json()
        portfolio = read_document(body, indice=indice)
        collected = Collected(portfolio=portfolio, payload_sha256=f"{day:%Y%m%d}".ljust(64, "0"))
        rows += rows_of(collected, captured_at=captured_at)
    return to_parquet(rows)


def _theoretical() -> list[RebalancingCapture]:
    """What B3 shows beside the day's portfolio: before the rebalancing and on its day."""
    eve, day = (datetime(2025, 8, 28, 23, 45, 4, tzinfo=UTC), datetime(2025, 9, 1, 23, 45, 2, tzinfo=UTC))
    found = []
    for indice in _INDICES:
        old, new = (_undated(_members(indice, eve.date(), after=after)) for after in (False, True))
        found += [
            RebalancingCapture(indice=indice, captured_at=at, teorica=teorica, previa=new)
            for at, teorica in ((eve, old), (day, new))
        ]
    return sorted(found, key=lambda capture: capture.captured_at)


def _undated(rows: list[Row]) -> bytes:
    """A portfolio as B3's calls without a date answer."""
    page = Wire(rows=rows, day=REBALANCING).page()
    header = {name: page["header"][name] for name in ("part", "theoricalQty", "reductor")}
    results = [
        {key: value for key, value in found.items() if key not in ("segment", "partAcum")}
        for found in sorted(page["results"], key=lambda found: found["cod"])
    ]
    return json.dumps({"page": page["page"], "header": header, "results": results}).encode()
