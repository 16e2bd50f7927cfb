from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from bovespa.local.aws import Clients
from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import deploy
from bovespa.local.emulator import emulator
from tests.stack.deployed import Deployed
from tests.stack.plan import Plan, plan_of

_planned = cache(plan_of)


@pytest.fixture(params=["dev", "prod"])
def plan(request: pytest.FixtureRequest) -> Plan:
    """Each of the stacks that are deployed to AWS."""
    return _planned(request.param)


@pytest.fixture
def dev() -> Plan:
    return _planned("dev")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """An emulator of its own: the shared one holds other tests' resources of the same names."""
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        made = deploy(running, load_configuration("local", {"stream": {"enabled": True}}))
        yield Deployed(aws=Clients(running.environment), deployment=made)
