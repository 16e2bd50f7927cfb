"""A made-up session of an index as the saved queries would answer it, every table in agreement with the others."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from lake.athena import Result, Value
from lake.calendar import is_session
from reports import IndexReport
from tests.wire import weights

DAY = date(2025, 8, 27)  # in the season of previews
BEFORE = date(2025, 8, 26)
SETTLES = date(2025, 8, 29)
IN_FORCE = date(2025, 5, 5)
PORTFOLIO = (
    "composicao", "setores", "maiores_pesos", "variacao_de_pesos", "entradas_e_saidas", "rebalanceamento",
    "setores_no_tempo",
)  # fmt: skip
MARKET = (
    "mais_negociados", "dias_ate_liquidacao", "resumo_do_indice", "contribuicao", "maiores_variacoes",
    "mapa_setorial", "evolucao_do_indice", "amplitude", "maiores_pesos_no_tempo",
)  # fmt: skip

# Real tickers, sectors as B3 writes them; weights, prices and moves are made up.
_SECTORS = {
    "Mats Básicos / Mineração": "VALE3 CMIN3",
    "Financ / Interms Financs": "ITUB4 BBDC4 ITSA4 BBAS3 BPAC11 SANB11 BBDC3",
    "Petróleo/ Gás e Biocombustíveis": "PETR4 PETR3 PRIO3 UGPA3 VBBR3 CSAN3 BRAV3 RECV3",
    "Utilidade Públ / Energ Elétrica": "ELET3 EQTL3 CMIG4 ENEV3 CPLE6 ENGI11 EGIE3 ISAE4 CPFE3 TAEE11 AURE3 ELET6",
    "Utilidade Públ / Água Saneamento": "SBSP3",
    "Financ e Outros / Serv Financ Divs": "B3SA3",
    "Bens Indls / Máqs e Equips": "WEGE3",
    "Bens Indls / Mat Transporte": "EMBR3 POMO4",
    "Bens Indls / Transporte": "RAIL3 MOTV3",
    "Cons N Cíclico / Bebidas": "ABEV3",
    "Cons N Básico / Alimentos Processados": "BRFS3 MRFG3 BEEF3 SMTO3",
    "Mats Básicos / Madeira e Papel": "SUZB3 KLBN11",
    "Mats Básicos / Sid Metalurgia": "GGBR4 CSNA3 GOAU4 USIM5",
    "Consumo Cíclico / Diversos": "RENT3 COGN3 YDUQ3 SMFT3",
    "Consumo Cíclico / Comércio": "LREN3 MGLU3 ASAI3 PCAR3 PETZ3 VIVA3 AZZA3",
    "Consumo Cíclico / Constr Civil": "CYRE3 DIRR3 CURY3 MRVE3",
    "Saúde / SM Hosp An.Diag": "RDOR3 FLRY3 HAPV3",
    "Saúde / Comércio Distr.": "RADL3 HYPE3",
    "Tec.Informação / Programas Servs": "TOTS3",
    "Telecomunicaçã / Telecomunicações": "VIVT3 TIMS3",
    "Financ / Previd  Seguros": "BBSE3 PSSA3 CXSE3 IRBR3",
    "Financ e Outros / Explor Imóveis": "ALOS3 MULT3 IGTI11",
    "Mats Básicos / Químicos": "BRKM5",
    "Cons N Cíclico / Prods Cuidado Pessoal": "NATU3",
    "Financ e Outros / Holdings": "BRAP4",
}
_LARGEST = (
    "VALE3 ITUB4 PETR4 BBDC4 ELET3 PETR3 ITSA4 B3SA3 BBAS3 SBSP3 EMBR3 WEGE3 ABEV3 EQTL3 BPAC11 RDOR3 SUZB3 "
    "RENT3 PRIO3 ENEV3 RADL3 VIVT3 TOTS3 BBSE3 GGBR4"
)
LEVEL = Decimal("139205.81")
_POINT = Decimal("0.000001")


def result(columns: str, *rows: tuple[Value, ...]) -> Result:
    """A query's answer; ``columns`` are names between blanks."""
    return Result(columns=tuple(columns.split()), rows=rows, scanned_bytes=100)


