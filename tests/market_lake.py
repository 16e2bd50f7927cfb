"""A made-up market in the refined tables' layout: prices that walk at random, and an index of them.

Used by tests on a few sessions and by `bench/athena_scan.py` on ten years. Columns and types are the ones that the
jobs in `glue/jobs/` catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake.arrow import schema_of
from lake.calendar import is_session, next_session, portfolio_start
from lake.tables import refined_table, refined_tables

REDUCER = Decimal("15433595.60223638")
SECTORS = ("Petróleo", "Mineração", "Bancos", "Energia Elétrica", "Consumo", "Saúde", "Papel e Celulose")
TABLES: Mapping[str, tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]] = {
    table.name: (table.types(), table.key_types()) for table in refined_tables()
}
GOLD = ("indice_membro", "indice_diario")  # a partition a year


def weekday_sessions(first: date, count: int) -> list[date]:
    """The ``count`` sessions of B3's calendar from ``first`` on."""
    found: list[date] = []
    day = first
    while len(found) < count:
        if is_session(day):
            found.append(day)
        day += timedelta(days=1)
    return found


@dataclass(frozen=True, kw_only=True)
class Market:
    """``tickers`` traded over ``sessions``; the first ``members`` of them are the Ibovespa, in B3's sense.

    ``idle`` is the share of (ticker, session) without a trade, and so without a row.
    """

    sessions: Sequence[date]
    tickers: Sequence[str]
    members: int
    idle: float = 0.0
    seed: int = 20250901

    @cached_property
    def closes(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Closing prices in cents, sessions by tickers."""
        random = np.random.default_rng(self.seed)
        steps = random.normal(0.0002, 0.02, (len(self.sessions), len(self.tickers)))
        start = random.uniform(np.log(4), np.log(90), len(self.tickers))
        cents = np.round(np.exp(start + np.cumsum(steps, axis=0)) * 100)
        return np.asarray(np.maximum(2, cents), dtype=np.int64)

    @cached_property
    def volumes(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Shares traded, sessions by tickers; 0 where the ticker was idle."""
        random = np.random.default_rng(self.seed + 1)
        size = (len(self.sessions), len(self.tickers))
        scale = np.exp(random.uniform(6, 15, len(self.tickers)))
        drawn = np.maximum(100, scale * np.exp(random.normal(0, 0.4, size)))
        shares: np.ndarray[Any, np.dtype[np.int64]] = np.asarray(drawn, dtype=np.int64)
        shares[random.random(size) < self.idle] = 0
        return shares

    @cached_property
    def _quantities(self) -> dict[date, np.ndarray[Any, np.dtype[np.int64]]]:
        """Each portfolio's theoretical quantities, by the session it took effect on."""
        random = np.random.default_rng(self.seed + 2)
        base = np.exp(random.uniform(17, 22, self.members))
        found = {}
        for day in self.sessions:
            start = portfolio_start(day)
            if start not in found:
                found[start] = (base * random.uniform(0.9, 1.1, self.members)).astype(np.int64)
        return found

    def weights(self, place: int) -> list[int]:
        """The members' weights for session ``place`` in thousandths of a percent, at the close before it."""
        quantities = self._quantities[portfolio_start(self.sessions[place])]
        values = [
            int(q) * int(p)
            for q, p in zip(quantities, self.closes[max(0, place - 1), : self.members], strict=True)
        ]
        rounded = [value * 100_000 // sum(values) for value in values]
        rounded[int(np.argmax(rounded))] += 100_000 - sum(rounded)
        return rounded

    def quotes(self, place: int) -> pa.Table:
        """What was traded on session ``place``, with ``inicial``, in the order of it."""
        traded = [n for n in np.argsort(np.array(self.tickers)) if self.volumes[place, n] > 0]
        day = self.sessions[place]
        settlement = day
        for _ in range(2):
            settlement = next_session(settlement + timedelta(days=1))
        codes = [self.tickers[n] for n in traded]
        close, shares = self.closes[place, traded], self.volumes[place, traded]
        spread = np.maximum(1, close // 50)
        prices = {
            "preco_abertura": close - spread // 2,
            "preco_maximo": close + spread,
            "preco_minimo": np.maximum(1, close - spread),
            "preco_fechamento": close,
            "preco_medio": close,
        }
        columns: dict[str, Any] = {
            "codigo": pa.array(codes),
            "isin": pa.array([f"BR{code[:4]}ACN{code[-1]}R{len(code)}" for code in codes]),
            "nome_resumido": pa.array([code[:4] for code in codes]),
            "especificacao": pa.array(
                ["PN      N2" if code.endswith("4") else "ON      NM" for code in codes]
            ),
            "moeda": pa.array(["R$"] * len(codes)),
            "valor_total": _decimals(close * shares, 18, 2),
            "quantidade": pa.array(np.maximum(1, shares // 300)),
            "quantidade_duvidosa": pa.array([False] * len(codes)),
            "quantidade_provavel": pa.array(np.maximum(1, shares // 300)),
            "qtd_titulos": pa.array(shares),
            **{name: _decimals(cents * 1_000_000, 18, 8) for name, cents in prices.items()},
            "data_liquidacao": pa.array([settlement] * len(codes), pa.date32()),
            "dias_ate_liquidacao": pa.array([(settlement - day).days] * len(codes), pa.int32()),
            "inicial": pa.array([code[0] for code in codes]),
        }
        return pa.table(columns)

    def portfolio(self, place: int) -> pa.Table:
        """The Ibovespa's rows for session ``place``, with ``codigo``."""
        day = self.sessions[place]
        start = portfolio_start(day)
        codes, weights = list(self.tickers[: self.members]), self.weights(place)
        quantities = [int(q) for q in self._quantities[start]]
        sectors = [self.sector(code) for code in codes]
        classes = [self.share_class(code) for code in codes]
        groups = list(zip(sectors, classes, strict=True))
        capture = datetime.combine(day, time(11, 0), UTC)
        total = sum(quantities)

        def summed(values: Sequence[int], keys: Sequence[Any]) -> list[int]:
            sums: dict[Any, int] = {}
            for key, value in zip(keys, values, strict=True):
                sums[key] = sums.get(key, 0) + value
            return [sums[key] for key in keys]

        rows: dict[str, Any] = {
            "indice": ["IBOV"] * len(codes),
            "nome_empresa": [f"{code[:4]} S.A." for code in codes],
            "tipo": [f"{kind:<8}NM" for kind in classes],
            "classe": classes,
            "evento": pa.nulls(len(codes), pa.string()),
            "listagem": ["NM"] * len(codes),
            "setor": sectors,
            "quantidade_teorica": quantities,
            "participacao": _decimals(weights, 9, 3),
            "participacao_setor": _decimals(summed(weights, sectors), 9, 3),
            "participacao_setor_classe": _decimals(summed(weights, groups), 9, 3),
            "quantidade_setor_classe": summed(quantities, groups),
            "papeis_setor_classe": pa.array(summed([1] * len(codes), groups), pa.int32()),
            "qtde_teorica_total": [total] * len(codes),
            "redutor": pa.array([REDUCER] * len(codes), pa.decimal128(24, 8)),
            "inicio_vigencia": pa.array([start] * len(codes), pa.date32()),
            "dias_desde_rebalanceamento": pa.array([(day - start).days] * len(codes), pa.int32()),
            "dias_entre_coleta_e_pregao": pa.array([0] * len(codes), pa.int32()),
            "coletado_em": pa.array([capture] * len(codes), pa.timestamp("us", tz="UTC")),
            "payload_sha256": [f"{place:064x}"] * len(codes),
            "codigo": codes,
        }
        return pa.table(rows)

    def sectors(self, place: int) -> pa.Table:
        """The session's portfolio by sector and class."""
        portfolio = self.portfolio(place)
        groups = portfolio.group_by(["indice", "setor", "classe"]).aggregate(
            [("participacao", "sum"), ("quantidade_teorica", "sum"), ("codigo", "count")]
        )
        return pa.table(
            {
                **{name: groups[name] for name in ("indice", "setor", "classe")},
                "participacao": groups["participacao_sum"].cast(pa.decimal128(9, 3)),
                "quantidade_teorica": groups["quantidade_teorica_sum"],
                "papeis": groups["codigo_count"].cast(pa.int32()),
            }
        )

    def _members(self, place: int) -> list[dict[str, Any]]:
        """The session's rows of ``indice_membro``, near enough to what the job makes of it."""
        day, start, before = self.sessions[place], portfolio_start(self.sessions[place]), max(0, place - 1)
        found = []
        for n, (code, weight) in enumerate(
            zip(self.tickers[: self.members], self.weights(place), strict=True)
        ):
            traded = bool(self.volumes[place, n] > 0)
            last, close = (Decimal(int(self.closes[p, n])).scaleb(-2) for p in (before, place))
            change = round((close - last) * 100 / last, 6) if traded and place else None
            found.append(
                {
                    "data_pregao": day,
                    "indice": "IBOV",
                    "codigo": code,
                    "codigo_atual": code,
                    "nome_empresa": f"{code[:4]} S.A.",
                    "classe": self.share_class(code),
                    "setor": self.sector(code),
                    "quantidade_teorica": int(self._quantities[start][n]),
                    "participacao": Decimal(weight).scaleb(-3),
                    "inicio_vigencia": start,
                    "dias_desde_rebalanceamento": (day - start).days,
                    "pregao_anterior": self.sessions[before] if place else None,
                    "preco_anterior": last if place else None,
                    "preco_fechamento": close if traded else None,
                    "retorno": change,
                    "contribuicao": None if change is None else round(Decimal(weight) * change / 100_000, 6),
                    "valor_total": close * int(self.volumes[place, n]) if traded else None,
                    "quantidade": max(1, int(self.volumes[place, n]) // 300) if traded else None,
                    "quantidade_provavel": max(1, int(self.volumes[place, n]) // 300) if traded else None,
                    "qtd_titulos": int(self.volumes[place, n]) if traded else None,
                }
            )
        return found

    def _summary(self, place: int) -> dict[str, Any]:
        """A session's row of ``indice_diario``."""
        members = self._members(place)
        known = [member for member in members if member["retorno"] is not None]
        weights = sorted((member["participacao"] for member in members), reverse=True)
        prices = [member["preco_fechamento"] or member["preco_anterior"] for member in members]
        priced = all(price is not None for price in prices)
        level = (
            sum(m["quantidade_teorica"] * p for m, p in zip(members, prices, strict=True)) if priced else None
        )
        held = self._quantities[portfolio_start(self.sessions[max(0, place - 1)])]
        past = (
            sum(int(q) * m["preco_anterior"] for q, m in zip(held, members, strict=True)) if place else None
        )
        change = round((level - past) * 100 / past, 6) if level is not None and past else None
        approximate = sum(m["contribuicao"] for m in known) if known else None
        return {
            **{
                name: members[0][name]
                for name in ("data_pregao", "indice", "pregao_anterior", "inicio_vigencia")
            },
            "dias_desde_rebalanceamento": members[0]["dias_desde_rebalanceamento"],
            "nivel": None if level is None else round(level / REDUCER, 8),
            "retorno_indice": change,
            "retorno_aproximado": approximate,
            "residuo": None if change is None or approximate is None else change - approximate,
            "cobertura": sum((m["participacao"] for m in known), Decimal(0)),
            "hhi": sum(weight * weight for weight in weights),
            "dez_maiores": sum(weights[:10]),
            "valor_total": sum(m["valor_total"] or 0 for m in members) or None,
            "papeis": len(members),
            "sem_negocio": len(members) - len(known),
            "subiram": sum(m["retorno"] > 0 for m in known),
            "cairam": sum(m["retorno"] < 0 for m in known),
            "estaveis": sum(m["retorno"] == 0 for m in known),
            "redutor": REDUCER,
        }

    def year(self, table: str, year: int) -> pa.Table:
        """A year of one of the gold tables, sorted by session."""
        places = [place for place, day in enumerate(self.sessions) if day.year == year]
        rows = (
            [row for place in places for row in self._members(place)]
            if table == "indice_membro"
            else [self._summary(place) for place in places]
        )
        schema = schema_of(refined_table(table).columns)
        return pa.Table.from_pylist(rows, schema=pa.schema([field.with_nullable(True) for field in schema]))

    @staticmethod
    def sector(code: str) -> str:
        return SECTORS[sum(code.encode()) % len(SECTORS)]

    @staticmethod
    def share_class(code: str) -> str:
        return "PN" if code.endswith("4") else "ON"

    def partitions(self, table: str, place: int) -> Iterator[tuple[str, pa.Table]]:
        """Session ``place`` of ``table`` as (folder, rows) pairs, one for each partition."""
        day = self.sessions[place].isoformat()
        if table == "carteira_setor":
            yield f"data_pregao={day}", self.sectors(place)
            return
        rows, key = (
            (self.quotes(place), "inicial") if table == "negociacao" else (self.portfolio(place), "codigo")
        )
        values = rows[key].to_pylist()
        for value in dict.fromkeys(values):
            part = rows.slice(values.index(value), values.count(value))
            yield (
                f"data_pregao={day}/{key}={value}",
                part.drop_columns([key] if key == "inicial" else ["codigo"]),
            )


def write_as_spark(table: pa.Table, file: Path) -> None:
    """A parquet file of about the size that Spark gives it: its schema in the footer, page indexes, no Arrow schema."""
    fields = [
        {"name": field.name, "type": str(field.type), "nullable": True, "metadata": {}}
        for field in table.schema
    ]
    schema = json.dumps({"type": "struct", "fields": fields}, separators=(",", ":"))
    metadata = {"org.apache.spark.version": "3.5.6", "org.apache.spark.sql.parquet.row.metadata": schema}
    pq.write_table(table.replace_schema_metadata(metadata), file, store_schema=False, write_page_index=True)


def write_lake(market: Market, folder: Path, tables: Sequence[str] = tuple(TABLES)) -> None:
    """Every session of ``tables`` as parquet in the refined layout under ``folder``."""
    for table in set(tables) & set(GOLD):
        for year in {day.year for day in market.sessions}:
            target = folder / table / f"ano={year}"
            target.mkdir(parents=True, exist_ok=True)
            write_as_spark(market.year(table, year), target / "part-00000.snappy.parquet")
    for place in range(len(market.sessions)):
        for table in set(tables) - set(GOLD):
            for name, rows in market.partitions(table, place):
                target = folder / table / name
                target.mkdir(parents=True, exist_ok=True)
                write_as_spark(rows, target / "part-00000.snappy.parquet")


def catalogue_lake(aws: Any, bucket: str, folder: Path, *, database: str = "default") -> None:
    """Upload ``folder`` into ``bucket`` and catalogue its tables, as the jobs would have."""
    glue, s3 = aws["glue"], aws["s3"]
    for path in sorted(folder.rglob("*.parquet")):
        s3.put_object(
            Bucket=bucket, Key=f"REFINED/{path.relative_to(folder).as_posix()}", Body=path.read_bytes()
        )
    for table, (columns, keys) in TABLES.items():
        if (folder / table).exists():
            glue.create_table(
                DatabaseName=database,
                TableInput={
                    "Name": table,
                    "TableType": "EXTERNAL_TABLE",
                    "Parameters": {"classification": "parquet"},
                    "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in keys],
                    "StorageDescriptor": {
                        "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
                        "Location": f"s3://{bucket}/REFINED/{table}/",
                        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                        "SerdeInfo": {
                            "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                        },
                    },
                },
            )


def _decimals(units: Any, precision: int, scale: int) -> pa.Array:
    """Whole ``units`` of the last decimal as exact decimals."""
    whole = pa.array(np.asarray(units, dtype=np.int64)).cast(pa.decimal128(38, 0))
    unit = pa.scalar(Decimal(1).scaleb(-scale), pa.decimal128(scale + 1, scale))
    return pc.multiply(whole.cast(pa.decimal128(19, 0)), unit).cast(pa.decimal128(precision, scale))
