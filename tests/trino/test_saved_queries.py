"""Every saved query and view on a real Trino: its rows are the embedded Athena's and those of a computation in Python.

Whatever `lake/sql/` holds is asked; a query without a computation of its own in tests/trino/independent fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from lake.athena import Athena, Result
from lake.saved_queries import SavedQuery, saved_queries, stream_queries
from lake.views import View, views
from tests.trino.independent import Asked, computation
from tests.trino.made_market import SESSIONS
from tests.trino.made_trades import END
from tests.trino.tables import Tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EARLIER, TEN_DAYS_BEFORE = date(2025, 8, 29), date(2025, 8, 19)
# approx_percentile picks one of two neighbours, each engine its own; lags here are 20 to 900 ms.
ESTIMATED = {"lag_p50_ms": 100, "lag_p99_ms": 100}


def _asked() -> Iterator[tuple[str, SavedQuery, Asked]]:
    """Each query as saved and with its parameters."""
    for query in saved_queries():
        yield f"{query.name}-latest", query, Asked()
        other = query.until(EARLIER).since(TEN_DAYS_BEFORE).of_index("SMLL")
        since = TEN_DAYS_BEFORE if query.has_start else date.min
        yield f"{query.name}-dated-SMLL", other, Asked(until=EARLIER, since=since, indice="SMLL")
    for query in stream_queries():
        for minutes in (60, 7):
            yield f"{query.name}-{minutes}min", query.window(END, minutes), Asked(end=END, minutes=minutes)


_CASES = list(_asked())


@pytest.mark.parametrize(("query", "asked"), [case[1:] for case in _CASES], ids=[case[0] for case in _CASES])
def test_a_saved_query_says_the_same_on_trino_on_the_embedded_athena_and_in_python(
    query: SavedQuery, asked: Asked, on_trino: Athena, embedded: Athena, tables: Tables
) -> None:
    expected = computation(query.name)(tables, asked)

    found = on_trino.run(query.sql)

    assert found.rows or not expected, "Trino has no rows"
    assert differences(found, expected) == []
    assert differences(found, embedded.run(query.sql).records(), whole=True) == []


@pytest.mark.parametrize("view", views(), ids=lambda view: view.name)
def test_a_view_of_the_catalogue_is_one_to_trino(
    view: View, on_trino: Athena, embedded: Athena, tables: Tables
) -> None:
    expected = computation(view.name)(tables, Asked())
    statement = f"SELECT * FROM {view.name} ORDER BY data_pregao, codigo"

    found = on_trino.run(statement)

    assert differences(found, expected) == []
    assert set(found.columns) == {column.name for column in view.columns}
    assert differences(found, embedded.run(statement).records()) == []
    declared = [(column.name, column.trino_type) for column in view.columns]
    stated = on_trino.run(f"DESCRIBE {view.name}").rows
    assert [row[:2] for row in stated] == declared


def test_the_lake_has_what_makes_the_queries_hard(tables: Tables) -> None:
    """Without these the comparison above would prove less than it seems to."""
    days = {row["data_pregao"] for row in tables.carteira}
    assert days == {row["data_pregao"] for row in tables.negociacao} == set(SESSIONS)
    assert {row["indice"] for row in tables.carteira} == {"IBOV", "SMLL"}
    assert "Não informado" in {row["setor"] for row in tables.carteira}
    assert any(row["preco_fechamento"] is None for row in tables.negociacao)
    assert {"EMBR3", "EMBJ3"} <= {row["codigo"] for row in tables.negociacao}
    traded = {row["codigo"] for row in tables.negociacao if row["data_pregao"] == SESSIONS[-1]}
    assert "ENGI11" in {row["codigo"] for row in tables.carteira} - traded
    assert {row["tipo_carteira"] for row in tables.carteira_teorica} == {"previa", "teorica"}


def test_a_query_without_a_computation_is_told() -> None:
    with pytest.raises(
        LookupError, match="new_query has no independent computation: write one in tests/trino"
    ):
        computation("new_query")


def differences(found: Result, expected: list[dict[str, Any]], *, whole: bool = False) -> list[str]:
    """Where the rows differ; of each expected row the columns that it has, or ``whole`` all of them."""
    rows = found.records()
    if len(rows) != len(expected):
        return [f"{len(rows)} rows, expected {len(expected)}"]
    told = []
    for place, (row, wanted) in enumerate(zip(rows, expected, strict=True)):
        names = row.keys() | wanted.keys() if whole else wanted.keys()
        told += [
            f"row {place}: {name} is {row.get(name)!r}, expected {wanted.get(name)!r}"
            for name in sorted(names)
            if not _same(row.get(name), wanted.get(name), ESTIMATED.get(name))
        ]
    return told[:20]


def _same(found: Any, expected: Any, tolerance: int | None) -> bool:
    if found is None or expected is None:
        return found is expected
    if tolerance is not None:
        return abs(float(found) - float(expected)) <= tolerance
    if isinstance(expected, float):
        return abs(float(found) - expected) < 2e-9
    parse: Callable[[Any], Any] = _moment if _is_time(expected) else lambda value: value
    return bool(parse(found) == parse(expected))


def _is_time(value: Any) -> bool:
    return isinstance(value, datetime) or (isinstance(value, str) and value[4:5] == "-" and ":" in value)


def _moment(value: Any) -> datetime:
    """In milliseconds, as Athena has it."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=None, microsecond=moment.microsecond // 1000 * 1000)


def test_a_difference_is_told() -> None:
    found = Result(columns=("a", "b"), rows=((1, Decimal("2.50")),), scanned_bytes=None)

    assert differences(found, [{"b": Decimal("2.5")}]) == []
    assert differences(found, [{"a": 2}]) == ["row 0: a is 1, expected 2"]
    assert differences(found, [{"a": 1}], whole=True) == ["row 0: b is Decimal('2.50'), expected None"]
    assert differences(found, []) == ["1 rows, expected 0"]
