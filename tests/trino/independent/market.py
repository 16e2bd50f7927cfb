"""What was traded, the view of it by today's tickers, and the settlement."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from tests.trino.independent.portfolio import members
from tests.trino.independent.registry import Asked, answers, quotient, total
from tests.trino.tables import Row, Tables

# A share that the made-up market renames: (ticker, issuer in its ISIN) and today's ticker.
_TODAY = {("EMBR3", "BREMBR"): "EMBJ3"}


def today(row: Row) -> str:
    codigo: str = row["codigo"]
    return _TODAY.get((codigo, row["isin"][:6]), codigo)


def market_sessions(tables: Tables, asked: Asked) -> list[date]:
    return sorted({row["data_pregao"] for row in tables.negociacao if row["data_pregao"] <= asked.until})


@answers("negociacao_continua")
def by_todays_ticker(tables: Tables, _asked: Asked) -> list[dict[str, Any]]:
    found = [{**row, "codigo_atual": today(row)} for row in tables.negociacao]
    return sorted(found, key=lambda row: (row["data_pregao"], row["codigo"]))


@answers("mais_negociados")
def most_traded(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    day = market_sessions(tables, asked)[-1]
    rows = [row for row in tables.negociacao if row["data_pregao"] == day]
    everything = total(rows, "valor_total")
    in_index = {row["codigo"]: row for row in members(tables, asked, day)}
    names = ("data_pregao", "codigo", "valor_total", "quantidade", "qtd_titulos", "preco_medio")
    return [
        {
            **{name: row[name] for name in names},
            "posicao": place,
            "nome_empresa": in_index.get(row["codigo"], {}).get("nome_empresa") or row["nome_resumido"],
            "participacao_no_volume": quotient(row["valor_total"] * 100, everything, 3),
            "participacao": in_index.get(row["codigo"], {}).get("participacao"),
        }
        for place, row in enumerate(
            sorted(rows, key=lambda row: (-row["valor_total"], row["codigo"]))[:20], start=1
        )
    ]


@answers("precos_ficticios")
def made_up_prices(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    days = [
        row["data_pregao"]
        for row in tables.negociacao
        if row["codigo"] == "PETR4" and row["nome_resumido"].startswith("FICT ")
    ]
    return [{"data_pregao": day} for day in sorted(days, reverse=True) if asked.since <= day <= asked.until]


@answers("dias_ate_liquidacao")
def days_to_settlement(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    values: dict[tuple[date, date], Decimal] = defaultdict(Decimal)
    days = market_sessions(tables, asked)[-10:]
    for row in tables.negociacao:
        if row["data_pregao"] in days:
            values[row["data_pregao"], row["data_liquidacao"]] += row["valor_total"]
    return [
        {
            "data_pregao": day,
            "data_liquidacao": settles,
            "dias_ate_liquidacao": (settles - day).days,
            "valor_total": value,
        }
        for (day, settles), value in sorted(values.items(), reverse=True)
    ]