def a_session(
    *, index: str = "IBOV", market: bool = True, sessions: int = 40, without: tuple[str, ...] = ()
) -> IndexReport:
    """The report of a whole index; ``market`` False has no quotes, ``without`` names queries left out."""
    answers = portfolio_answers(sessions)
    if market:
        answers |= market_answers() | history_answers(sessions)
    return IndexReport(
        index=index,
        session=DAY,
        results={name: answer for name, answer in answers.items() if name not in without},
    )


def portfolio_answers(sessions: int = 40) -> dict[str, Result]:
    """What the portfolio alone tells, over so many sessions, and the next rebalancing."""
    shares = _shares()
    running = Decimal(0)
    largest: list[tuple[Value, ...]] = []
    for place, share in enumerate(shares[:10], start=1):
        running += share["participacao"]
        largest.append(
            (DAY, place, share["codigo"], share["nome"], share["setor"], share["participacao"], running)
        )
    sectors = _by_sector(shares)
    return {
        "composicao": result(
            "data_pregao codigo nome_empresa classe evento listagem setor quantidade_teorica participacao",
            *(
                (
                    DAY,
                    s["codigo"],
                    s["nome"],
                    s["classe"],
                    None,
                    "NM",
                    s["setor"],
                    s["quantidade"],
                    s["participacao"],
                )
                for s in shares
            ),
        ),
        "setores": result(
            "data_pregao setor participacao papeis",
            *((DAY, name, _weight(members), len(members)) for name, members in sectors),
        ),
        "maiores_pesos": result(
            "data_pregao posicao codigo nome_empresa setor participacao acumulado", *largest
        ),
        "variacao_de_pesos": result(
            "codigo nome_empresa pregao_anterior pregao_atual participacao_anterior participacao_atual variacao",
            *(
                (
                    s["codigo"],
                    s["nome"],
                    BEFORE,
                    DAY,
                    s["participacao"] - s["mudanca"],
                    s["participacao"],
                    s["mudanca"],
                )
                for s in sorted(shares, key=lambda s: -abs(s["mudanca"]))
            ),
        ),
        "entradas_e_saidas": result(
            "data_pregao movimento codigo nome_empresa participacao",
            (IN_FORCE, "entrou", "CURY3", "CURY S/A", Decimal("0.307")),
            (IN_FORCE, "saiu", "CVCB3", "CVC BRASIL", Decimal("0.067")),
        ),
        "rebalanceamento": result(
            "data_pregao inicio_vigencia dias_desde_rebalanceamento dias_entre_coleta_e_pregao redutor",
            (DAY, IN_FORCE, (DAY - IN_FORCE).days, 0, Decimal("15398120.41170025")),
        ),
        "setores_no_tempo": _history(sectors, sessions),
        "proximo_rebalanceamento": _preview(shares),
    }


