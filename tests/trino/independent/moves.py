"""The session's returns: of each member, of the sectors, of the index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.trino.independent.market import market_sessions, today
from tests.trino.independent.portfolio import latest, members
from tests.trino.independent.registry import Asked, answers, quotient, rounded, total
from tests.trino.tables import Row, Tables

_WINDOW = timedelta(days=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A member on the session."""

    row: Row
    before: Decimal | None
    close: Decimal | None
    value: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """In percent."""
        if self.before is None or self.close is None:
            return None
        return quotient((self.close - self.before) * 100, self.before, 6)

    @property
    def contribution(self) -> Decimal | None:
        return None if self.change is None else rounded(self.row["participacao"] * self.change / 100, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    day: date
    before: date | None  # the market's session before, where it counts
    shares: Sequence[Share]
    shares_before: Sequence[Share]


def session_of(tables: Tables, asked: Asked) -> Session | None:
    day = latest(tables, asked)
    market = market_sessions(tables, asked)
    if day is None or day not in market:
        return None
    window = [found for found in market if day - _WINDOW <= found <= day]
    previous = window[-2] if len(window) > 1 else None
    portfolio_before = latest(tables, asked, 2)
    # Without the prices of the portfolio's session before, no close is the one before.
    if previous is not None and portfolio_before is not None and previous < portfolio_before:
        previous = None
    quotes = [
        row for row in tables.negociacao if row["data_pregao"] in window and row["data_pregao"] >= asked.since
    ]
    return Session(
        day=day,
        before=previous,
        shares=_shares(members(tables, asked, day), quotes, day, previous),
        shares_before=_shares(members(tables, asked, previous), quotes, day, previous),
    )


def _shares(portfolio: Sequence[Row], quotes: Sequence[Row], day: date, previous: date | None) -> list[Share]:
    found = []
    for member in portfolio:
        names = {today(row) for row in quotes if row["codigo"] == member["codigo"]} | {member["codigo"]}
        mine = sorted((row for row in quotes if today(row) in names), key=lambda row: row["data_pregao"])
        now = [row for row in mine if row["data_pregao"] == day]
        earlier = [
            row["preco_fechamento"]
            for row in mine
            if row["data_pregao"] < day and row["preco_fechamento"] is not None
        ]
        found.append(
            Share(
                row=member,
                before=earlier[-1] if earlier and previous is not None else None,
                close=now[0]["preco_fechamento"] if now else None,
                value=now[0]["valor_total"] if now else None,
            )
        )
    return found


@answers("contribuicao")
def contributions(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    session = session_of(tables, asked)
    shares = session.shares if session else ()
    ordered = sorted(
        shares, key=lambda s: (s.contribution is None, -abs(s.contribution or Decimal(0)), s.row["codigo"])
    )
    names = ("data_pregao", "codigo", "nome_empresa", "setor", "participacao")
    return [
        {
            **{name: share.row[name] for name in names},
            "retorno": share.change,
            "contribuicao": share.contribution,
        }
        for share in ordered
    ]


@answers("maiores_variacoes")
def largest_moves(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    session = session_of(tables, asked)
    traded = [share for share in session.shares if share.close is not None] if session else []
    ordered = sorted(traded, key=lambda s: (s.change is None, -abs(s.change or Decimal(0)), s.row["codigo"]))
    names = ("data_pregao", "codigo", "nome_empresa", "setor", "participacao")
    return [
        {
            **{name: share.row[name] for name in names},
            "posicao": place,
            "preco_anterior": share.before,
            "preco_fechamento": share.close,
            "retorno": share.change,
            "valor_total": share.value,
        }
        for place, share in enumerate(ordered, start=1)
    ]


def _counts(shares: Sequence[Share]) -> dict[str, int]:
    changes = [share.change for share in shares if share.change is not None]
    return {"subiram": sum(c > 0 for c in changes), "cairam": sum(c < 0 for c in changes)}


def _values(shares: Sequence[Share]) -> Decimal | None:
    values = [share.value for share in shares if share.value is not None]
    return sum(values, Decimal(0)) if values else None


def _contributed(shares: Sequence[Share]) -> Decimal | None:
    points = [share.contribution for share in shares if share.contribution is not None]
    return sum(points, Decimal(0)) if points else None


@answers("mapa_setorial")
def sector_map(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    session = session_of(tables, asked)
    groups: dict[str, list[Share]] = defaultdict(list)
    for share in session.shares if session else ():
        groups[share.row["setor"]].append(share)
    found = []
    for setor, shares in groups.items():
        points = _contributed(shares)
        moved = total([share.row for share in shares if share.change is not None], "participacao")
        found.append(
            {
                "data_pregao": shares[0].row["data_pregao"],
                "setor": setor,
                "papeis": len(shares),
                "participacao": total([share.row for share in shares], "participacao"),
                "retorno": None if points is None else quotient(points * 100, moved, 6),
                "contribuicao": points,
                **_counts(shares),
                "valor_total": _values(shares),
            }
        )
    return sorted(found, key=lambda row: (-row["participacao"], row["setor"]))


@answers("resumo_do_indice")
def summary(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    session = session_of(tables, asked)
    if session is None:
        return []
    shares = session.shares
    points = _contributed(shares)
    now = level(session.shares, [s.before if s.close is None else s.close for s in session.shares])
    then = level(session.shares_before, [s.before for s in session.shares_before])
    change = None if now is None or not then else quotient((now - then) * 100, then, 6)
    weights = [share.row["participacao"] for share in shares]
    moved = [share.change for share in shares if share.change is not None]
    return [
        {
            "data_pregao": session.day,
            "pregao_anterior": session.before,
            "papeis": len(shares),
            "sem_negocio": len(shares) - len(moved),
            "retorno_aproximado": points,
            "retorno_indice": change,
            "residuo": None if change is None or points is None else change - points,
            "hhi": sum((weight**2 for weight in weights), Decimal(0)),
            "dez_maiores": sum(sorted(weights, reverse=True)[:10], Decimal(0)),
            "valor_total": _values(shares),
            **_counts(shares),
            "estaveis": sum(c == 0 for c in moved),
            "nivel": now,
            "cobertura": total([share.row for share in shares if share.change is not None], "participacao"),
        }
    ]


def level(shares: Sequence[Share], prices: Sequence[Decimal | None]) -> Decimal | None:
    """The index in points: quantities times prices, by the redutor; unknown without every price."""
    worth = Decimal(0)
    for share, price in zip(shares, prices, strict=True):
        if price is None:
            return None
        worth += share.row["quantidade_teorica"] * price
    return quotient(worth, shares[0].row["redutor"], 8) if shares else None
