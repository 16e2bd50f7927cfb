from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from local.aws import Clients
from local.emulator import Emulator, emulator


@pytest.fixture(scope="session")
def running_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for the whole test session, started by the first test that asks for it.

    Its tests share it: whoever makes a resource gives it a name of its own.
    """
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="session")
def aws(running_emulator: Emulator) -> Clients:
    """Clients of the emulator, as its root."""
    return Clients(running_emulator.environment)


@pytest.fixture
def emulator_environment(
    running_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Emulator]:
    """Point this process's own boto3 clients at the emulator for one test."""

    def enter() -> Emulator:
        for name, value in running_emulator.environment.items():
            monkeypatch.setenv(name, value)
        return running_emulator

    return enter
