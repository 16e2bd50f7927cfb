"""Names that only Athena resolves, replaced by what they stand for: views, and tables' partitions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sqlglot import exp, parse_one

from lake.tables import refined_tables
from lake.views import views

_PARTITIONS = "$partitions"
_KEYS = {table.name: tuple(name for name, _ in table.key_types()) for table in refined_tables()}


def expand_names(statement: exp.Expr) -> exp.Expr:
    """The statement with each view, and each ``"table$partitions"``, as a subquery under its name.

    A common table expression hides a view of the same name, as it does in Athena. The argument is changed.
    """
    for table in list(statement.find_all(exp.Table)):
        meant = _meaning(table)
        if meant is None:
            continue
        subquery = exp.Subquery(
            this=meant, alias=exp.TableAlias(this=exp.to_identifier(table.alias_or_name, quoted=True))
        )
        table.replace(subquery)
    return statement


def _meaning(table: exp.Table) -> exp.Expr | None:
    name = table.name.lower()
    if name.endswith(_PARTITIONS):
        base = name.removesuffix(_PARTITIONS)
        if base not in _KEYS:
            return None
        return exp.select(*_KEYS[base]).distinct().from_(exp.table_(base))
    if name not in _views() or (not table.db and name in names_in_scope(table)):
        return None
    return _views()[name].copy()


def names_in_scope(table: exp.Table) -> Iterator[str]:
    """The names of common table expressions that hide tables where this one stands."""
    scope: exp.Expr | None = table.parent
    while scope is not None:
        with_ = scope.args.get("with_") or scope.args.get("with")
        if with_ is not None:
            yield from (cte.alias.lower() for cte in with_.expressions)
        scope = scope.parent


@cache
def _views() -> dict[str, exp.Expr]:
    return {view.name: parse_one(view.sql, read="trino") for view in views()}
