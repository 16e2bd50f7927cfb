"""The raw table of one day: its schema, and what a new capture changes in it.

One row per index and ticker. The raw object is the only state: whether a capture brings anything new
is read from the rows that are there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from functions.b3.parquet import Row, read_rows, write_parquet
from functions.scraper.collect import Collected
from lake.arrow import schema_of
from lake.tables.carteira import RAW

SCHEMA = schema_of(RAW.columns)
_SECTOR = ("setor", "participacao_setor")
_PROVENANCE = ("coletado_em", "payload_sha256")


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
