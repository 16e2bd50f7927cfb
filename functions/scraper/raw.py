"""The raw table of one day: its schema, and what a new capture changes in it.

One row per index and ticker. The raw object is the only state: whether a capture brings anything new
is read from the rows that are there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import pyarrow as pa

from functions.b3.parquet import Row, read_rows, write_parquet
from functions.scraper.collect import Collected

SCHEMA = pa.schema(
    [
        pa.field("indice", pa.string(), nullable=False),
        pa.field("codigo", pa.string(), nullable=False),
        pa.field("acao", pa.string(), nullable=False),
        pa.field("tipo", pa.string(), nullable=False),
        pa.field("setor", pa.string()),
        pa.field("qtde_teorica", pa.int64(), nullable=False),
        pa.field("participacao", pa.decimal128(9, 3), nullable=False),
        pa.field("participacao_setor", pa.decimal128(9, 3)),
        pa.field("redutor", pa.decimal128(24, 8), nullable=False),
        pa.field("qtde_teorica_total", pa.int64(), nullable=False),
        pa.field("data_pregao", pa.date32(), nullable=False),
        pa.field("coletado_em", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("payload_sha256", pa.string(), nullable=False),
    ]
)
_SECTOR = ("setor", "participacao_setor")
_PROVENANCE = ("coletado_em", "payload_sha256")


def day_key(day: date) -> str:
    """The raw object of a session: a function of the day alone.

    The partition is named ``dt``, unlike any column: Spark adds it to the rows as text.
    """
    return f"raw/carteira/dt={day.isoformat()}/carteira.parquet"


def rows_of(collected: Collected, *, captured_at: datetime) -> list[Row]:
    """The portfolio's members as rows of :data:`SCHEMA`, sorted by ticker."""
    portfolio = collected.portfolio
    return [
        {
            "indice": portfolio.indice,
            "codigo": member.codigo,
            "acao": member.acao,
            "tipo": member.tipo,
            "setor": member.setor,
            "qtde_teorica": member.qtde_teorica,
            "participacao": member.participacao,
            "participacao_setor": member.participacao_setor,
            "redutor": portfolio.redutor,
            "qtde_teorica_total": portfolio.qtde_teorica_total,
            "data_pregao": portfolio.data_pregao,
            "coletado_em": captured_at,
            "payload_sha256": collected.payload_sha256,
        }
        for member in sorted(portfolio.members, key=lambda member: member.codigo)
    ]


def brings_news(existing: Iterable[Row], new: Iterable[Row]) -> bool:
    """Whether ``new`` says anything about an index that ``existing`` doesn't.

    When it was captured is no news; neither is the same portfolio without its sectors, as the CSV
    download has it.
    """
    old, fresh = list(existing), list(new)
    if len(old) != len(fresh):
        return True
    if all(row["setor"] is None for row in fresh):
        return _without(old, _PROVENANCE + _SECTOR) != _without(fresh, _PROVENANCE + _SECTOR)
    return _without(old, _PROVENANCE) != _without(fresh, _PROVENANCE)


def to_parquet(rows: Iterable[Row]) -> bytes:
    """The rows as one parquet file; the same rows give the same bytes."""
    ordered = sorted(rows, key=lambda row: (row["indice"], row["codigo"]))
    return write_parquet(pa.Table.from_pylist(ordered, schema=SCHEMA))


def from_parquet(body: bytes) -> list[Row]:
    """The rows of a raw file.

    Raises:
        UnreadableRaw: it isn't one, or is damaged.
    """
    return read_rows(body, SCHEMA)


def _without(rows: list[Row], names: tuple[str, ...]) -> list[Row]:
    kept = [{name: value for name, value in row.items() if name not in names} for row in rows]
    return sorted(kept, key=lambda row: str(row["codigo"]))
