"""A query on the standing stack, beside boto3 alone asking the same: seconds from the shell, in turn.

    python -m bench.standing_query [ROUNDS]

Starts an empty standing stack (`bovespa up`), which must not stand yet, and ends it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from bovespa.local import daemon
from bovespa.local.emulator import REGION

SQL = "SELECT count(*) FROM carteira"
_BARE = """\
import sys, time, boto3
url, region, workgroup, database, statement = sys.argv[1:]
athena = boto3.client("athena", endpoint_url=url, region_name=region)
asked = athena.start_query_execution(
    QueryString=statement, WorkGroup=workgroup, QueryExecutionContext={"Database": database})
key = {"QueryExecutionId": asked["QueryExecutionId"]}
while athena.get_query_execution(**key)["QueryExecution"]["Status"]["State"] in ("QUEUED", "RUNNING"):
    time.sleep(0.05)
print(athena.get_query_results(**key)["ResultSet"]["Rows"][-1])
"""


def seconds(command: list[str], environment: dict[str, str] | None = None) -> float:
    """How long a command takes.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    started = time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    return time.monotonic() - started


def main(rounds: int) -> None:
    """Print both medians, and the one by the other."""
    running = daemon.start()
    try:
        stack = running.exports
        place = [running.url, REGION, stack["workgroup"], stack["database"]]
        ours = [sys.executable, "-m", "bovespa.main", "query", "--sql", SQL]
        bare = [sys.executable, "-c", _BARE, *place, SQL]
        taken = [(seconds(ours), seconds(bare, running.environment)) for _ in range(rounds + 1)][1:]
    finally:
        daemon.stop()
    query, boto3 = (statistics.median(each) for each in zip(*taken, strict=True))
    print(f"a query on the standing stack, median of {rounds} rounds in turn")
    print(f"  {query:5.2f} s  bovespa query")
    print(f"  {boto3:5.2f} s  boto3 alone; ours takes {query / boto3:.2f} times as long")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
