"""Makes COTAHIST files in B3's format: single lines for tests, or years of real size, from a seed.

Real names of shares, made-up prices. A year of real size has about two million quotes, most of them
options: ``write(path, of_year(2020), quotes_per_session=8_000)``.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from functions.b3.cotahist.parse import parse, to_batch
from functions.b3.cotahist.period import Period
from functions.b3.cotahist.records import RecordFile
from lake.calendar import is_session

# field: (start, end) as in B3's layout, 1-based and inclusive; numbers are zero-padded, texts space-padded
_FIELDS = {
    "data": (3, 10), "codbdi": (11, 12), "codneg": (13, 24), "tpmerc": (25, 27), "nomres": (28, 39),
    "especi": (40, 49), "prazot": (50, 52), "modref": (53, 56), "preabe": (57, 69), "premax": (70, 82),
    "premin": (83, 95), "premed": (96, 108), "preult": (109, 121), "preofc": (122, 134),
    "preofv": (135, 147), "totneg": (148, 152), "quatot": (153, 170), "voltot": (171, 188),
    "preexe": (189, 201), "indopc": (202, 202), "datven": (203, 210), "fatcot": (211, 217),
    "ptoexe": (218, 230), "codisi": (231, 242), "dismes": (243, 245),
}  # fmt: skip
_TEXTS = {"codneg", "nomres", "especi", "prazot", "modref", "codisi"}
_PETR4 = {
    "data": "20160104", "codbdi": "02", "codneg": "PETR4", "tpmerc": "010", "nomres": "PETROBRAS",
    "especi": "PN", "prazot": "", "modref": "R$", "preabe": 664, "premax": 686, "premin": 650,
    "premed": 668, "preult": 667, "preofc": 666, "preofv": 667, "totneg": 29_000, "quatot": 40_000_000,
    "voltot": 26_720_000_000, "preexe": 0, "indopc": 0, "datven": "99991231", "fatcot": 1, "ptoexe": 0,
    "codisi": "BRPETRACNPR6", "dismes": 151,
}  # fmt: skip
_SHARES = (
    "ABEV3", "AZUL4", "B3SA3", "BBAS3", "BBDC3", "BBDC4", "BRAP4", "BRKM5", "CCRO3", "CIEL3", "CMIG4",
    "CPFE3", "CSAN3", "CSNA3", "CYRE3", "ECOR3", "EGIE3", "ENGI11", "EQTL3", "FLRY3", "GGBR4", "GOAU4",
    "HYPE3", "ITSA4", "ITUB4", "JBSS3", "KLBN11", "LREN3", "MGLU3", "MRVE3", "MULT3", "PETR3", "PETR4",
    "RADL3", "RAIL3", "RENT3", "SANB11", "SBSP3", "SUZB3", "TAEE11", "UGPA3", "USIM5", "VALE3", "VIVT3",
    "WEGE3", "YDUQ3",
)  # fmt: skip

Matrix = npt.NDArray[np.uint8]


def quote(**fields: Any) -> bytes:
    """One record of 245 bytes: PETR4 on 4 January 2016, with the given fields (B3's names) instead.

    Numbers are in the file's units (prices in cents); a text may be of any bytes that latin-1 has.
    """
    record = bytearray(b" " * 245)
    record[:2] = b"01"
    for name, value in {**_PETR4, **fields}.items():
        start, end = _FIELDS[name]
        width = end - start + 1
        text = str(value).ljust(width) if name in _TEXTS else str(value).rjust(width, "0")
        assert len(text) == width, f"{name}: {value!r} has not {width} characters"
        record[start - 1 : end] = text.encode("latin-1")
    return bytes(record)


def header(year: int = 2016, generated_on: date = date(2016, 1, 4)) -> bytes:
    """The first record."""
    return f"00COTAHIST.{year}BOVESPA {generated_on:%Y%m%d}".encode().ljust(245)


def trailer(records: int, year: int = 2016, generated_on: date = date(2016, 1, 4)) -> bytes:
    """The last record, which states how many there are, itself and the header included."""
    return f"99COTAHIST.{year}BOVESPA {generated_on:%Y%m%d}{records:011d}".encode().ljust(245)


def text(
    *quotes: bytes, year: int = 2016, generated_on: date = date(2016, 1, 4), eol: bytes = b"\r\n"
) -> bytes:
    """A whole file of those quotes."""
    end = trailer(len(quotes) + 2, year, generated_on)
    return b"".join(record + eol for record in (header(year, generated_on), *quotes, end))


def zipped(content: bytes, name: str = "COTAHIST_D04012016.TXT") -> bytes:
    """The file as B3 publishes it; the same content gives the same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name, (2016, 1, 4, 20, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, content)
    return sink.getvalue()


def batches(stream: BinaryIO) -> Iterator[pa.RecordBatch]:
    """A file's quotes as Arrow has them, block by block."""
    for block in RecordFile(stream).blocks():
        yield to_batch(parse(block))


def sessions_of(period: Period) -> list[date]:
    """B3's sessions in a period."""
    days = (period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1))
    return [day for day in days if is_session(day)]


