from __future__ import annotations

from collections.abc import Iterator

import pytest

from bovespa.local.aws import Clients
from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import deploy
from bovespa.local.emulator import emulator
from tests.stack.deployed import Deployed
from tests.stack.plan import OF_ONES_OWN, Plan, plan_of


@pytest.fixture(params=["dev", "prod"])
def plan(request: pytest.FixtureRequest) -> Plan:
    """Each of the stacks that are deployed to AWS."""
    return plan_of(request.param)


@pytest.fixture
def dev() -> Plan:
    return plan_of("dev")


@pytest.fixture
def own() -> Plan:
    """A stack with settings of its user's own."""
    return plan_of("dev", **OF_ONES_OWN)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """An emulator of its own: the shared one holds other tests' resources of the same names."""
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        made = deploy(running, load_configuration("local", {"stream": {"enabled": True}}))
        yield Deployed(aws=Clients(running.environment), deployment=made)
