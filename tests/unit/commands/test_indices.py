"""Waiting for the third job: which of its runs count, and what is done where none comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bovespa.errors import UserError
from bovespa.indices import await_indices
from bovespa.target import Target
from lake.athena import Athena

NOON = datetime(2025, 9, 3, 12, tzinfo=UTC)
Run = dict[str, Any]


class Glue:
    """Runs by job; each question about the third job's brings it one state on."""

    def __init__(self, *states: list[Run]) -> None:
        self.states, self.started = list(states), 0
        self.carteira = [{"JobRunState": "SUCCEEDED", "StartedOn": NOON, "CompletedOn": NOON}]

    def get_job_runs(self, *, JobName: str) -> dict[str, Any]:  # noqa: N803
        if JobName == "carteira":
            return {"JobRuns": self.carteira}
        return {"JobRuns": self.states.pop(0) if len(self.states) > 1 else self.states[0]}

    def start_job_run(self, *, JobName: str, JobRunQueuingEnabled: bool) -> dict[str, str]:  # noqa: N803
        assert JobRunQueuingEnabled
        self.started += 1
        return {"JobRunId": JobName}


def run(state: str, seconds: int) -> Run:
    return {"JobRunState": state, "StartedOn": NOON + timedelta(seconds=seconds), "ErrorMessage": "died"}


def wait(glue: Glue, monkeypatch: pytest.MonkeyPatch, **exports: str) -> list[str]:
    clock = iter(range(100_000))
    monkeypatch.setattr("bovespa.indices.time.monotonic", lambda: float(next(clock)))
    monkeypatch.setattr("bovespa.indices.time.sleep", lambda _: None)
    clients: Any = {"glue": glue}
    target = Target(
        exports={"carteiraJob": "carteira", **exports},
        aws=clients,
        athena=Athena(client=None, workgroup="w", database="d"),
        embedded=False,
    )
    told: list[str] = []
    await_indices(target, tell=told.append)
    return told


def test_a_run_from_before_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = run("SUCCEEDED", -5), run("SUCCEEDED", 5)
    glue = Glue([old], [old, run("RUNNING", 5)], [old, new])

    assert wait(glue, monkeypatch, indiceJob="indice") == []
    assert (len(glue.states), glue.started) == (1, 0)


def test_where_none_comes_one_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    glue = Glue(*[[]] * 30, [run("SUCCEEDED", 60)])

    assert wait(glue, monkeypatch, indiceJob="indice") == ["no run of Glue job indice has come: starting one"]
    assert glue.started == 1


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([run("FAILED", 5)], "Glue job indice failed: died"),
        ([run("RUNNING", 5)], "not computed .* within 90"),
    ],
)
def test_what_does_not_end_well_is_an_error(
    states: list[Run], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=said):
        wait(Glue(states), monkeypatch, indiceJob="indice")


def test_there_is_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wait(Glue([]), monkeypatch) == []
    never = Glue([])
    never.carteira = []
    assert wait(never, monkeypatch, indiceJob="indice") == []