def write(
    path: Path,
    period: Period,
    *,
    quotes_per_session: int = 100,
    days: Sequence[date] | None = None,
    seed: int = 1,
    eol: bytes = b"\r\n",
) -> int:
    """Write a file of made-up quotes, as a ZIP if it is named so. Returns the number of quotes."""
    chunks = _chunks(period, days or sessions_of(period), quotes_per_session, seed, eol)
    count = 0
    if path.suffix.upper() == ".ZIP":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            entry = zipfile.ZipInfo(f"{period.stem}.TXT", (2016, 1, 4, 20, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as member:
                for chunk in chunks:
                    count += len(chunk) // (245 + len(eol))
                    member.write(chunk)
    else:
        with path.open("wb") as file:
            for chunk in chunks:
                count += len(chunk) // (245 + len(eol))
                file.write(chunk)
    return count - 2


def _chunks(period: Period, days: Sequence[date], size: int, seed: int, eol: bytes) -> Iterator[bytes]:
    rng = np.random.default_rng([seed, period.first.toordinal()])
    year, generated_on = period.first.year, days[-1]
    market = _market(rng, size, period.last)
    prices = rng.integers(200, 15_000, len(market))
    yield header(year, generated_on) + eol
    for day in days:
        prices = np.maximum(prices * rng.integers(970, 1032, len(prices)) // 1000, 1)
        yield _session(market, prices, day, rng, eol).tobytes()
    yield trailer(len(days) * len(market) + 2, year, generated_on) + eol


def _market(rng: np.random.Generator, size: int, expiry: date) -> Matrix:
    """(size, 245): what doesn't change from day to day. One line in ten is of the cash market."""
    lines: list[bytes] = []
    cash = max(2, size // 10)
    for n in range(cash // 2):
        share = _SHARES[n] if n < len(_SHARES) else f"{_letters(n)}{3 + n % 2}"
        isin = f"BR{share[:4]}ACN{'OR' if share.endswith('3') else 'PR'}{n % 10}"
        kind = {"nomres": share[:4], "especi": "ON      NM" if share.endswith("3") else "PN      N1"}
        factor = 1000 if n % 97 == 96 else 1
        common = {**kind, "codisi": isin, "fatcot": factor, "dismes": 100 + n % 200}
        lines.append(quote(codneg=share, codbdi="02", tpmerc="010", **common))
        lines.append(quote(codneg=f"{share}F", codbdi="96", tpmerc="020", **common))
    for n in range(size - len(lines)):
        share = _SHARES[n % len(_SHARES)]
        call = n % 2 == 0
        code = f"{share[:4]}{'ABCDEFGHIJKL'[n % 12] if call else 'MNOPQRSTUVWX'[n % 12]}{n}"
        lines.append(
            quote(
                codneg=code,
                codbdi="78" if call else "82",
                tpmerc="070" if call else "080",
                nomres=f"{share[:4]}    /E",
                prazot="000",
                datven=f"{expiry:%Y%m%d}",
                preexe=int(rng.integers(100, 9_000)),
                codisi=f"BR{share[:4]}ACNPR{n % 10}",
            )
        )
    return np.frombuffer(b"".join(sorted(lines)), np.uint8).reshape(-1, 245)


def _session(
    market: Matrix, prices: npt.NDArray[np.int64], day: date, rng: np.random.Generator, eol: bytes
) -> Matrix:
    lines = np.empty((len(market), 245 + len(eol)), np.uint8)
    lines[:, :245] = market
    lines[:, 245:] = np.frombuffer(eol, np.uint8)
    lines[:, 2:10] = np.frombuffer(f"{day:%Y%m%d}".encode(), np.uint8)
    trades = rng.integers(1, 5_000, len(market))
    quantity = trades * rng.integers(1, 40, len(market)) * 100
    spread = prices // 50
    numbers = {
        "preabe": prices - spread // 2,
        "premax": prices + spread,
        "premin": prices - spread,
        "premed": prices,
        "preult": prices + spread // 3,
        "preofc": prices - 1,
        "preofv": prices + 1,
        "totneg": trades,
        "quatot": quantity,
        "voltot": quantity * prices,
    }
    for name, values in numbers.items():
        start, end = _FIELDS[name]
        for place in range(end - start + 1):
            lines[:, end - 1 - place] = values // 10**place % 10 + ord("0")
    return lines


def _letters(n: int) -> str:
    text = ""
    for _ in range(3):
        n, rest = divmod(n, 26)
        text = chr(ord("A") + rest) + text
    return f"X{text}"