def market_answers() -> dict[str, Result]:
    """What the quotes of the session and of the one before tell."""
    shares = _shares()
    moved = [share for share in shares if share["retorno"] is not None]
    for share in moved:
        share["contribuicao"] = (share["participacao"] * share["retorno"] / 100).quantize(_POINT)
    total = sum((share["contribuicao"] for share in moved), Decimal(0))
    volumes = sorted(shares, key=lambda share: -share["valor"])
    return {
        "maiores_variacoes": result(
            "data_pregao posicao codigo nome_empresa setor participacao preco_anterior preco_fechamento retorno "
            "valor_total",
            *(
                (DAY, place, s["codigo"], s["nome"], s["setor"], s["participacao"], s["antes"], s["preco"],
                 s["retorno"], s["valor"])
                for place, s in enumerate(sorted(moved, key=lambda s: -abs(s["retorno"])), start=1)
            ),
        ),
        "mais_negociados": result(
            "data_pregao posicao codigo nome_empresa valor_total quantidade qtd_titulos preco_medio "
            "participacao_no_volume participacao",
            *(
                (DAY, place, s["codigo"], s["nome"], s["valor"], s["negocios"], s["negocios"] * 300, s["preco"],
                 s["valor"] / Decimal("240000000"), s["participacao"] if place != 7 else None)
                for place, s in enumerate(volumes[:20], start=1)
            ),
        ),
        "contribuicao": result(
            "data_pregao codigo nome_empresa setor participacao retorno contribuicao",
            *(
                (DAY, s["codigo"], s["nome"], s["setor"], s["participacao"], s["retorno"], s["contribuicao"])
                for s in sorted(moved, key=lambda s: -abs(s["contribuicao"]))
            ),
        ),
        "resumo_do_indice": result(
            "data_pregao pregao_anterior papeis sem_negocio retorno_aproximado retorno_indice residuo hhi "
            "dez_maiores valor_total subiram cairam estaveis nivel cobertura",
            (
                DAY, BEFORE, len(shares), len(shares) - len(moved), total, total + Decimal("0.0041"),
                Decimal("0.0041"), sum((s["participacao"] ** 2 for s in shares), Decimal(0)),
                _weight(shares[:10]), sum((s["valor"] for s in shares), Decimal(0)),
                sum(s["retorno"] > 0 for s in moved), sum(s["retorno"] < 0 for s in moved),
                sum(s["retorno"] == 0 for s in moved), LEVEL, _weight(moved),
            ),
        ),
        "mapa_setorial": _sector_moves(shares),
        "dias_ate_liquidacao": result(
            "data_pregao data_liquidacao dias_ate_liquidacao valor_total",
            (DAY, SETTLES, 2, Decimal("23912345678.90")),
            (BEFORE, date(2025, 8, 28), 2, Decimal("21712345678.90")),
            (date(2025, 8, 22), date(2025, 8, 26), 4, Decimal("19112345678.90")),
        ),
    }  # fmt: skip


def history_answers(sessions: int) -> dict[str, Result]:
    """What the gold tables tell of so many sessions up to this one; the level is known on all."""
    dice = random.Random(11)
    days = [day for n in range(sessions * 2) if is_session(day := DAY - timedelta(days=n))][:sessions]
    levels = [LEVEL]
    while len(levels) < len(days):
        levels.append(
            (levels[-1] * (1 + Decimal(round(dice.gauss(0, 0.9), 3)) / 100)).quantize(Decimal("0.01"))
        )

    def change(place: int, back: int) -> Decimal | None:
        if place + back >= len(levels):
            return None
        return ((levels[place] / levels[place + back] - 1) * 100).quantize(Decimal("0.001"))

    breadth = [(dice.randrange(5, 70), dice.randrange(0, 3), dice.randrange(0, 3)) for _ in days]
    weights: list[tuple[Value, ...]] = []
    for share in _shares()[:10]:
        weight = share["participacao"]
        for day in days:
            weights.append((day, f"NOW-{share['codigo']}", share["codigo"], weight))
            weight += Decimal(round(dice.gauss(0, 0.05), 3)).quantize(Decimal("0.001"))
    return {
        "evolucao_do_indice": result(
            "data_pregao nivel variacao_1 variacao_5 variacao_21 variacao_252",
            *(
                (day, levels[place], *(change(place, back) for back in (1, 5, 21, 252)))
                for place, day in enumerate(days)
            ),
        ),
        "amplitude": result(
            "data_pregao papeis subiram cairam estaveis sem_negocio",
            *(
                (day, 80, up, 80 - up - still - absent, still, absent)
                for day, (up, still, absent) in zip(days, breadth, strict=True)
            ),
        ),
        "maiores_pesos_no_tempo": result(
            "data_pregao codigo_atual codigo participacao", *sorted(weights, key=lambda row: str(row[0]))
        ),
    }


