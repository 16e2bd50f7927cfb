"""Reads a report's tables from Athena: the portfolio first, then everything else at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

from lake.athena import Athena, QueryFailed, Result
from lake.saved_queries import saved_query
from reports.report import IndexReport, Missing, Part

INDEX = "IBOV"
_CONCURRENT = 4  # of Athena's queries in a workgroup: quick, and far from the account's quota
_FIRST = "composicao"
_PORTFOLIO = (
    "setores",
    "maiores_pesos",
    "variacao_de_pesos",
    "entradas_e_saidas",
    "rebalanceamento",
    "setores_no_tempo",
)
_MADE_UP = "precos_ficticios"  # where it has no answer there are no quotes, which is told already
# What is left out where it has no answer: the lack of quotes says why.
_HISTORY = ("evolucao_do_indice", "amplitude", "maiores_pesos_no_tempo")
# In the order in which a lack is told. A part is there with all its queries' answers, or not at all.
_OPTIONAL = {
    Part.QUOTES: ("mais_negociados", "dias_ate_liquidacao"),
    Part.RETURNS: ("resumo_do_indice", "contribuicao", "maiores_variacoes", "mapa_setorial"),
    Part.THEORETICAL: ("proximo_rebalanceamento",),
}
# What a query looks back on: without a first day it plans for every partition of ten years (docs/athena.md).
_SESSION_DAYS = timedelta(days=10)  # the last close before a session is looked for no further back
_YEAR = timedelta(days=366)
_DAYS = {
    "entradas_e_saidas": _YEAR,
    "rebalanceamento": _YEAR,
    _MADE_UP: _YEAR,
    "evolucao_do_indice": timedelta(days=400),  # 252 sessions, however many are closed days
    "amplitude": timedelta(days=100),
    "maiores_pesos_no_tempo": _YEAR,
}
_TABLES = re.compile(r"\b(negociacao_continua|negociacao|indice_membro|indice_diario|carteira_teorica)\b")
_NOT_THERE = re.compile(r"TABLE_NOT_FOUND|does not exist|cannot be found", re.IGNORECASE)


class NoSession(LookupError):
    """The lake has no session to report on; the message says which was asked for."""


def read_report(athena: Athena, *, until: date | None = None, indice: str = INDEX) -> IndexReport:
    """Run the report's queries.

    Tables of the market or of the theoretical portfolio that don't exist yet, or have nothing for the
    session, are told in the report's ``missing``; any other failure is one.

    Args:
        athena: where the lake is read.
        until: report on the last session on or before this day; None takes the latest.
        indice: B3's code of the index.

    Raises:
        NoSession: the lake has none.
        QueryFailed: Athena gave up on a query.
        ValueError: ``indice`` is no index's code.
    """
    composition = _ask(athena, _FIRST, indice, until)
    if not composition.rows:
        which = f"no session of {indice}"
        raise NoSession(f"{which} on or before {until}" if until else f"the lake has {which} yet")
    session = composition.records()[0]["data_pregao"]
    if not isinstance(session, date):
        raise TypeError(f"data_pregao is not a date: {session!r}")

    def answer(name: str) -> Result | QueryFailed:
        try:
            return _ask(athena, name, indice, session)
        except QueryFailed as error:
            if name not in _PORTFOLIO and _missing_table(error):
                return error
            raise

    names = [_MADE_UP, *_HISTORY, *_PORTFOLIO, *(name for group in _OPTIONAL.values() for name in group)]
    with ThreadPoolExecutor(max_workers=_CONCURRENT) as pool:
        futures = {name: pool.submit(answer, name) for name in names}
        try:
            answers = {name: future.result() for name, future in futures.items()}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    results = {_FIRST: composition}
    results |= {
        name: found
        for name, found in answers.items()
        if isinstance(found, Result) and name in (_MADE_UP, *_HISTORY, *_PORTFOLIO)
    }
    missing: list[Missing] = []
    for part, group in _OPTIONAL.items():
        lack = next((lack for name in group if (lack := _lack(answers[name], part, session))), None)
        if lack is None:
            results |= {name: found for name in group if isinstance(found := answers[name], Result)}
        elif part is not Part.RETURNS or all(told.part is not Part.QUOTES for told in missing):
            missing.append(
                lack
            )  # without the session's quotes there are no returns either: one line is enough
    made = IndexReport(index=indice, session=session, results=results, missing=tuple(missing))
    return made if made.upcoming else _without_next(made)


def _without_next(made: IndexReport) -> IndexReport:
    """Without an answer that is of the portfolio in force; that is a lack once previews are shown."""
    (name,) = _OPTIONAL[Part.THEORETICAL]
    told = any(lack.part is Part.THEORETICAL and lack.table for lack in made.missing)
    missing = [lack for lack in made.missing if lack.table or lack.part is not Part.THEORETICAL]
    if made.session >= made.previews[0] and not told:
        missing.append(Missing(part=Part.THEORETICAL))
    results = {each: found for each, found in made.results.items() if each != name}
    return replace(made, results=results, missing=tuple(missing))


def _ask(athena: Athena, name: str, indice: str, until: date | None) -> Result:
    query = saved_query(name).of_index(indice)
    if until is not None:
        query = query.until(until).since(until - _DAYS.get(name, _SESSION_DAYS))
    return athena.run(query.sql)


def _lack(found: Result | QueryFailed, part: Part, session: date) -> Missing | None:
    """Why an answer can't be shown; None where it can."""
    if isinstance(found, QueryFailed):
        return Missing(part=part, table=_missing_table(found))
    if not found.rows:
        return Missing(part=part)
    row = found.records()[0]
    if "retorno_aproximado" in row and row["retorno_aproximado"] is None:
        return Missing(part=part)
    days = [day for record in found.records() if isinstance(day := record.get("data_pregao"), date)]
    if days and max(days) != session:
        return Missing(part=part, latest=max(days))
    return None


def _missing_table(error: QueryFailed) -> str | None:
    """The table that Athena says isn't there, where it is one that may come later."""
    first = str(error).strip().splitlines()[0]
    if not _NOT_THERE.search(first):
        return None
    named = _TABLES.search(first)
    return named[1] if named else None
