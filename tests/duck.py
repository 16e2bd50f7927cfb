"""DuckDB as the tests' engine: one database in memory for them all, since to open one takes longer than most queries."""

from __future__ import annotations

from functools import cache

import duckdb


def connection() -> duckdb.DuckDBPyConnection:
    """A connection of one's own, to be closed: what it registers or makes as TEMP, no other one sees."""
    return _database().cursor()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
