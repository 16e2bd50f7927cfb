"""When a trade of the cash market settles, as SQL for the visual job.

Two sessions after the trade, three before 27 May 2019. Source: B3, "Procedimentos Operacionais da
Câmara B3"; B3's circular letter on the change of the equities settlement cycle to D+2.
"""

from __future__ import annotations

from datetime import date

from lake.calendar import closed_weekdays

D2_FROM = date(2019, 5, 27)
FIRST_YEAR, LAST_YEAR = 2000, 2040  # that the SQL knows the closures of
_LONGEST = 20  # days in which three sessions are sure to be


def settlement_sql() -> str:
    """The rule as a SparkSQL node's query: adds settlement and the days to it to ``totais``, null beyond the calendar.

    Sessions can't be told from weekdays alone, so the closures are in the query. A second source with
    the calendar would not do: a job bookmark gives a source's files to one run only.
    """
    dates = [f"DATE '{day}'" for day in closed_weekdays(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))]
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
