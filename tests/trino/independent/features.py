"""The feature table; logarithms and deviations in floating point, as the engines have them."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.trino.independent.market import market_sessions, today
from tests.trino.independent.registry import Asked, answers
from tests.trino.tables import Row, Tables

_LOOK_BACK = timedelta(days=90)
_LEAST = 15  # observations of a deviation


@answers("atributos")
def features(tables: Tables, asked: Asked) -> list[dict[str, Any]]:
    first = asked.since - _LOOK_BACK if asked.since > date.min else date.min
    days = [day for day in market_sessions(tables, asked) if day >= first]
    place = {day: number for number, day in enumerate(days)}
    weights: dict[date, dict[str, Decimal]] = defaultdict(dict)
    ages: dict[date, int] = {}
    for row in tables.carteira:
        if row["indice"] == asked.indice and first <= row["data_pregao"] <= asked.until:
            weights[row["data_pregao"]][row["codigo"]] = row["participacao"]
            ages[row["data_pregao"]] = row["dias_desde_rebalanceamento"]
    portfolios = sorted(weights)
    found = []
    for codigo_atual, series in _series(tables, place).items():
        daily = {n: _change(series, n, 1) for n in series}
        for n, row in series.items():
            day = days[n]
            if day < asked.since:
                continue
            before = _known(series, n, 1)
            earlier = [one for one in portfolios if one < day]
            known = weights.get(day)
            weight = None if known is None else known.get(row["codigo"], Decimal(0))
            last = weights[earlier[-1]] if earlier and known is not None else None
            old = None if last is None else _weight(last, before["codigo"] if before else None, row["codigo"])
            found.append(
                {
                    "data_pregao": day,
                    "codigo_atual": codigo_atual,
                    "codigo": row["codigo"],
                    "evento": row["especificacao"][4:7].strip() or None,
                    "preco_fechamento": row["preco_fechamento"],
                    "retorno_1": daily[n],
                    "retorno_5": _change(series, n, 5),
                    "retorno_21": _change(series, n, 21),
                    "volatilidade_21": _deviation([daily[m] for m in series if n - 20 <= m <= n]),
                    "volume_z_21": _score(series, n),
                    "participacao": weight,
                    "variacao_participacao": None if weight is None or old is None else weight - old,
                    "dias_desde_rebalanceamento": ages.get(day),
                }
            )
    return sorted(found, key=lambda row: (row["data_pregao"], row["codigo_atual"]))


def _series(tables: Tables, place: dict[date, int]) -> dict[str, dict[int, Row]]:
    """Each share's rows with a close, by the session's place; of two on a session the one that traded more."""
    found: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in sorted(tables.negociacao, key=lambda row: (row["data_pregao"], row["valor_total"])):
        if row["data_pregao"] in place and row["preco_fechamento"]:
            found[today(row)][place[row["data_pregao"]]] = row
    return found


def _known(series: dict[int, Row], n: int, back: int) -> Row | None:
    """The last row ``back`` to ``back + 9`` sessions before."""
    places = [m for m in series if n - back - 9 <= m <= n - back]
    return series[max(places)] if places else None


def _change(series: dict[int, Row], n: int, back: int) -> float | None:
    before = _known(series, n, back)
    if before is None:
        return None
    return math.log(float(series[n]["preco_fechamento"]) / float(before["preco_fechamento"]))


def _deviation(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.stdev(known) if len(known) >= _LEAST else None


def _score(series: dict[int, Row], n: int) -> float | None:
    before = [math.log(series[m]["valor_total"]) for m in series if n - 21 <= m <= n - 1]
    if len(before) < _LEAST or statistics.stdev(before) <= 1e-9:
        return None
    return (math.log(series[n]["valor_total"]) - statistics.mean(before)) / statistics.stdev(before)


def _weight(portfolio: dict[str, Decimal], codigo_anterior: str | None, codigo: str) -> Decimal:
    for name in (codigo_anterior, codigo):
        if name in portfolio:
            return portfolio[name]
    return Decimal(0)
