"""The visual job's time for one new day, with 1 and with 500 days of history: it must not grow with them.

    python bench/job_history.py [ROUNDS [MEMBERS]]

Two lakes on disk, one warm JVM; in each round both lakes get one new day and the job runs on them in turn.
The first run of each lake, which takes its whole history, is shown apart. What a run took is in its state in the
lake (docs/adr/0034); that the run succeeded, which Glue tells the next one on AWS, is written there between them.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bovespa.glue.folder_run import run_definition  # noqa: E402
from bovespa.glue.runtime.gateway import Gateway  # noqa: E402
from functions.b3.documents import read_document  # noqa: E402
from functions.scraper.collect import Collected  # noqa: E402
from functions.scraper.raw import rows_of, to_parquet  # noqa: E402
from glue.definition import fill, load  # noqa: E402
from glue.model import JobDefinition  # noqa: E402
from lake.calendar import next_session  # noqa: E402
from lake.tables.carteira import day_key  # noqa: E402
from tests.portfolios import large  # noqa: E402

HISTORIES = (1, 500)
_FIRST = date(2020, 1, 2)


def sessions(count: int) -> list[date]:
    """The first ``count`` sessions from 2020 on."""
    days: list[date] = []
    day = _FIRST
    while len(days) < count:
        day = next_session(day)
        days.append(day)
        day += timedelta(days=1)
    return days


def write_day(lake: Path, day: date, members: int) -> None:
    """A raw day, as the scraper writes it."""
    portfolio = read_document(large(members, day=day).json(), indice="IBOV")
    rows = rows_of(
        Collected(portfolio=portfolio, payload_sha256="0" * 64),
        captured_at=datetime(day.year, day.month, day.day, 21, tzinfo=UTC),
    )
    path = lake / "lake" / day_key(day)
    path.parent.mkdir(parents=True)
    path.write_bytes(to_parquet(rows))


def run(definition: JobDefinition, lake: Path, gateway: Gateway, *, sessions: int) -> float:
    """Run the job on a lake of which it has to take so many sessions; seconds."""
    result = run_definition(definition, lake, gateway=gateway, timeout=1800)
    taken = confirm(lake)
    if taken != sessions:
        raise SystemExit(f"the job took {taken} sessions in place of {sessions}")
    return result.seconds


def confirm(lake: Path, table: str = "carteira") -> int:
    """Say in a job's state that its last run succeeded, as Glue would; how many sessions that run took."""
    state = lake / "lake" / "glue" / "estado" / table / "sessoes.json"
    lines = [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines()]
    text = "".join(f"{json.dumps({**line, 'certo': 'sim'})}\n" for line in lines)
    state.unlink()  # never in place: a run gives the emulator a link to the file
    state.write_text(text, encoding="utf-8")
    return sum(not line["certo"] for line in lines)


def main(rounds: int, members: int) -> None:
    """Print the medians and their ratio."""
    definition = fill(load(PROJECT / "glue" / "jobs" / "carteira.json"), {"lake_bucket": "lake"})
    days = sessions(max(HISTORIES) + rounds + 1)
    new_day: dict[int, list[float]] = {history: [] for history in HISTORIES}
    with tempfile.TemporaryDirectory() as folder, Gateway() as gateway:
        lakes = {history: Path(folder) / str(history) for history in HISTORIES}
        for history, lake in lakes.items():
            for day in days[:history]:
                write_day(lake, day, members)
            first = run(definition, lake, gateway, sessions=history)
            print(f"first run, {history} days of {members} members: {first:.1f} s", flush=True)
        for number in range(rounds):
            for history, lake in lakes.items():
                write_day(lake, days[history + number], members)
                new_day[history].append(run(definition, lake, gateway, sessions=1))
    print(f"one new day, warm JVM, median of {rounds} rounds in turn")
    few, many = (statistics.median(new_day[history]) for history in HISTORIES)
    print(f"  with {HISTORIES[0]} day of history     {few:.2f} s")
    print(f"  with {HISTORIES[1]} days of history  {many:.2f} s, {many / few:.2f} times as long")


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    main(*(numbers + [5, 20][len(numbers) :]))
