"""The raw rows of theoretical portfolios and previews: their schema and their file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from functions.b3.parquet import Row, read_rows, write_parquet
from functions.rebalancing.collect import Attempt
from lake.arrow import schema_of
from lake.tables.carteira_teorica import RAW

SCHEMA = schema_of(RAW.columns)


def rows_of(attempt: Attempt, *, captured_at: datetime) -> list[Row]:
    """The members of a portfolio that was had, as rows of :data:`SCHEMA`, sorted by ticker."""
    portfolio = attempt.portfolio
    if portfolio is None:
        return []
    return [
        {
            "tipo_carteira": attempt.kind.value,
            "indice": attempt.indice,
            "codigo": member.codigo,
            "acao": member.acao,
            "tipo": member.tipo,
            "setor": member.setor,
            "qtde_teorica": member.qtde_teorica,
            "participacao": member.participacao,
            "redutor": portfolio.redutor,
            "qtde_teorica_total": portfolio.qtde_teorica_total,
            "data_informada": portfolio.data_pregao,
            "coletado_em": captured_at,
            "payload_sha256": attempt.payload_sha256,
        }
        for member in sorted(portfolio.members, key=lambda member: member.codigo)
    ]


def to_parquet(rows: Iterable[Row]) -> bytes:
    """The rows as one parquet file; the same rows give the same bytes."""
    ordered = sorted(rows, key=lambda row: (row["tipo_carteira"], row["indice"], row["codigo"]))
    return write_parquet(pa.Table.from_pylist(ordered, schema=SCHEMA))


def from_parquet(body: bytes) -> list[Row]:
    """The rows of a raw file.

    Raises:
        UnreadableRaw: it isn't one, or is damaged.
    """
    return read_rows(body, SCHEMA)
