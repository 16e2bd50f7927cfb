"""When a trade of the cash market settles, and the same rule as SQL for the visual job.

Two sessions after the trade, three before 27 May 2019. Source: B3, "Procedimentos Operacionais da
Câmara B3"; B3's circular letter on the change of the equities settlement cycle to D+2.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path

from lake.calendar import is_session, next_session

D2_FROM = date(2019, 5, 27)
FIRST_YEAR, LAST_YEAR = 2000, 2040  # that the SQL knows the closures of
NODE_NAME = "Days to settlement"
_LONGEST = 20  # days in which three sessions are sure to be


def settlement_date(day: date) -> date:
    """The day on which the trades of a session settle.

    Raises:
        ValueError: before 2000, whose rule and calendar aren't known.
    """
    if day.year < FIRST_YEAR:
        raise ValueError(f"no settlement rule is known for {day}")
    for _ in range(2 if day >= D2_FROM else 3):
        day = next_session(day + timedelta(days=1))
    return day


def closures(first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR) -> list[date]:
    """Monday to Friday without a session, by B3's calendar."""
    days = (date(first_year, 1, 1) + timedelta(days=n) for n in range((last_year - first_year + 1) * 366))
    return [day for day in days if day.year <= last_year and day.weekday() < 5 and not is_session(day)]


def settlement_sql() -> str:
    """The rule as a SparkSQL node's query: adds settlement and the days to it to ``totais``, null beyond the calendar.

    Sessions can't be told from weekdays alone, so the closures are in the query. A second source with
    the calendar would not do: a job bookmark gives a source's files to one run only.
    """
    dates = [f"DATE '{day}'" for day in closures()]
    known = ",\n".join("    " + ", ".join(dates[n : n + 6]) for n in range(0, len(dates), 6))
    return f"""WITH calendario AS (
  SELECT ARRAY(
{known}
  ) AS fechados
),
pregoes AS (
  SELECT DISTINCT data_pregao FROM totais
),
liquidacao AS (
  SELECT
    data_pregao,
    IF(
      YEAR(data_pregao) < {FIRST_YEAR} OR YEAR(DATE_ADD(data_pregao, {_LONGEST})) > {LAST_YEAR},
      NULL,
      ELEMENT_AT(
        FILTER(
          SEQUENCE(DATE_ADD(data_pregao, 1), DATE_ADD(data_pregao, {_LONGEST})),
          dia -> WEEKDAY(dia) < 5 AND NOT ARRAY_CONTAINS(fechados, dia)
        ),
        IF(data_pregao >= DATE '{D2_FROM}', 2, 3)
      )
    ) AS data_liquidacao
  FROM pregoes
  CROSS JOIN calendario
)
SELECT
  totais.*,
  data_liquidacao,
  DATEDIFF(data_liquidacao, totais.data_pregao) AS dias_ate_liquidacao
FROM totais
INNER JOIN liquidacao ON totais.data_pregao = liquidacao.data_pregao"""  # noqa: S608 - from constants


def rewrite(path: Path) -> bool:
    """Put today's calendar into the job's definition; whether that changed it.

    Raises:
        LookupError: the definition has no node of that name.
    """
    definition = json.loads(path.read_text(encoding="utf-8"))
    for node in definition["CodeGenConfigurationNodes"].values():
        body = node.get("SparkSQL", {})
        if body.get("Name") == NODE_NAME:
            changed = bool(body["SqlQuery"] != settlement_sql())
            body["SqlQuery"] = settlement_sql()
            path.write_text(json.dumps(definition, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            return changed
    raise LookupError(f"{path}: no SparkSQL node named {NODE_NAME!r}")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        rewrite(Path(name))
