"""What the index and its members did over a span of sessions."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from tests.trino.independent.market import today
from tests.trino.independent.moves import Session, Share, level, session_of
from tests.trino.independent.portfolio import members, sessions
from tests.trino.independent.registry import Asked, answers, rounded, total
from tests.trino.tables import Row, Tables


def _each(tables: Tables, asked: Asked) -> Iterator[Session]:
    """The index on each session of the span, as of that session."""
    for day in sessions(tables, asked):
        if day >= asked.since and (found := session_of(tables, replace(asked, until=day, since=date.min))):
            yield found


def _today(tables: Tables, member: Row) -> str:
    return next(
        (today(row) for row in tables.negociacao if row["codigo"] == member["codigo"]), member["codigo"]
    )


def _by_share(tables: Tables, asked: Asked) -> dict[str, list[tuple[date, Share]]]:
    found: dict[str, list[tuple[date, Share]]] = defaultdict(list)
    for session in _each(tables, asked):
        for share in session.shares:
            found[_today(tables, share.row)].append((session.day, share))
    return found


def _double(value: float) -> Decimal:
    """A double cast to three decimals."""
    return rounded(Decimal(repr(value)), 3)


@answers("evolucao_do_indice")
def levels(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    known = []
    for session in _each(tables, asked):
        now = level(session.shares, [s.before if s.close is None else s.close for s in session.shares])
        if now is not None:
            known.append((session.day, now))
    found = []
    for place, (day, now) in enumerate(known):
        row: dict[str, Any] = {"data_pregao": day, "nivel": rounded(now, 2)}
        for back in (1, 5, 21, 252):
            then = known[place - back][1] if place >= back else None
            row[f"variacao_{back}"] = None if then is None else _double(100 * (float(now) / float(then) - 1))
        found.append(row)
    return found[::-1]


@answers("historico_de_peso")
def weights_of_a_share(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    names = ("data_pregao", "codigo", "participacao", "quantidade_teorica", "dias_desde_rebalanceamento")
    return [
        {
            **{name: share.row[name] for name in names},
            "preco_fechamento": share.close,
            "retorno": share.change,
            "contribuicao": share.contribution,
        }
        for _, share in reversed(_by_share(tables, asked).get("PETR4", []))
    ]


@answers("maiores_pesos_no_tempo")
def weights_of_the_largest(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    last = sessions(tables, asked)[-1]
    now = sorted(members(tables, asked, last), key=lambda row: (-row["participacao"], row["codigo"]))
    largest = {_today(tables, row) for row in now[:10]}
    found = [
        row
        for day in sessions(tables, asked)
        if day >= asked.since
        for row in members(tables, asked, day)
        if _today(tables, row) in largest
    ]
    return [
        {
            "data_pregao": row["data_pregao"],
            "codigo_atual": _today(tables, row),
            "codigo": row["codigo"],
            "participacao": row["participacao"],
        }
        for row in sorted(found, key=lambda row: (row["data_pregao"], -row["participacao"], row["codigo"]))
    ]


@answers("amplitude")
def breadth(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    found = []
    for session in _each(tables, asked):
        changes = [share.change for share in session.shares if share.change is not None]
        found.append(
            {
                "data_pregao": session.day,
                "papeis": len(session.shares),
                "subiram": sum(change > 0 for change in changes),
                "cairam": sum(change < 0 for change in changes),
                "estaveis": sum(change == 0 for change in changes),
                "sem_negocio": len(session.shares) - len(changes),
            }
        )
    return found[::-1]


@answers("rotacao_setorial")
def sector_rotation(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    months: dict[tuple[str, date], list[Session]] = defaultdict(list)
    for session in _each(tables, asked):
        for setor in {share.row["setor"] for share in session.shares}:
            months[setor, session.day.replace(day=1)].append(session)
    found: list[dict[str, Any]] = []
    last: dict[str, Decimal] = {}
    for (setor, month), days in sorted(months.items()):
        mine = [[share for share in day.shares if share.row["setor"] == setor] for day in days]
        weight = total([share.row for share in mine[-1]], "participacao")
        points = [share.contribution for shares in mine for share in shares if share.contribution is not None]
        found.append(
            {
                "mes": month,
                "setor": setor,
                "participacao": weight,
                "variacao": weight - last[setor] if setor in last else None,
                "contribuicao": sum(points, Decimal(0)) if points else None,
            }
        )
        last[setor] = weight
    return sorted(found, key=lambda row: (-row["mes"].toordinal(), -row["participacao"], row["setor"]))


@answers("totais_do_papel")
def totals(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    groups: dict[tuple[int, int | None, str], list[tuple[date, Share]]] = defaultdict(list)
    for codigo, days in _by_share(tables, asked).items():
        for day, share in days:
            if share.value is not None:
                groups[day.year, day.month, codigo].append((day, share))
                groups[day.year, None, codigo].append((day, share))
    found = [
        {
            "ano_do_pregao": year,
            "mes": month,
            "codigo_atual": codigo,
            "valor_total": sum((share.value or Decimal(0) for _, share in days), Decimal(0)),
            "pregoes": sum(share.close is not None for _, share in days),
            "primeiro_fechamento": days[0][1].close,
            "ultimo_fechamento": days[-1][1].close,
        }
        for (year, month, codigo), days in groups.items()
    ]
    return sorted(
        found,
        key=lambda r: (
            -r["ano_do_pregao"],
            r["mes"] is not None,
            -(r["mes"] or 0),
            -r["valor_total"],
            r["codigo_atual"],
        ),
    )


@answers("volatilidade")
def swings(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    found = []
    for codigo, days in _by_share(tables, asked).items():
        changes = [share.change for _, share in days if share.change is not None]
        if len(changes) >= 21:
            doubles = [float(change) for change in changes]
            found.append(
                {
                    "codigo_atual": codigo,
                    "nome_empresa": days[-1][1].row["nome_empresa"],
                    "pregoes": len(changes),
                    "volatilidade_anual": _double(statistics.stdev(doubles) * math.sqrt(252)),
                    "retorno_medio": _double(statistics.mean(doubles)),
                    "pior_retorno": rounded(min(changes), 3),
                    "melhor_retorno": rounded(max(changes), 3),
                }
            )
    return sorted(found, key=lambda row: (-row["volatilidade_anual"], row["codigo_atual"]))


@answers("altas_e_baixas_no_periodo")
def rises_and_falls(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    found = []
    for codigo, days in _by_share(tables, asked).items():
        closed = [(day, share, share.close) for day, share in days if share.close]
        if len(closed) > 1:
            (first, _, start), (last, share, end) = closed[0], closed[-1]
            found.append(
                {
                    "codigo_atual": codigo,
                    "nome_empresa": share.row["nome_empresa"],
                    "de": first,
                    "ate": last,
                    "primeiro_fechamento": start,
                    "ultimo_fechamento": end,
                    "variacao": _double(100 * (float(end) / float(start) - 1)),
                }
            )
    return sorted(found, key=lambda row: (-row["variacao"], row["codigo_atual"]))