def _shares() -> list[dict[str, Any]]:
    """Members by weight, the same at every call; two of them were not traded, one didn't move."""
    dice = random.Random(20250903)
    order = {code: place for place, code in enumerate(_LARGEST.split())}
    codes = sorted(
        ((code, sector) for sector, row in _SECTORS.items() for code in row.split()),
        key=lambda pair: (order.get(pair[0], len(order)), pair[0]),
    )
    parts = weights([Decimal(round(100_000 / (place + 4) ** 1.15)) for place in range(len(codes))])
    shares = []
    for place, (code, sector) in enumerate(codes):
        move = (
            None
            if place in (60, 75)
            else Decimal(0)
            if place == 40
            else Decimal(round(dice.gauss(0.3, 1.9), 4))
        )
        before = Decimal(round(dice.uniform(3, 90), 2)).quantize(Decimal("0.01"))
        shares.append(
            {
                "codigo": code,
                "nome": f"EMPRESA {code[:4]}",
                "classe": "ON" if code.endswith("3") else "UNT" if code.endswith("11") else "PN",
                "setor": sector,
                "quantidade": dice.randrange(80_000_000, 5_000_000_000),
                "participacao": parts[place],
                "mudanca": Decimal(round(dice.gauss(0, 0.08), 3)).quantize(Decimal("0.001")),
                "antes": before,
                "preco": None if move is None else (before * (1 + move / 100)).quantize(Decimal("0.01")),
                "retorno": None if move is None else move.quantize(Decimal("0.0001")),
                "valor": Decimal(
                    round(float(parts[place]) ** 0.8 * dice.uniform(0.6, 1.5) * 2e8, 2)
                ).quantize(Decimal("0.01")),
                "negocios": dice.randrange(3_000, 90_000),
            }
        )
    return shares


def _by_sector(shares: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    ordered = sorted(shares, key=lambda share: share["setor"])
    groups = [(name, list(members)) for name, members in groupby(ordered, key=lambda share: share["setor"])]
    return sorted(groups, key=lambda group: -_weight(group[1]))


def _weight(shares: list[dict[str, Any]]) -> Decimal:
    return sum((share["participacao"] for share in shares), Decimal(0))


def _sector_moves(shares: list[dict[str, Any]]) -> Result:
    rows: list[tuple[Value, ...]] = []
    for name, members in _by_sector(shares):
        moved = [share for share in members if share["retorno"] is not None]
        points = sum((s["participacao"] * s["retorno"] / 100 for s in moved), Decimal(0))
        rows.append(
            (
                DAY, name, len(members), _weight(members), (points / _weight(members) * 100).quantize(_POINT),
                points.quantize(_POINT), sum(s["retorno"] > 0 for s in moved),
                sum(s["retorno"] < 0 for s in moved), sum((s["valor"] for s in members), Decimal(0)),
            )
        )  # fmt: skip
    return result(
        "data_pregao setor papeis participacao retorno contribuicao subiram cairam valor_total", *rows
    )


def _history(sectors: list[tuple[str, list[dict[str, Any]]]], sessions: int) -> Result:
    dice = random.Random(7)
    rows: list[tuple[Value, ...]] = []
    for name, members in sectors:
        weight = _weight(members)
        for back in range(sessions):
            rows.append((DAY - timedelta(days=back), name, weight))
            weight = max(
                Decimal("0.010"), weight + Decimal(round(dice.gauss(0, 0.03), 3)).quantize(Decimal("0.001"))
            )
    return result("data_pregao setor participacao", *rows)


def _preview(shares: list[dict[str, Any]]) -> Result:
    source: tuple[Value, ...] = ("prévia", BEFORE, "2025-08-27 00:40:12.000000")
    rows: list[tuple[Value, ...]] = [
        ("AXIA3", "EMPRESA AXIA", "entra", Decimal(0), Decimal("0.412"), Decimal("0.412"), *source),
        ("PETZ3", "EMPRESA PETZ", "sai", Decimal("0.151"), Decimal(0), Decimal("-0.151"), *source),
    ]
    for share in shares:
        if share["codigo"] != "PETZ3":
            weight, change = share["participacao"], share["mudanca"]
            rows.append((share["codigo"], share["nome"], "fica", weight, weight + change, change, *source))
    return result(
        "codigo nome_empresa movimento participacao_atual participacao_prevista variacao fonte dia_da_captura "
        "capturado_em",
        *rows,
    )
