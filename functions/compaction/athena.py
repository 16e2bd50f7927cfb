"""Runs statements in Athena and waits for them, within one deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

_POLL_SECONDS = 1.0
_AT_ONCE = 4  # Athena lets an account run 20 to 200; these are not its only queries


class QueryFailed(Exception):
    """Athena refused or gave up on a statement; the message is its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Athena:
    """``client`` is boto3's; ``seconds_left`` says how long the caller can still wait."""

    client: Any
    workgroup: str
    database: str
    seconds_left: Callable[[], float]
    poll_seconds: float = _POLL_SECONDS

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        """The rows of a SELECT, as text.

        Raises:
            QueryFailed: Athena refused it.
        """
        query_id = self._run(sql)
        pages = self.client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        rows = [
            tuple(cell.get("VarCharValue", "") for cell in row["Data"])
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]
        return rows[1:]  # the first repeats the columns' names

    def run_all(self, statements: list[str]) -> None:
        """Run statements side by side; all are waited for.

        Raises:
            QueryFailed: one failed; the first that did.
        """
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            runs = [pool.submit(self._run, sql) for sql in statements]
        for run in runs:
            run.result()

    def _run(self, sql: str) -> str:
        query_id: str = self.client.start_query_execution(
            QueryString=sql,
            WorkGroup=self.workgroup,
            QueryExecutionContext={"Database": self.database},
        )["QueryExecutionId"]
        while True:
            status = self.client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return query_id
            if status["State"] in ("FAILED", "CANCELLED"):
                raise QueryFailed(status.get("StateChangeReason") or status["State"].lower())
            if self.seconds_left() < 2 * self.poll_seconds:
                self.client.stop_query_execution(QueryExecutionId=query_id)
                raise QueryFailed(f"query {query_id} was stopped: no time left to wait for it")
            time.sleep(self.poll_seconds)
