"""What the portfolio alone tells."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import pairwise
from typing import Any

from tests.trino.independent.registry import Asked, answers, total
from tests.trino.tables import Row, Tables


def sessions(tables: Tables, asked: Asked) -> list[date]:
    """The index's sessions up to the one asked for."""
    return sorted(
        {
            row["data_pregao"]
            for row in tables.carteira
            if row["indice"] == asked.indice and row["data_pregao"] <= asked.until
        }
    )


def members(tables: Tables, asked: Asked, day: date | None) -> list[Row]:
    """The portfolio of a session, heaviest first."""
    found = [row for row in tables.carteira if row["indice"] == asked.indice and row["data_pregao"] == day]
    return sorted(found, key=lambda row: (-row["participacao"], row["codigo"]))


def latest(tables: Tables, asked: Asked, back: int = 1) -> date | None:
    days = sessions(tables, asked)
    return days[-back] if len(days) >= back else None


@answers("composicao")
def composition(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    names = (
        "data_pregao", "codigo", "nome_empresa", "classe", "evento", "listagem", "setor", "quantidade_teorica",
        "participacao",
    )  # fmt: skip
    return [{name: row[name] for name in names} for row in members(tables, asked, latest(tables, asked))]


def _by_sector(rows: list[Row]) -> dict[str | None, list[Row]]:
    groups: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["setor"]].append(row)
    return groups


@answers("setores")
def sectors(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    found = [
        {
            "data_pregao": rows[0]["data_pregao"],
            "setor": setor,
            "participacao": total(rows, "participacao"),
            "papeis": len(rows),
            "participacao_on": total([row for row in rows if row["classe"] == "ON"], "participacao"),
            "participacao_pn": total([row for row in rows if row["classe"].startswith("PN")], "participacao"),
            "participacao_unt": total([row for row in rows if row["classe"] == "UNT"], "participacao"),
        }
        for setor, rows in _by_sector(members(tables, asked, latest(tables, asked))).items()
    ]
    return sorted(found, key=lambda row: (-row["participacao"], row["setor"] or "~"))


@answers("setores_no_tempo")
def sectors_by_session(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    return [
        {"data_pregao": day, "setor": setor, "participacao": total(rows, "participacao")}
        for day in sessions(tables, asked)
        if day >= asked.since
        for setor, rows in sorted(
            _by_sector(members(tables, asked, day)).items(), key=lambda pair: pair[0] or "~"
        )
    ]


@answers("maiores_pesos")
def heaviest(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    rows = members(tables, asked, latest(tables, asked))
    names = ("data_pregao", "codigo", "nome_empresa", "setor", "participacao")
    return [
        {
            **{name: row[name] for name in names},
            "posicao": place,
            "acumulado": total(rows[:place], "participacao"),
        }
        for place, row in enumerate(rows[:10], start=1)
    ]


@answers("variacao_de_pesos")
def weight_changes(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    day, before = latest(tables, asked), latest(tables, asked, 2)
    if before is None:
        return []
    now = {row["codigo"]: row for row in members(tables, asked, day)}
    then = {row["codigo"]: row for row in members(tables, asked, before)}
    found = []
    for codigo in now.keys() | then.keys():
        new = now[codigo]["participacao"] if codigo in now else 0
        old = then[codigo]["participacao"] if codigo in then else 0
        found.append(
            {
                "codigo": codigo,
                "nome_empresa": (now.get(codigo) or then[codigo])["nome_empresa"],
                "pregao_anterior": before,
                "pregao_atual": day,
                "participacao_anterior": old,
                "participacao_atual": new,
                "variacao": new - old,
            }
        )
    return sorted(found, key=lambda row: (-abs(row["variacao"]), row["codigo"]))


@answers("entradas_e_saidas")
def comings_and_goings(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    days = [day for day in sessions(tables, asked) if day >= asked.since]
    found = []
    for before, day in pairwise(days):
        then = {row["codigo"]: row for row in members(tables, asked, before)}
        now = {row["codigo"]: row for row in members(tables, asked, day)}
        for movement, here, there in (("entrou", now, then), ("saiu", then, now)):
            found += [
                {
                    "data_pregao": day,
                    "movimento": movement,
                    "codigo": codigo,
                    "nome_empresa": here[codigo]["nome_empresa"],
                    "participacao": here[codigo]["participacao"],
                }
                for codigo in here.keys() - there.keys()
            ]
    return sorted(found, key=lambda row: (-row["data_pregao"].toordinal(), row["movimento"], row["codigo"]))


@answers("rebalanceamento")
def days_since_rebalancing(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    found = []
    for day in reversed([day for day in sessions(tables, asked) if day >= asked.since]):
        rows = members(tables, asked, day)
        first = rows[0]
        found.append(
            {
                "data_pregao": day,
                "inicio_vigencia": first["inicio_vigencia"],
                "dias_desde_rebalanceamento": (day - first["inicio_vigencia"]).days,
                "papeis": len(rows),
                "quantidade_teorica": sum(row["quantidade_teorica"] for row in rows),
                "redutor": first["redutor"],
            }
        )
    return found


@answers("proximo_rebalanceamento")
def next_rebalancing(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    now = {row["codigo"]: row for row in members(tables, asked, latest(tables, asked))}
    if not now:
        return []
    start = max(row["inicio_vigencia"] for row in now.values())
    preview_month = date(start.year, start.month + 3, 1)
    known = [
        row
        for row in tables.carteira_teorica
        if row["indice"] == asked.indice and str(start) <= row["dt"] <= str(asked.until)
    ]
    usable = [row for row in known if row["tipo_carteira"] == "teorica" or row["dt"] >= str(preview_month)]
    if not usable:
        return []
    previews = [row for row in usable if row["tipo_carteira"] == "previa"] or usable
    day = max(row["dt"] for row in previews)
    chosen = {row["codigo"]: row for row in previews if row["dt"] == day}
    found = []
    for codigo in now.keys() | chosen.keys():
        old = now[codigo]["participacao"] if codigo in now else 0
        new = chosen[codigo]["participacao"] if codigo in chosen else 0
        moved = "entra" if codigo not in now else "sai" if codigo not in chosen else "fica"
        is_preview = next(iter(chosen.values()))["tipo_carteira"] == "previa"
        found.append(
            {
                "codigo": codigo,
                "nome_empresa": now[codigo]["nome_empresa"] if codigo in now else chosen[codigo]["acao"],
                "movimento": moved,
                "participacao_atual": old,
                "participacao_prevista": new,
                "variacao": new - old,
                "fonte": "prévia" if is_preview else "carteira teórica",
                "dia_da_captura": date.fromisoformat(day),
                "capturado_em": max(row["coletado_em"] for row in chosen.values()).replace(tzinfo=None),
            }
        )
    order = ("entra", "sai", "fica")
    return sorted(
        found,
        key=lambda row: (
            order.index(row["movimento"]),
            -(row["participacao_atual"] if row["movimento"] == "sai" else row["participacao_prevista"]),
            row["codigo"],
        ),
    )
