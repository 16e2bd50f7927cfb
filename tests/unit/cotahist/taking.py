"""A session's quotes as a file of B3's that is taken in."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

from functions.b3.cotahist.client import Payload
from tests.cotahist_files import quote, text

NOW = datetime(2026, 1, 5, 23, 0, tzinfo=UTC)
DAY = date(2016, 1, 4)
KEY = "raw/negociacao/dt=2016-01-04/negociacao.parquet"
QUOTES = [
    quote(codneg="PETR4"),
    quote(codneg="PETR4F", codbdi="96", tpmerc="020", voltot=66_800),
    quote(codneg="PETRA10", codbdi="78", tpmerc="070", preexe=1_000, datven="20160118", voltot=12_345),
    quote(codneg="PETR4T", codbdi="62", tpmerc="030", prazot="030"),
    quote(codneg="PETR4T", codbdi="62", tpmerc="030", prazot="060"),
    quote(codneg="CBEE3", fatcot=1000, premed=87, voltot=78_400, codisi="BRCBEEACNOR3"),
]
GOOD = text(*QUOTES)


def payload(folder: Path, body: bytes, name: str = "COTAHIST_D04012016.ZIP") -> Payload:
    path = folder / name
    path.write_bytes(body)
    return Payload(name=name, url=f"https://b3/{name}", path=path, sha256=hashlib.sha256(body).hexdigest())


def keys(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
