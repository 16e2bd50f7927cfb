"""Sessions of indices and of the market, written row by row as parquet, asked with the saved queries in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bovespa.athena.dialect import to_duckdb
from lake.saved_queries import SavedQuery, saved_query
from lake.tables import carteira, carteira_setor, indice_diario, indice_membro, negociacao
from lake.tables.column import Table
from tests import duck
from tests.gold import gold, schema_with_nulls
from tests.settlement import settlement_date

_translated = cache(to_duckdb)
_TABLES = (carteira.REFINED, carteira_setor.REFINED, negociacao.REFINED)
_GOLD = (indice_membro.REFINED, indice_diario.REFINED)
# The gold tables by the rows that they are computed of, which many tests have in common.
_COMPUTED: dict[int, dict[str, list[dict[str, Any]]]] = {}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A ticker in an index; ``weight`` in percent, 3 decimals."""

    codigo: str
    weight: str | Decimal
    quantity: int = 1_000
    setor: str = "Outros"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """What was traded of a ticker on a session; ``close`` is None where only odd lots were."""

    codigo: str
    close: str | Decimal | None
    value: str | Decimal = "1000.00"
    isin: str = ""


@dataclass(slots=True)
class Sessions:
    """Rows by table; a query is answered from parquet files of them, in ``folder``."""

    folder: Path
    carteira: list[Row] = field(default_factory=list)
    carteira_setor: list[Row] = field(default_factory=list)
    negociacao: list[Row] = field(default_factory=list)
    _written: int | None = None

    def portfolio(
        self, day: date, members: Sequence[Member], *, indice: str = "IBOV", redutor: str = "100.00000000"
    ) -> None:
        """Add an index's portfolio of a session."""
        for member in members:
            self.carteira.append(
                {
                    "indice": indice,
                    "codigo": member.codigo,
                    "nome_empresa": f"EMPRESA {member.codigo[:4]}",
                    "classe": "ON",
                    "listagem": "NM",
                    "setor": member.setor,
                    "quantidade_teorica": member.quantity,
                    "participacao": Decimal(member.weight),
                    "redutor": Decimal(redutor),
                    "data_pregao": day,
                    "inicio_vigencia": day,
                    "dias_desde_rebalanceamento": 0,
                    "dias_entre_coleta_e_pregao": 0,
                }
            )
        for setor in {member.setor for member in members}:
            mine = [member for member in members if member.setor == setor]
            self.carteira_setor.append(
                {
                    "indice": indice,
                    "setor": setor,
                    "classe": "ON",
                    "participacao": sum((Decimal(m.weight) for m in mine), Decimal(0)),
                    "quantidade_teorica": sum(m.quantity for m in mine),
                    "papeis": len(mine),
                    "data_pregao": day,
                }
            )

    def market(self, day: date, trades: Sequence[Trade]) -> None:
        """Add what was traded on a session."""
        settles = settlement_date(day)
        for trade in trades:
            close = None if trade.close is None else Decimal(trade.close)
            self.negociacao.append(
                {
                    "codigo": trade.codigo,
                    "isin": trade.isin or f"BR{trade.codigo[:4]}ACNOR0",
                    "nome_resumido": trade.codigo[:4],
                    "especificacao": "ON NM",
                    "valor_total": Decimal(trade.value),
                    "quantidade": 10,
                    "qtd_titulos": 100,
                    **dict.fromkeys(("preco_abertura", "preco_maximo", "preco_minimo"), close),
                    "preco_fechamento": close,
                    "preco_medio": close or Decimal(1),
                    "data_liquidacao": settles,
                    "dias_ate_liquidacao": (settles - day).days if settles else None,
                    "data_pregao": day,
                    "inicial": trade.codigo[0],
                }
            )

    def ask(self, query: str | SavedQuery, *, until: date | None = None, indice: str = "IBOV") -> list[Row]:
        """A saved query's rows by column name."""
        found = saved_query(query) if isinstance(query, str) else query
        found = found.of_index(indice)
        return self.run((found.until(until) if until else found).sql)

    def one(self, query: str, *, until: date | None = None, indice: str = "IBOV") -> Row:
        """The row of a saved query that has one."""
        (row,) = self.ask(query, until=until, indice=indice)
        return row

    def run(self, sql: str) -> list[Row]:
        """The rows that a statement in Athena's dialect gives."""
        rows = self.rows(computed=any(table.name in sql for table in _GOLD))
        with duck.connection() as engine:
            have = hash(repr(rows))
            for table in (*_TABLES, *_GOLD):
                path = self.folder / f"{table.name}.parquet"
                if have != self._written:
                    pq.write_table(_of(table, rows.get(table.name, [])), path)
                engine.execute(f"CREATE TEMP VIEW {table.name} AS SELECT * FROM read_parquet('{path}')")
            self._written = have
            cursor = engine.execute(_translated(sql))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def columns(self, sql: str) -> tuple[str, ...]:
        """The names of the columns of an answer, which may have no rows."""
        with duck.connection() as engine:
            for table in (*_TABLES, *_GOLD):
                path = self.folder / f"{table.name}.parquet"
                engine.execute(f"CREATE TEMP VIEW {table.name} AS SELECT * FROM read_parquet('{path}')")
            return tuple(column[0] for column in engine.execute(_translated(sql)).description)

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """Keys and bytes of everything as the jobs leave it: a file a partition."""
        for name, rows in self.rows().items():
            table = {each.name: each for each in (*_TABLES, *_GOLD)}[name]
            keys = [key.name for key in table.keys]
            columns = pa.schema([each for each in schema_with_nulls(table) if each.name not in keys])
            for values in sorted({tuple(row[key] for key in keys) for row in rows}):
                mine = [row for row in rows if tuple(row[key] for key in keys) == values]
                folder = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
                body = BytesIO()
                pq.write_table(pa.Table.from_pylist(mine, schema=columns), body)
                yield f"{table.prefix}{folder}/part.parquet", body.getvalue()

    def rows(self, *, computed: bool = True) -> dict[str, list[Row]]:
        """The rows by table; the gold tables' are computed, once for as long as they are the same."""
        refined: dict[str, list[Row]] = {table.name: getattr(self, table.name) for table in _TABLES}
        if not computed or not self.carteira:
            return refined
        have = hash(repr(refined))
        if have not in _COMPUTED:
            _COMPUTED[have] = gold(refined)
        return refined | _COMPUTED[have]


def _of(table: Table, rows: list[Row]) -> pa.Table:
    """The rows as the table has them; what they don't say is null."""
    return pa.Table.from_pylist(rows, schema=schema_with_nulls(table))


SCHEMAS = {table.name: schema_with_nulls(table) for table in (*_TABLES, *_GOLD)}
