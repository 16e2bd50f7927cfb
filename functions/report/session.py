"""Which session there is to report on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from lake.athena import Athena
from lake.indices import INDEX
from reports.report import LEAST_COVERAGE


class ReportError(Exception):
    """The report can't be made; the message says of what and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A session that has prices; ``coverage`` is the share of the weight with a return, in percent."""

    day: date
    previous: date | None
    coverage: Decimal


def newest_session(athena: Athena, indice: str, *, until: date | None = None) -> Priced | None:
    """The newest session of an index that has prices; None where none has.

    Sessions without prices are those that are still to come, or whose quotes B3 has not published: the run of the
    job that takes these in calls again.

    Args:
        athena: where the lake is read.
        indice: B3's code of the index.
        until: the last day that counts; None takes all.

    Raises:
        ReportError: ``indice`` is no index's code.
        QueryFailed: Athena gave up.
    """
    if not INDEX.fullmatch(indice):
        raise ReportError(f"not a code of one of B3's indices, such as IBOV: {indice!r:.40}")
    bound = f" AND data_pregao <= DATE '{until.isoformat()}'" if until else ""
    rows = athena.run(
        "SELECT data_pregao, pregao_anterior, cobertura FROM indice_diario "  # noqa: S608 (checked above)
        f"WHERE indice = '{indice}' AND valor_total IS NOT NULL{bound} ORDER BY data_pregao DESC LIMIT 1"
    ).records()
    if not rows:
        return None
    (row,) = rows
    return Priced(
        day=cast(date, row["data_pregao"]),
        previous=cast("date | None", row["pregao_anterior"]),
        coverage=Decimal(str(row["cobertura"])),
    )


def require_coverage(session: Priced, indice: str) -> None:
    """Refuse a session of which too little is known for a headline.

    Raises:
        ReportError: the members that have a return weigh less than LEAST_COVERAGE.
    """
    if session.coverage < LEAST_COVERAGE:
        raise ReportError(
            f"{indice} {session.day}: only {session.coverage} % of the weight has a return, {LEAST_COVERAGE} % are "
            f"needed; quotes of {session.day} or {session.previous} are missing or incomplete"
        )
