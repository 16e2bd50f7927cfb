"""Why a saved query's answer has no rows: asked of the index's table, which is small."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bovespa.words import Empty
from lake.athena import Athena, QueryFailed
from lake.saved_queries import SavedQuery

_IBOV = "IBOV"
_NEAR = 5
_QUOTES = "negociacao"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A saved query, and what was typed of it."""

    query: SavedQuery
    indice: str | None
    ticker: str | None
    until: datetime | None
    since: datetime | None


def why_empty(athena: Athena, asked: Asked, words: Empty) -> str:
    """One line; where nothing can be found out, that there are no rows."""
    try:
        return _reason(athena, asked, words) or words.nothing
    except (BotoCoreError, ClientError, QueryFailed):
        return words.nothing


def _reason(athena: Athena, asked: Asked, words: Empty) -> str | None:
    if asked.query.has_window:
        return words.no_trades
    until = asked.until.date() if asked.until else date.max
    if not asked.query.has_index or _QUOTES in asked.query.sql:
        sql = f'SELECT max(data_pregao) AS d FROM "{_QUOTES}$partitions" WHERE {_to(until)}'  # noqa: S608
        if _row(athena, sql)["d"] is None:
            return words.no_quotes_until.format(day=until) if asked.until else words.no_quotes
    if not asked.query.has_index:
        return None
    index = (asked.indice or _IBOV).upper()
    spans: dict[str, dict[str, Any]] = {
        str(row["indice"]): dict(row)
        for row in athena.run(
            "SELECT indice, min(data_pregao) AS inicio, max(data_pregao) AS fim FROM indice_diario GROUP BY indice"
        ).records()
    }
    if not spans:
        return words.no_portfolio
    if index not in spans:
        return words.no_index.format(index=index, known=", ".join(sorted(spans)))
    first, last = spans[index]["inicio"], spans[index]["fim"]
    if until < first:
        return words.before_first.format(index=index, day=until, first=first)
    if asked.since is not None and asked.since.date() > last:
        return words.after_last.format(index=index, day=asked.since.date(), last=last)
    if asked.query.has_ticker:
        return _no_ticker(athena, index, (asked.ticker or "PETR4").upper(), words)
    return _of_this_query(
        athena, asked.query.name, index, until, {"first": first, "last": min(last, until)}, words
    )


def _of_this_query(
    athena: Athena, name: str, index: str, until: date, span: dict[str, Any], words: Empty
) -> str | None:
    said = {"index": index, **span}
    if name in ("contribuicao", "maiores_variacoes", "mapa_setorial", "resumo_do_indice"):
        sql = f"SELECT max(data_pregao) AS d FROM indice_diario WHERE indice = '{index}' AND {_to(until)}"  # noqa: S608
        return words.session_without_quotes.format(index=index, day=_row(athena, sql)["d"])
    found = {
        "entradas_e_saidas": words.nobody_moved,
        "variacao_de_pesos": words.one_session,
        "proximo_rebalanceamento": words.no_theoretical,
        "volatilidade": words.few_returns,
    }.get(name)
    return found.format(**said) if found else None


def _no_ticker(athena: Athena, index: str, ticker: str, words: Empty) -> str | None:
    of_index = f"FROM indice_membro WHERE indice = '{index}'"
    today = _row(athena, f"SELECT max(codigo_atual) AS d {of_index} AND codigo = '{ticker}'")["d"]
    if today == ticker:
        return None
    if today is not None:
        return words.renamed.format(ticker=ticker, today=today)
    like = f"SELECT DISTINCT codigo_atual {of_index} AND codigo_atual LIKE '{ticker[:4]}%' ORDER BY 1 LIMIT {_NEAR}"
    near = [str(row[0]) for row in athena.run(like).rows]
    return words.no_ticker.format(ticker=ticker, index=index) + (
        words.near.format(near=", ".join(near)) if near else ""
    )


def _to(until: date) -> str:
    return f"data_pregao <= DATE '{until.isoformat()}'"


def _row(athena: Athena, sql: str) -> dict[str, Any]:
    return dict(athena.run(sql).records()[0])
